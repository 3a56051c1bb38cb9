#include "TLS.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

// The SSL reads what was lent to it for the length of one call, so that nothing is copied on the way in, and writes at the
// end of `out`, so that one send takes all records of a turn.
struct co_tls {
    SSL *ssl;
    const uint8_t *in;
    size_t in_count;
    uint8_t *out;
    size_t out_begin, out_end, out_room;
    unsigned long error;
    // Plain bytes that have come, and records without any.
    uint64_t opened, idle;
};

// A peer that only changes its keys, 27 bytes each time, would keep a server busy for 70 ms by 64 KiB of that. Nobody
// changes them more often than once in gigabytes; so many are allowed, and one more in each OPENED_PER_IDLE bytes. OpenSSL
// tells of some of them twice.
enum { IDLE_MAX = 64, OPENED_PER_IDLE = 32768 };

// A buffer that is larger than this is given back once it is empty.
enum { OUT_ROOM_KEPT = 4096 };

static int bio_read(BIO *bio, char *out, int count) {
    co_tls *tls = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (tls->in_count == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    size_t taken = (size_t)count < tls->in_count ? (size_t)count : tls->in_count;
    memcpy(out, tls->in, taken);
    tls->in += taken;
    tls->in_count -= taken;
    return (int)taken;
}

static int bio_write(BIO *bio, const char *bytes, int count) {
    co_tls *tls = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (tls->out_room - tls->out_end < (size_t)count) {
        size_t room = tls->out_room ? tls->out_room : OUT_ROOM_KEPT;
        while (room - tls->out_end < (size_t)count) room *= 2;
        uint8_t *larger = realloc(tls->out, room);
        if (!larger) return -1;
        tls->out = larger;
        tls->out_room = room;
    }
    memcpy(tls->out + tls->out_end, bytes, (size_t)count);
    tls->out_end += (size_t)count;
    return count;
}

static long bio_control(BIO *bio, int command, long number, void *pointer) {
    (void)bio, (void)number, (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *method;

static void make_method(void) {
    method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "memory of the caller's");
    BIO_meth_set_read(method, bio_read);
    BIO_meth_set_write(method, bio_write);
    BIO_meth_set_ctrl(method, bio_control);
}

static BIO *new_bio(void) {
    static CRYPTO_ONCE once = CRYPTO_ONCE_STATIC_INIT;
    CRYPTO_THREAD_run_once(&once, make_method);
    return BIO_new(method);
}

co_tls *co_tls_new(co_tls_context *opaque) {
    SSL_CTX *context = (SSL_CTX *)opaque;
    co_tls *tls = calloc(1, sizeof *tls);
    BIO *bio = new_bio();
    if (tls) tls->ssl = SSL_new(context);
    if (!tls || !bio || !tls->ssl) {
        BIO_free(bio);
        if (tls) co_tls_free(tls);
        return NULL;
    }
    BIO_set_data(bio, tls);
    BIO_set_init(bio, 1);
    SSL_set_bio(tls->ssl, bio, bio);
    if (SSL_is_server(tls->ssl))
        SSL_set_accept_state(tls->ssl);
    else
        SSL_set_connect_state(tls->ssl);
    return tls;
}

void co_tls_free(co_tls *tls) {
    SSL_free(tls->ssl);
    free(tls->out);
    free(tls);
}

void co_tls_spare_memory(co_tls *tls) { SSL_set_mode(tls->ssl, SSL_MODE_RELEASE_BUFFERS); }

int co_tls_expect(co_tls *tls, const char *name) {
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls->ssl), name) == 1) return 1;
    ERR_clear_error();
    SSL_set_hostflags(tls->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    int done = SSL_set1_host(tls->ssl, name) == 1 && SSL_set_tlsext_host_name(tls->ssl, name) == 1;
    ERR_clear_error();
    return done;
}

// Answers CO_TLS_FAILED, and keeps why.
static int failed(co_tls *tls) {
    tls->error = ERR_peek_last_error();
    ERR_clear_error();
    return CO_TLS_FAILED;
}

int co_tls_open(co_tls *tls, const void *sealed, size_t count, size_t *used, void *out, size_t room, size_t *opened) {
    *opened = 0;
    *used = 0;
    tls->in = sealed;
    tls->in_count = count;
    ERR_clear_error();
    int done = SSL_is_init_finished(tls->ssl) ? 1 : SSL_do_handshake(tls->ssl);
    int outcome;
    do {
        if (done == 1) done = SSL_read_ex(tls->ssl, out, room, opened);
        outcome = done == 1 ? CO_TLS_DONE : CO_TLS_WAITING;
        if (done == 1) break;
        switch (SSL_get_error(tls->ssl, done)) {
        case SSL_ERROR_WANT_READ: break;
        case SSL_ERROR_ZERO_RETURN: outcome = CO_TLS_ENDED; break;
        default: outcome = failed(tls);
        }
        if (outcome == CO_TLS_WAITING && tls->in_count > 0) {
            if (++tls->idle > IDLE_MAX + tls->opened / OPENED_PER_IDLE) {
                ERR_raise(ERR_LIB_SSL, SSL_R_TOO_MANY_KEY_UPDATES);
                outcome = failed(tls);
            }
            done = 1;
        }
    } while (outcome == CO_TLS_WAITING && tls->in_count > 0);
    tls->opened += *opened;
    *used = count - tls->in_count;
    tls->in = NULL;
    tls->in_count = 0;
    return outcome;
}

int co_tls_seal(co_tls *tls, const void *bytes, size_t count) {
    ERR_clear_error();
    size_t written;
    return SSL_write_ex(tls->ssl, bytes, count, &written) == 1 ? CO_TLS_DONE : failed(tls);
}

void co_tls_update_keys(co_tls *tls) {
    if (SSL_key_update(tls->ssl, SSL_KEY_UPDATE_REQUESTED) == 1) SSL_do_handshake(tls->ssl);
    ERR_clear_error();
}

void co_tls_finish(co_tls *tls) {
    if (!SSL_is_init_finished(tls->ssl) || tls->error) return;
    ERR_clear_error();
    SSL_shutdown(tls->ssl);
    ERR_clear_error();
}

int co_tls_is_established(const co_tls *tls) { return SSL_is_init_finished(tls->ssl); }

const void *co_tls_sealed(const co_tls *tls, size_t *count) {
    *count = tls->out_end - tls->out_begin;
    return tls->out + tls->out_begin;
}

void co_tls_sent(co_tls *tls, size_t count) {
    tls->out_begin += count;
    if (tls->out_begin < tls->out_end) return;
    tls->out_begin = tls->out_end = 0;
    if (tls->out_room <= OUT_ROOM_KEPT) return;
    free(tls->out);
    tls->out = NULL;
    tls->out_room = 0;
}

static int certificate_fault(long result) {
    switch (result) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID: return CO_TLS_CERTIFICATE_EXPIRED;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return CO_TLS_CERTIFICATE_NAME;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE: return CO_TLS_CERTIFICATE_ISSUER;
    default: return CO_TLS_CERTIFICATE_OTHER;
    }
}

int co_tls_failure(const co_tls *tls, int *detail, const char **reason) {
    int code = ERR_GET_REASON(tls->error);
    *detail = 0;
    *reason = ERR_reason_error_string(tls->error);
    if (!*reason) *reason = "out of memory";
    if (ERR_GET_LIB(tls->error) != ERR_LIB_SSL) return CO_TLS_FAULT_PROTOCOL;
    if (code > SSL_AD_REASON_OFFSET) {
        *detail = code - SSL_AD_REASON_OFFSET;
        *reason = SSL_alert_desc_string_long(*detail);
        return *detail == SSL_AD_PROTOCOL_VERSION ? CO_TLS_FAULT_VERSION : CO_TLS_FAULT_ALERT;
    }
    switch (code) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW: return CO_TLS_FAULT_VERSION;
    case SSL_R_CERTIFICATE_VERIFY_FAILED: {
        long result = SSL_get_verify_result(tls->ssl);
        *detail = certificate_fault(result);
        *reason = X509_verify_cert_error_string(result);
        return CO_TLS_FAULT_CERTIFICATE;
    }
    default: return CO_TLS_FAULT_PROTOCOL;
    }
}

int co_tls_common_name(const co_tls *tls, char *out, size_t room) {
    X509 *peer = SSL_get0_peer_certificate(tls->ssl);
    if (!peer) return -1;
    X509_NAME *subject = X509_get_subject_name(peer);
    int index = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (index < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, index) >= 0) return -2;
    const ASN1_STRING *name = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index));
    // Both are UTF-8 as they stand. The others can be read in more than one way.
    int type = ASN1_STRING_type(name);
    if (type != V_ASN1_UTF8STRING && type != V_ASN1_PRINTABLESTRING) return -2;
    int count = ASN1_STRING_length(name);
    if (count <= 0 || (size_t)count > room) return -2;
    memcpy(out, ASN1_STRING_get0_data(name), (size_t)count);
    return count;
}

int64_t co_tls_peer_validity(const co_tls *tls) {
    X509 *peer = SSL_get0_peer_certificate(tls->ssl);
    return peer ? co_tls_seconds(X509_get0_notAfter(peer)) : 0;
}
