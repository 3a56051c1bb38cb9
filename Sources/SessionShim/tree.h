#ifndef SHIM_TREE_H
#define SHIM_TREE_H

/// 0 where this process's descendants can be found, else an errno: /proc is not mounted, or the kernel was built
/// without the lists of children.
int tree_check(void);

/// Asks every descendant to end, once.
void tree_terminate(void);

/// One round of killing every descendant, and all that is in the session's cgroup (a descriptor; 0: it has none). To be
/// repeated until none is left, since some may be born meanwhile.
void tree_kill(int cgroup);

#endif
