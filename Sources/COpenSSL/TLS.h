// What the two files of TLS share.
#ifndef COPENSSL_TLS_INTERNAL_H
#define COPENSSL_TLS_INTERNAL_H

#include "COpenSSLTLS.h"

#include <openssl/ssl.h>

int64_t co_tls_seconds(const ASN1_TIME *time);

#endif
