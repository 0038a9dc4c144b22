#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>

#include "base/strbuf.h"

enum { BLOCK_BYTES = 65536 };

struct arena_block {
    struct arena_block *before;
    size_t used, capacity;
    alignas(max_align_t) char memory[];
};

void *arena_alloc(struct arena *arena, size_t bytes)
{
    size_t alignment = alignof(max_align_t);
    struct arena_block *block = arena->last;
    bytes = (bytes + alignment - 1) / alignment * alignment;
    if (!block || block->capacity - block->used < bytes) {
        size_t capacity = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
        block = xcalloc(1, sizeof(*block) + capacity);
        block->before = arena->last;
        block->capacity = capacity;
        arena->last = block;
    }
    void *memory = block->memory + block->used;
    block->used += bytes;
    return memory;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    size_t bytes = strlen(text) + 1;
    return memcpy(arena_alloc(arena, bytes), text, bytes);
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args, copy;
    va_start(args, format);
    va_copy(copy, args);
    int length = vsnprintf(NULL, 0, format, copy);
    va_end(copy);
    size_t bytes = length < 0 ? 1 : (size_t)length + 1;
    char *text = arena_alloc(arena, bytes);
    vsnprintf(text, bytes, format, args);
    va_end(args);
    return text;
}

void arena_release(struct arena *arena)
{
    while (arena->last) {
        struct arena_block *before = arena->last->before;
        free(arena->last);
        arena->last = before;
    }
}
