#define _GNU_SOURCE
#include "state.h"

#include "clock.h"
#include "descriptors.h"
#include "kernel.h"
#include "process.h"
#include "text.h"

enum { LONGEST_SLOT = 128, DROPPED_LENGTH = 64 };

/// One pwrite, so that a reader sees the newline only with all that is before it.
static void write_slot(enum slot slot, struct text *text, size_t length) {
    text_pad(text, length - 1);
    text->bytes[length - 1] = '\n';
    // Where this fails there is nobody to tell, and the session must go on all the same.
    k_write_at(STATE_FILE, text->bytes, length, slot);
}

static void add_field(struct text *text, const char *name, int64_t value) {
    text_add(text, name);
    text_add_number(text, value);
}

void state_write_trying(void) {
    struct text text = {(char[LONGEST_SLOT]){0}, LONGEST_SLOT, 0};
    add_field(&text, "trying shim=", k_self());
    add_field(&text, " at_ms=", wall_ms());
    write_slot(SLOT_START, &text, LONGEST_SLOT);
}

void state_write_started(pid_t agent, uint64_t landlock_abi) {
    struct text text = {(char[LONGEST_SLOT]){0}, LONGEST_SLOT, 0};
    struct process process = {0};
    // Nobody has reaped the agent yet, so this is the agent even if it is dead already.
    process_read(agent, &process);
    add_field(&text, "started pid=", agent);
    add_field(&text, " start_ticks=", (int64_t)process.start_ticks);
    add_field(&text, " shim=", k_self());
    if (landlock_abi != 0) add_field(&text, " landlock=", (int64_t)landlock_abi);
    add_field(&text, " at_ms=", wall_ms());
    write_slot(SLOT_START, &text, LONGEST_SLOT);
}

void state_write_failed(int error, bool unconfined) {
    struct text text = {(char[LONGEST_SLOT]){0}, LONGEST_SLOT, 0};
    add_field(&text, "failed errno=", error);
    if (unconfined) text_add(&text, " unconfined=1");
    add_field(&text, " at_ms=", wall_ms());
    write_slot(SLOT_START, &text, LONGEST_SLOT);
}

void state_write_ended(const struct ending *ending) {
    struct text text = {(char[LONGEST_SLOT]){0}, LONGEST_SLOT, 0};
    text_add(&text, "ended code=");
    if (ending->by_signal) {
        add_field(&text, "- signal=", ending->number);
    } else {
        text_add_number(&text, ending->number);
        text_add(&text, " signal=-");
    }
    add_field(&text, " stop=", ending->stopped);
    add_field(&text, " timeout=", ending->timed_out);
    add_field(&text, " at_ms=", wall_ms());
    write_slot(SLOT_END, &text, LONGEST_SLOT);
}

void state_write_dropped(enum slot slot, int64_t offset) {
    struct text text = {(char[DROPPED_LENGTH]){0}, DROPPED_LENGTH, 0};
    add_field(&text, slot == SLOT_STDOUT_DROPPED ? "stdout dropped=" : "stderr dropped=", offset);
    write_slot(slot, &text, DROPPED_LENGTH);
}

void notify_server(uint64_t token, enum notice notice, int32_t value) {
    struct {
        uint64_t token;
        int32_t kind;
        int32_t value;
    } message = {token, notice, value};
    // A server that hangs must not hang its sessions: the pipe is made non-blocking, whoever made it.
    k_fcntl(NOTIFY, F_SETFL, O_WRONLY | O_NONBLOCK);
    k_write(NOTIFY, &message, sizeof message);
    k_close(NOTIFY);
}
