#ifndef SHIM_CONFINE_H
#define SHIM_CONFINE_H

/// Holds the calling process, and all that it starts, to what the server's ruleset (the descriptor CONFINEMENT) grants.
/// To be called in the child, with no_new_privs set. 0, or the negative errno of the step that failed; then the process
/// is confined by half and must not exec.
int confine(void);

#endif
