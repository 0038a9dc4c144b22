/**
 * strbuf.h - a growing string.
 *
 * `text` is always NUL-terminated and never NULL after init; `length` excludes the NUL, and the
 * text may hold NULs of its own. Running out of memory aborts: strbufs hold small things. Zeroed
 * memory is a valid, empty strbuf for every function here. Not thread-safe.
 */
#ifndef BASE_STRBUF_H
#define BASE_STRBUF_H

#include <stdarg.h>
#include <stddef.h>

#include <dli/error.h>

struct strbuf {
    char *text;
    size_t length;
    size_t capacity;
};

#define STRBUF_INIT                                                                                \
    {                                                                                              \
        NULL, 0, 0                                                                                 \
    }

void strbuf_init(struct strbuf *sb);
void strbuf_release(struct strbuf *sb);

/** Empties without giving memory back. */
void strbuf_reset(struct strbuf *sb);

/** Makes room for `extra` more bytes and the NUL. */
void strbuf_grow(struct strbuf *sb, size_t extra);
void strbuf_add(struct strbuf *sb, const void *data, size_t bytes);
void strbuf_adds(struct strbuf *sb, const char *text);
void strbuf_addc(struct strbuf *sb, char c);
void strbuf_addf(struct strbuf *sb, const char *format, ...) DLI_PRINTF(2, 3);
void strbuf_addv(struct strbuf *sb, const char *format, va_list args) DLI_PRINTF(2, 0);

/** The text, to be freed by the caller; the strbuf is empty afterwards. */
char *strbuf_detach(struct strbuf *sb);

/** The text; "" for an empty or zeroed strbuf. Valid until the next change. */
static inline const char *strbuf_text(const struct strbuf *sb)
{
    return sb->text ? sb->text : "";
}

/** malloc, calloc, realloc and strdup that abort when memory for something small runs out. */
void *xmalloc(size_t bytes);
void *xcalloc(size_t count, size_t bytes);
void *xrealloc(void *memory, size_t count, size_t bytes);
char *xstrdup(const char *text);
char *xasprintf(const char *format, ...) DLI_PRINTF(1, 2);

#endif
