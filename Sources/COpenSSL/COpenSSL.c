// SHA256_Init and its like are deprecated in favour of EVP, which looks the algorithm up by its name each time: for a
// node of a Merkle tree, 65 bytes, that takes longer than the hashing.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "COpenSSL.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

void co_sha256(const void *bytes, size_t count, uint8_t *out) { SHA256(bytes, count, out); }

void co_sha256_prefixed(uint8_t prefix, const void *bytes, size_t count, uint8_t *out) {
    SHA256_CTX state;
    SHA256_Init(&state);
    SHA256_Update(&state, &prefix, 1);
    SHA256_Update(&state, bytes, count);
    SHA256_Final(out, &state);
}

int co_equal(const void *left, const void *right, size_t count) { return CRYPTO_memcmp(left, right, count) == 0; }

int co_ed25519_public(const uint8_t *seed, uint8_t *out) {
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, 32);
    size_t count = 32;
    int done = key && EVP_PKEY_get_raw_public_key(key, out, &count) == 1 && count == 32;
    EVP_PKEY_free(key);
    return done;
}

int co_ed25519_sign(const uint8_t *seed, const void *bytes, size_t count, uint8_t *out) {
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, 32);
    EVP_MD_CTX *state = EVP_MD_CTX_new();
    size_t signature_count = 64;
    int done = key && state && EVP_DigestSignInit(state, NULL, NULL, NULL, key) == 1
        && EVP_DigestSign(state, out, &signature_count, bytes, count) == 1 && signature_count == 64;
    EVP_MD_CTX_free(state);
    EVP_PKEY_free(key);
    return done;
}

int co_ed25519_verify(const uint8_t *public_key, const void *bytes, size_t count, const uint8_t *signature) {
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, 32);
    EVP_MD_CTX *state = EVP_MD_CTX_new();
    int is_right = key && state && EVP_DigestVerifyInit(state, NULL, NULL, NULL, key) == 1
        && EVP_DigestVerify(state, signature, 64, bytes, count) == 1;
    EVP_MD_CTX_free(state);
    EVP_PKEY_free(key);
    return is_right;
}
