#ifndef SHIM_OUTPUT_H
#define SHIM_OUTPUT_H

#include <stdint.h>

#include "state.h"

/// One stream of the agent's and its log. A byte stands in the log at its offset in the stream. What is kept is
/// always the newest unbroken part, [dropped, size); what is before it was given back to the disk as a hole.
struct stream {
    int pipe;  ///< -1 once the agent's side is closed.
    int log;
    enum slot dropped_slot;
    int64_t limit;
    int64_t step;      ///< How far `limit` may be passed before the oldest bytes go, so that it costs little.
    int64_t size;      ///< Bytes the agent has written.
    int64_t dropped;   ///< Of these, how many are gone.
    int64_t released;  ///< Of these, how many the disk has back.
};

struct stream stream_open(int pipe, int log, enum slot dropped_slot, int64_t limit);

/// Takes one bufferful from the pipe, without waiting. Whatever the disk does, the bytes leave the pipe.
void stream_read(struct stream *stream);

/// Takes what the pipe holds now and closes it: for when no writer of this session is left.
void stream_finish(struct stream *stream);

#endif
