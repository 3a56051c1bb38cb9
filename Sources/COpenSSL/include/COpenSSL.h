// COpenSSL: the few functions of OpenSSL (libcrypto, libssl) that this project uses, behind plain C types.
#ifndef COPENSSL_H
#define COPENSSL_H

#include <stddef.h>
#include <stdint.h>

#include "COpenSSLTLS.h"

/// SHA-256 of the bytes, into 32 bytes at `out`.
void co_sha256(const void *bytes, size_t count, uint8_t *out);
/// SHA-256 of one byte and then the bytes, into 32 bytes at `out`: what a Merkle tree hashes.
void co_sha256_prefixed(uint8_t prefix, const void *bytes, size_t count, uint8_t *out);
/// 1 where both are equal, in time that depends on `count` alone.
int co_equal(const void *left, const void *right, size_t count);

/// The public key (32 bytes) of an Ed25519 seed (32 bytes). 1, or 0 where OpenSSL cannot.
int co_ed25519_public(const uint8_t *seed, uint8_t *out);
/// The signature (64 bytes) over the bytes. 1, or 0 where OpenSSL cannot.
int co_ed25519_sign(const uint8_t *seed, const void *bytes, size_t count, uint8_t *out);
/// 1 where the signature (64 bytes) over the bytes is the public key's.
int co_ed25519_verify(const uint8_t *public_key, const void *bytes, size_t count, const uint8_t *signature);

#endif
