#include "TLS.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <time.h>

co_tls_context *co_tls_context_new(int is_server) {
    SSL_CTX *context = SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method());
    if (!context) return NULL;
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_max_early_data(context, 0);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    // After each record that carries nothing for the reader, co_tls_open looks how many there were.
    SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
    // A chain is the certificate and one or two authorities.
    SSL_CTX_set_max_cert_list(context, 32 << 10);
    SSL_CTX_set_verify_depth(context, 5);
    // The default has groups of 8192 bits, with which a stranger keeps a server busy for milliseconds. The first one hides
    // from tomorrow's quantum computers, where this OpenSSL has it.
    if (!SSL_CTX_set1_groups_list(context, "X25519MLKEM768:X25519:P-256:P-384"))
        SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384");
    if (!is_server) SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    ERR_clear_error();
    return (co_tls_context *)context;
}

void co_tls_context_free(co_tls_context *context) { SSL_CTX_free((SSL_CTX *)context); }

// Without this, OpenSSL asks the terminal for the passphrase.
static int no_passphrase(char *out, int room, int writing, void *asked) {
    (void)out, (void)room, (void)writing;
    *(int *)asked = 1;
    return -1;
}

int co_tls_use_certificate(co_tls_context *opaque, const void *pem, size_t count) {
    SSL_CTX *context = (SSL_CTX *)opaque;
    int asked = 0;
    BIO *bio = BIO_new_mem_buf(pem, (int)count);
    X509 *own = PEM_read_bio_X509_AUX(bio, NULL, no_passphrase, &asked);
    int outcome = own ? CO_TLS_PEM_TAKEN : CO_TLS_PEM_NONE;
    if (own && SSL_CTX_use_certificate(context, own) != 1) outcome = CO_TLS_PEM_REFUSED;
    X509_free(own);
    while (outcome == CO_TLS_PEM_TAKEN) {
        X509 *next = PEM_read_bio_X509(bio, NULL, no_passphrase, &asked);
        if (!next) break;
        if (SSL_CTX_add0_chain_cert(context, next) != 1) {
            X509_free(next);
            outcome = CO_TLS_PEM_REFUSED;
        }
    }
    BIO_free(bio);
    ERR_clear_error();
    return outcome;
}

int co_tls_use_key(co_tls_context *opaque, const void *pem, size_t count) {
    SSL_CTX *context = (SSL_CTX *)opaque;
    int asked = 0;
    BIO *bio = BIO_new_mem_buf(pem, (int)count);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, &asked);
    int outcome = CO_TLS_PEM_TAKEN;
    if (!key) {
        outcome = asked ? CO_TLS_PEM_ENCRYPTED : CO_TLS_PEM_NONE;
    } else if (X509_check_private_key(SSL_CTX_get0_certificate(context), key) != 1) {
        outcome = CO_TLS_PEM_MISMATCH;
    } else if (SSL_CTX_use_PrivateKey(context, key) != 1) {
        outcome = CO_TLS_PEM_REFUSED;
    }
    EVP_PKEY_free(key);
    BIO_free(bio);
    ERR_clear_error();
    return outcome;
}

int co_tls_use_authorities(co_tls_context *opaque, const void *pem, size_t count) {
    SSL_CTX *context = (SSL_CTX *)opaque;
    int asked = 0, outcome = CO_TLS_PEM_NONE;
    BIO *bio = BIO_new_mem_buf(pem, (int)count);
    X509_STORE *trusted = X509_STORE_new();
    for (X509 *next; (next = PEM_read_bio_X509(bio, NULL, no_passphrase, &asked)); X509_free(next)) {
        outcome = CO_TLS_PEM_TAKEN;
        // A client is told the names, so that one with several certificates knows which to show.
        if (X509_STORE_add_cert(trusted, next) != 1 || SSL_CTX_add_client_CA(context, next) != 1) {
            outcome = CO_TLS_PEM_REFUSED;
            X509_free(next);
            break;
        }
    }
    SSL_CTX_set_cert_store(context, trusted);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    BIO_free(bio);
    ERR_clear_error();
    return outcome;
}

int co_tls_use_system_authorities(co_tls_context *context) {
    int done = SSL_CTX_set_default_verify_paths((SSL_CTX *)context);
    ERR_clear_error();
    return done;
}

int64_t co_tls_seconds(const ASN1_TIME *time) {
    struct tm parts;
    return time && ASN1_TIME_to_tm(time, &parts) == 1 ? timegm(&parts) : 0;
}

void co_tls_validity(const co_tls_context *context, int64_t *begin, int64_t *end) {
    X509 *own = SSL_CTX_get0_certificate((const SSL_CTX *)context);
    *begin = own ? co_tls_seconds(X509_get0_notBefore(own)) : 0;
    *end = own ? co_tls_seconds(X509_get0_notAfter(own)) : 0;
}
