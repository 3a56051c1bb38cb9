#ifndef SHIM_DESCRIPTORS_H
#define SHIM_DESCRIPTORS_H

/// The descriptors the server hands over, by number. Each is passed open, so that what the server judged is what is
/// used, whatever happens to the names meanwhile.
enum descriptor {
    AGENT_STDIN = 0,        ///< /dev/null or a sealed memfd with the prompt; becomes the agent's 0 as it is.
    STDOUT_LOG = 1,         ///< The log of the agent's stdout, empty, O_RDWR.
    STDERR_LOG = 2,         ///< The log of the agent's stderr, empty, O_RDWR.
    STATE_FILE = 3,         ///< The slots of state.h. Its flock, taken by the server, lives as long as this process.
    WORKING_DIRECTORY = 4,  ///< O_PATH.
    PROGRAM = 5,            ///< O_PATH.
    NOTIFY = 6,             ///< Write end of the pipe shared by all shims of one server.
    CONFINEMENT = 7,        ///< A Landlock ruleset; only there where the options name its ABI.
};

#endif
