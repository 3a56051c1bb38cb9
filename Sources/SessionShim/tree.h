#ifndef SHIM_TREE_H
#define SHIM_TREE_H

/// 0 where this process's descendants can be found, else an errno: /proc is not mounted, or the kernel was built
/// without the lists of children.
int tree_check(void);

/// Asks every descendant to end, once.
void tree_terminate(void);

/// One round of killing every descendant. To be repeated until none is left, since some may be born meanwhile.
void tree_kill(void);

#endif
