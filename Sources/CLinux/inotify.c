#include <errno.h>
#include <sys/inotify.h>

#include "CLinux.h"

static int result(long value) { return value < 0 ? -errno : (int)value; }

int cl_inotify(void) { return result(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)); }
int cl_inotify_watch(int fd, const char *path) {
    return result(inotify_add_watch(
        fd, path,
        IN_CLOSE_WRITE | IN_MODIFY | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ATTRIB));
}
int cl_inotify_watch_writes(int fd, const char *path) { return result(inotify_add_watch(fd, path, IN_MODIFY)); }
int cl_inotify_unwatch(int fd, int watch) { return result(inotify_rm_watch(fd, watch)); }
const uint32_t cl_inotify_overflow = IN_Q_OVERFLOW;
