/**
 * nearest.h - «did you mean …»: the known name nearest to a mistyped one.
 */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

/** Edits (insert, delete, replace, swap of neighbours) between two texts, of which 63 bytes count.
 */
int nearest_distance(const char *a, const char *b);

/**
 * The nearest of the NULL-terminated `names`, borrowed; NULL when none is near (more than a third
 * of the letters, at least 2, would have to change). A name that begins with `name` is near.
 */
const char *nearest_name(const char *name, const char *const *names);

#endif
