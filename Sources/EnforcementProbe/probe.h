#ifndef PROBE_H
#define PROBE_H

#include <sys/types.h>

/// One thing that an agent could try. Run in a process of its own: it may leave anything open and need clean up nothing
/// but what another operation would meet.
struct operation {
    const char *name;
    /// 0 where it could be done, else what kept it from being done: an errno, or NOT_HERE.
    int (*attempt)(void);
};

/// This machine has not what it takes to try.
enum { NOT_HERE = 255 };

extern const struct operation file_operations[];
extern const struct operation outside_operations[];
extern const struct operation device_operations[];
extern const struct operation process_operations[];
extern const struct operation kernel_operations[];

/// The process that stands outside for the server, its shims and other sessions.
extern pid_t outsider;

/// A path below the write root, or beside it. Each of the last eight results stays as it is.
const char *in(const char *name);
const char *out(const char *name);

/// The errno of a call that answered `outcome`; 0 where that is none.
int errno_of(long outcome);

/// Opens, writes a byte and closes.
int write_to(const char *path, int flags);

/// Sends a descriptor over a socket, and takes one; -1 where none came.
int send_descriptor(int socket, int descriptor);
int take_descriptor(int socket);

/// A connected socket, or the negative errno. With `abstract`, the name is not a path.
int connect_to(const char *name, int abstract);
int listen_on(const char *name, int abstract);

/// Runs a command under a filter that answers one system call with an errno. Answers only where that fails.
int run_with_fault(int count, char **arguments);

/// Attacks processes again and again; answers 0 and says how often one succeeded.
int attack(int count, char **arguments);

#endif
