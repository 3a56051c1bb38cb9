#ifndef SHIM_LAUNCH_H
#define SHIM_LAUNCH_H

#include <stdbool.h>
#include <sys/types.h>

#include "options.h"

/// The agent, just started, and the non-blocking read ends of the pipes that are its stdout and stderr.
struct agent {
    pid_t pid;
    int stdout_pipe;
    int stderr_pipe;
    bool unconfined;  ///< Set where it could not be started: because it could not be confined.
};

/// Starts the agent. 0 once its program runs; else the errno of the first step that failed, and then no program ran.
int launch(const struct options *options, char **environment, struct agent *agent);

#endif
