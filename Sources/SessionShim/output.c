#define _GNU_SOURCE
#include "output.h"

#include <errno.h>
#include <sys/ioctl.h>

#include "kernel.h"

enum { BUFFER = 64 * 1024, LEAST_STEP = 64 * 1024, HOLE_ALIGNMENT = 4096 };

struct stream stream_open(int pipe, int log, enum slot dropped_slot, int64_t limit) {
    int64_t step = limit / 16 > LEAST_STEP ? limit / 16 : LEAST_STEP;
    return (struct stream){.pipe = pipe, .log = log, .dropped_slot = dropped_slot, .limit = limit, .step = step};
}

/// Drops all before `offset`. The count goes first: a reader that looks at it after it has read takes no byte of the
/// hole for output.
static void drop_before(struct stream *stream, int64_t offset) {
    if (offset <= stream->dropped) return;
    stream->dropped = offset;
    state_write_dropped(stream->dropped_slot, offset);

    int64_t hole_end = offset / HOLE_ALIGNMENT * HOLE_ALIGNMENT;
    if (hole_end <= stream->released) return;
    int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    if (k_allocate(stream->log, mode, stream->released, hole_end - stream->released) == 0) {
        stream->released = hole_end;
        return;
    }
    // A file system without holes can still give up the whole file; the log goes on at the same offset.
    stream->dropped = stream->released = stream->size;
    state_write_dropped(stream->dropped_slot, stream->dropped);
    k_truncate(stream->log, 0);
    k_truncate(stream->log, stream->size);
}

/// Appends, and never fails: bytes that the disk refuses twice are counted as dropped, with all before them.
static void append(struct stream *stream, const char *bytes, int64_t count) {
    if (stream->size + count - stream->dropped > stream->limit + stream->step) {
        int64_t oldest_kept = stream->size + count - stream->limit;
        drop_before(stream, oldest_kept < stream->size ? oldest_kept : stream->size);
    }
    bool made_room = false;
    while (count > 0) {
        ssize_t written = k_write_at(stream->log, bytes, (size_t)count, stream->size);
        if (written > 0) {
            stream->size += written;
            bytes += written;
            count -= written;
        } else if (!made_room) {
            // Full, over quota or broken. The oldest half of this log is the only room that is ours to make.
            made_room = true;
            drop_before(stream, stream->dropped + (stream->size - stream->dropped + 1) / 2);
        } else {
            stream->size += count;
            drop_before(stream, stream->size);
            // So that the file's size stays the stream's. Where even this fails, the dropped count says as much.
            k_truncate(stream->log, stream->size);
            return;
        }
    }
}

/// One read; how many bytes came. The pipe is closed at its end.
static int64_t take(struct stream *stream) {
    static char buffer[BUFFER];
    ssize_t count = k_read(stream->pipe, buffer, sizeof buffer);
    if (count > 0) {
        append(stream, buffer, count);
        return count;
    }
    if (count == 0 || count != -EAGAIN) {
        k_close(stream->pipe);
        stream->pipe = -1;
    }
    return 0;
}

void stream_read(struct stream *stream) {
    take(stream);
}

void stream_finish(struct stream *stream) {
    if (stream->pipe < 0) return;
    // Counted first: a process outside the session, to which the pipe was passed, could write for ever.
    int left = 0;
    if (k_ioctl(stream->pipe, FIONREAD, &left) < 0) left = 0;
    while (left > 0 && stream->pipe >= 0) {
        int64_t count = take(stream);
        if (count == 0) break;
        left -= (int)count;
    }
    if (stream->pipe >= 0) k_close(stream->pipe);
    stream->pipe = -1;
}
