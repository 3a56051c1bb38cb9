// COpenSSL: the few functions of OpenSSL's libcrypto that this project uses, behind plain C types.
#ifndef COPENSSL_H
#define COPENSSL_H

#include <stddef.h>
#include <stdint.h>

/// SHA-256 of the bytes, into 32 bytes at `out`.
void co_sha256(const void *bytes, size_t count, uint8_t *out);
/// 1 where both are equal, in time that depends on `count` alone.
int co_equal(const void *left, const void *right, size_t count);

#endif
