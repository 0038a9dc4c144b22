/**
 * arena.h - memory that is freed all at once. Zeroed is empty. Aborts when memory runs out: arenas
 * hold structures, never tensors. Not thread-safe.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include <dli/error.h>

struct arena {
    struct arena_block *last;
};

/** `bytes` zeroed bytes, aligned for any type, valid until arena_release. */
void *arena_alloc(struct arena *arena, size_t bytes);
char *arena_strdup(struct arena *arena, const char *text);
char *arena_printf(struct arena *arena, const char *format, ...) DLI_PRINTF(2, 3);
void arena_release(struct arena *arena);

#endif
