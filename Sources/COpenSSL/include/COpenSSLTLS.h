// TLS 1.3 over memory: what comes from a peer goes in as bytes, what is to be sent to it comes out as bytes.
#ifndef COPENSSL_TLS_H
#define COPENSSL_TLS_H

#include <stddef.h>
#include <stdint.h>

/// What all sessions of one side share: versions, certificate, key, whom it trusts.
typedef struct co_tls_context co_tls_context;
/// One connection.
typedef struct co_tls co_tls;

enum co_tls_outcome {
    CO_TLS_DONE = 1,
    /// More bytes of the peer are needed.
    CO_TLS_WAITING = 0,
    /// The peer has said that it sends no more (close_notify).
    CO_TLS_ENDED = -1,
    /// See co_tls_failure.
    CO_TLS_FAILED = -2,
};

/// Why PEM was not taken.
enum co_tls_pem {
    CO_TLS_PEM_TAKEN = 0,
    CO_TLS_PEM_NONE = -1,
    CO_TLS_PEM_ENCRYPTED = -2,
    /// The key is not the certificate's.
    CO_TLS_PEM_MISMATCH = -3,
    /// OpenSSL finds it too weak, or broken.
    CO_TLS_PEM_REFUSED = -4,
};

/// Why a session failed.
enum co_tls_fault {
    CO_TLS_FAULT_PROTOCOL = 0,
    /// There is no version that both speak.
    CO_TLS_FAULT_VERSION = 1,
    /// The peer has broken off, and said why.
    CO_TLS_FAULT_ALERT = 2,
    /// The peer's certificate is not taken.
    CO_TLS_FAULT_CERTIFICATE = 3,
};

/// What is wrong with a certificate.
enum co_tls_certificate_fault {
    CO_TLS_CERTIFICATE_OTHER = 0,
    CO_TLS_CERTIFICATE_EXPIRED = 1,
    CO_TLS_CERTIFICATE_NAME = 2,
    CO_TLS_CERTIFICATE_ISSUER = 3,
};

/// TLS 1.3 alone, without tickets, early data and compression. NULL without memory.
co_tls_context *co_tls_context_new(int is_server);
void co_tls_context_free(co_tls_context *context);
/// The certificate, and behind it those up to its authority.
int co_tls_use_certificate(co_tls_context *context, const void *pem, size_t count);
/// After the certificate.
int co_tls_use_key(co_tls_context *context, const void *pem, size_t count);
/// Trusts these authorities and no others; a server then asks for a certificate, which the peer need not have.
int co_tls_use_authorities(co_tls_context *context, const void *pem, size_t count);
/// Trusts those of the system.
int co_tls_use_system_authorities(co_tls_context *context);
/// From when until when the context's own certificate is good, in seconds since 1970.
void co_tls_validity(const co_tls_context *context, int64_t *begin, int64_t *end);

/// NULL without memory.
co_tls *co_tls_new(co_tls_context *context);
void co_tls_free(co_tls *tls);
/// Gives buffers back whenever they are empty: 34 kB less for one that is idle, a microsecond more for each request.
void co_tls_spare_memory(co_tls *tls);
/// For a client: the name or the numeric address that the server's certificate must have. 1, or 0 where it is none.
int co_tls_expect(co_tls *tls, const char *name);

/// Takes from the front of `sealed`, goes on with the handshake, and opens into `out`. `*opened` are the bytes of the
/// peer's; with CO_TLS_WAITING all of `sealed` has been used.
int co_tls_open(co_tls *tls, const void *sealed, size_t count, size_t *used, void *out, size_t room, size_t *opened);
/// Seals bytes for the peer. CO_TLS_DONE, or CO_TLS_FAILED. After the handshake.
int co_tls_seal(co_tls *tls, const void *bytes, size_t count);
/// Takes new keys for what is sent from now on, and asks the peer to do the same.
void co_tls_update_keys(co_tls *tls);
/// Says that nothing more will be sent.
void co_tls_finish(co_tls *tls);
int co_tls_is_established(const co_tls *tls);

/// What is to be sent to the peer, until the next call but co_tls_sent.
const void *co_tls_sealed(const co_tls *tls, size_t *count);
/// So many bytes of it have been sent.
void co_tls_sent(co_tls *tls, size_t count);

/// Of a session that failed: an enum co_tls_fault. `*detail` is the alert's number, or an enum co_tls_certificate_fault;
/// `*reason` is OpenSSL's words.
int co_tls_failure(const co_tls *tls, int *detail, const char **reason);

/// The one common name in the subject of the peer's certificate, as UTF-8. Its bytes; -1 where there is no certificate,
/// -2 where there is not exactly one name, or it is of a strange kind, or does not fit.
int co_tls_common_name(const co_tls *tls, char *out, size_t room);
/// Until when the peer's certificate is good, in seconds since 1970; 0 where there is none.
int64_t co_tls_peer_validity(const co_tls *tls);

#endif
