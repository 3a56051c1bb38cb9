#define _GNU_SOURCE
#include "CBench.h"

#include <errno.h>
#include <sched.h>
#include <time.h>

int64_t cb_cpu_nanoseconds(int pid) {
    clockid_t clock;
    struct timespec time;
    int error = clock_getcpuclockid(pid, &clock);
    if (error) return -error;
    if (clock_gettime(clock, &time) < 0) return -errno;
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static cpu_set_t all;

int cb_pin(int pid, int last) {
    if (CPU_COUNT(&all) == 0 && sched_getaffinity(0, sizeof all, &all) < 0) return -errno;
    int chosen = -1;
    for (int cpu = 0; cpu < CPU_SETSIZE && (chosen < 0 || last); cpu++)
        if (CPU_ISSET(cpu, &all)) chosen = cpu;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(chosen, &one);
    return sched_setaffinity(pid, sizeof one, &one) < 0 ? -errno : chosen;
}

void cb_unpin(void) { sched_setaffinity(0, sizeof all, &all); }
