#ifndef SHIM_PROCESS_H
#define SHIM_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/// What /proc/PID/stat says of a process.
struct process {
    pid_t parent;
    uint64_t start_ticks;  ///< Clock ticks from boot to its start: with the pid, hard to mistake for another.
};

/// False where there is no such process.
bool process_read(pid_t pid, struct process *process);

#endif
