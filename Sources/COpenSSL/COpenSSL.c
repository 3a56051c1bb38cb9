#include "COpenSSL.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

void co_sha256(const void *bytes, size_t count, uint8_t *out) { SHA256(bytes, count, out); }
int co_equal(const void *left, const void *right, size_t count) { return CRYPTO_memcmp(left, right, count) == 0; }
