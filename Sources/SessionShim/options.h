#ifndef SHIM_OPTIONS_H
#define SHIM_OPTIONS_H

#include <stdint.h>

/// How the agent's program is executed.
enum exec_by {
    EXEC_BY_HANDLE,  ///< The descriptor PROGRAM itself: for ELF programs.
    EXEC_BY_PATH,    ///< `program`, checked against PROGRAM just before: for scripts, whose interpreter needs a name.
};

/// The command line, as the server writes it.
struct options {
    const char *session;  ///< Its id, for whoever looks at `ps`.
    uint64_t token;       ///< Comes back in the notice.
    int64_t timeout_ms;   ///< 0: none.
    int64_t grace_ms;     ///< Between TERM and KILL where the stop names none.
    int64_t log_max_bytes;
    int64_t cgroup;       ///< The descriptor of the session's cgroup; 0: it has none.
    enum exec_by exec;
    uint64_t landlock_abi;  ///< 0: the agent is not confined. Else what its ruleset was made for.
    const char *program;  ///< The program's real path.
    char **agent_argv;    ///< Ended by NULL; at least argv[0].
};

/// 0, or EINVAL: the server and this program do not fit together. `token` is set wherever it could be read.
int options_parse(int count, char **arguments, struct options *options);

#endif
