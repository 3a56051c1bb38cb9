#define _GNU_SOURCE
#include "kernel.h"

// This program has no C library, so what one would do before and around main stands here.

int main(int count, char **arguments, char **environment);

_Noreturn void start(long *stack);

/// Where the kernel begins: the stack holds the count of arguments, the arguments, NULL, the environment, NULL.
#if defined(__x86_64__)
__asm__(
    ".globl _start\n"
    "_start:\n\t"
    "xor %ebp, %ebp\n\t"
    "mov %rsp, %rdi\n\t"
    "and $-16, %rsp\n\t"
    "call start\n\t"
    "ud2");
#elif defined(__aarch64__)
__asm__(
    ".globl _start\n"
    "_start:\n\t"
    "mov x29, xzr\n\t"
    "mov x0, sp\n\t"
    "bl start\n\t"
    "brk #1");
#endif

_Noreturn void start(long *stack) {
    int count = (int)stack[0];
    char **arguments = (char **)(stack + 1);
    k_exit(main(count, arguments, arguments + count + 1));
}

// Compilers call these two for large initialisations and copies. The barrier keeps them from making that call out of
// the loops themselves.

void *memset(void *place, int byte, size_t count) {
    for (size_t i = 0; i < count; i++) {
        ((unsigned char *)place)[i] = (unsigned char)byte;
        __asm__ volatile("");
    }
    return place;
}

void *memcpy(void *restrict place, const void *restrict source, size_t count) {
    for (size_t i = 0; i < count; i++) {
        ((unsigned char *)place)[i] = ((const unsigned char *)source)[i];
        __asm__ volatile("");
    }
    return place;
}

pid_t k_vfork(void (*child)(void *), void *argument, char *stack_top, int cgroup) {
    enum { SHARE_MEMORY = 0x00000100, WAIT_FOR_EXEC = 0x00004000 };  // CLONE_VM, CLONE_VFORK
    const uint64_t into_cgroup = 0x200000000;                        // CLONE_INTO_CGROUP
    // The child takes these two from its stack, which is then empty and aligned.
    void **stack = (void **)stack_top - 2;
    stack[0] = argument;
    stack[1] = (void *)child;
    // struct clone_args of clone3(2), version 2. Only where there is a cgroup: containers may forbid clone3.
    struct {
        uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
    } wanted = {
        .flags = SHARE_MEMORY | WAIT_FOR_EXEC | into_cgroup,
        .exit_signal = SIGCHLD,
        // The stack pointer begins at the sum of these two; what is below is the child's as well.
        .stack = (uint64_t)stack - 4096,
        .stack_size = 4096,
        .cgroup = (uint64_t)cgroup,
    };
    long first = cgroup != 0 ? (long)&wanted : SHARE_MEMORY | WAIT_FOR_EXEC | SIGCHLD;
    long second = cgroup != 0 ? (long)sizeof wanted : (long)stack;
#if defined(__x86_64__)
    register long r10 __asm__("r10") = 0;
    register long r8 __asm__("r8") = 0;
    long result = cgroup != 0 ? SYS_clone3 : SYS_clone;
    __asm__ volatile(
        "syscall\n\t"
        "test %%rax, %%rax\n\t"
        "jnz 1f\n\t"
        "xor %%ebp, %%ebp\n\t"
        "pop %%rdi\n\t"
        "pop %%rax\n\t"
        "call *%%rax\n\t"
        "ud2\n"
        "1:"
        : "+a"(result)
        : "D"(first), "S"(second), "d"(0L), "r"(r10), "r"(r8)
        : "rcx", "r11", "memory");
    return (pid_t)result;
#elif defined(__aarch64__)
    register long x8 __asm__("x8") = cgroup != 0 ? SYS_clone3 : SYS_clone;
    register long x0 __asm__("x0") = first;
    register long x1 __asm__("x1") = second;
    register long x2 __asm__("x2") = 0;
    register long x3 __asm__("x3") = 0;
    register long x4 __asm__("x4") = 0;
    __asm__ volatile(
        "svc 0\n\t"
        "cbnz x0, 1f\n\t"
        "mov x29, xzr\n\t"
        "ldp x0, x1, [sp], #16\n\t"
        "blr x1\n\t"
        "brk #1\n"
        "1:"
        : "+r"(x0)
        : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4)
        : "memory");
    return (pid_t)x0;
#endif
}
