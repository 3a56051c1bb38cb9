#define _GNU_SOURCE
#include "process.h"

#include "kernel.h"
#include "text.h"

enum { PARENT_FIELD = 4, START_TICKS_FIELD = 22 };

bool process_read(pid_t pid, struct process *process) {
    char path[32];
    struct text name = {path, sizeof path, 0};
    text_add(&name, "/proc/");
    text_add_number(&name, pid);
    text_add(&name, "/stat");
    int file = k_open(text_path(&name), O_RDONLY);
    if (file < 0) return false;
    char line[1024];
    ssize_t length = k_read(file, line, sizeof line);
    k_close(file);
    if (length <= 0) return false;

    // Field 2 is the program's name in parentheses and may itself hold spaces and parentheses: count from the last.
    ssize_t at = length - 1;
    while (at > 0 && line[at] != ')') at--;
    uint64_t value = 0;
    for (int field = 2; at < length && field <= START_TICKS_FIELD; at++) {
        if (line[at] >= '0' && line[at] <= '9') {
            value = value * 10 + (uint64_t)(line[at] - '0');
        } else if (line[at] == ' ') {
            if (field == PARENT_FIELD) process->parent = (pid_t)value;
            if (field == START_TICKS_FIELD) process->start_ticks = value;
            value = 0;
            field++;
        }
    }
    return true;
}
