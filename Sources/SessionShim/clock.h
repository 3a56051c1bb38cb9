#ifndef SHIM_CLOCK_H
#define SHIM_CLOCK_H

#include "kernel.h"

/// Milliseconds that only go forward: for deadlines. Time in which the machine was suspended does not count, as it
/// does not count for ppoll(2) either.
static inline int64_t now_ms(void) {
    return k_milliseconds(CLOCK_MONOTONIC);
}

/// Milliseconds since 1970: for the record.
static inline int64_t wall_ms(void) {
    return k_milliseconds(CLOCK_REALTIME);
}

#endif
