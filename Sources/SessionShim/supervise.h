#ifndef SHIM_SUPERVISE_H
#define SHIM_SUPERVISE_H

#include "launch.h"
#include "options.h"

/// Stays with the agent until it and all that it started is gone and its output is in the logs; then writes how it
/// ended. `signals` is a signalfd for SIGCHLD and SIGTERM.
void supervise(const struct options *options, const struct agent *agent, int signals);

#endif
