#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <sys/stat.h>

static int copy_status(int outcome, const struct stat *from, struct cl_status *out) {
    if (outcome < 0) return -errno;
    out->device = from->st_dev;
    out->inode = from->st_ino;
    out->size = (uint64_t)from->st_size;
    out->modified_ns = from->st_mtim.tv_sec * 1000000000LL + from->st_mtim.tv_nsec;
    out->changed_ns = from->st_ctim.tv_sec * 1000000000LL + from->st_ctim.tv_nsec;
    out->mode = from->st_mode;
    out->owner = from->st_uid;
    return 0;
}
int cl_fstat(int fd, struct cl_status *out) {
    struct stat status;
    return copy_status(fstat(fd, &status), &status, out);
}
int cl_stat(const char *path, struct cl_status *out) {
    struct stat status;
    return copy_status(stat(path, &status), &status, out);
}
int cl_stat_from(int directory, const char *path, struct cl_status *out) {
    struct stat status;
    return copy_status(fstatat(directory, path, &status, 0), &status, out);
}
