#include "base/strbuf.h"

#include <stdint.h>
#include <stdlib.h>

static void *or_abort(void *memory)
{
    if (!memory) {
        fputs("dli: out of memory\n", stderr);
        abort();
    }
    return memory;
}

void *xmalloc(size_t bytes)
{
    return or_abort(malloc(bytes ? bytes : 1));
}

void *xcalloc(size_t count, size_t bytes)
{
    return or_abort(calloc(count ? count : 1, bytes ? bytes : 1));
}

void *xrealloc(void *memory, size_t count, size_t bytes)
{
    if (bytes && count > SIZE_MAX / bytes)
        or_abort(NULL);
    size_t total = count * bytes;
    return or_abort(realloc(memory, total > 0 ? total : 1));
}

char *xstrdup(const char *text)
{
    return or_abort(strdup(text));
}

char *xasprintf(const char *format, ...)
{
    struct strbuf sb = STRBUF_INIT;
    va_list args;
    va_start(args, format);
    strbuf_addv(&sb, format, args);
    va_end(args);
    return strbuf_detach(&sb);
}

void strbuf_init(struct strbuf *sb)
{
    memset(sb, 0, sizeof(*sb));
    strbuf_grow(sb, 0);
    sb->text[0] = '\0';
}

void strbuf_release(struct strbuf *sb)
{
    if (!sb)
        return;
    free(sb->text);
    memset(sb, 0, sizeof(*sb));
}

void strbuf_reset(struct strbuf *sb)
{
    sb->length = 0;
    if (sb->text)
        sb->text[0] = '\0';
}

void strbuf_grow(struct strbuf *sb, size_t extra)
{
    if (extra > SIZE_MAX / 2 - sb->length - 1)
        or_abort(NULL);
    size_t need = sb->length + extra + 1;
    if (need <= sb->capacity)
        return;
    size_t capacity = sb->capacity < 64 ? 64 : sb->capacity;
    while (capacity < need)
        capacity += capacity / 2;
    sb->text = xrealloc(sb->text, capacity, 1);
    sb->capacity = capacity;
}

void strbuf_add(struct strbuf *sb, const void *data, size_t bytes)
{
    strbuf_grow(sb, bytes);
    if (bytes)
        memcpy(sb->text + sb->length, data, bytes);
    sb->length += bytes;
    sb->text[sb->length] = '\0';
}

void strbuf_adds(struct strbuf *sb, const char *text)
{
    strbuf_add(sb, text, strlen(text));
}

void strbuf_addc(struct strbuf *sb, char c)
{
    strbuf_add(sb, &c, 1);
}

void strbuf_addv(struct strbuf *sb, const char *format, va_list args)
{
    va_list copy;
    va_copy(copy, args);
    int length = vsnprintf(NULL, 0, format, copy);
    va_end(copy);
    if (length < 0)
        return;
    strbuf_grow(sb, (size_t)length);
    vsnprintf(sb->text + sb->length, (size_t)length + 1, format, args);
    sb->length += (size_t)length;
}

void strbuf_addf(struct strbuf *sb, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    strbuf_addv(sb, format, args);
    va_end(args);
}

char *strbuf_detach(struct strbuf *sb)
{
    char *text = sb->text ? sb->text : xstrdup("");
    memset(sb, 0, sizeof(*sb));
    return text;
}
