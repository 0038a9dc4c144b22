/**
 * flatbuffer.h - writes FlatBuffers (flatbuffers.dev, «internals») from front to back.
 *
 * Parents are written before their children, and a parent's slot is linked when the child's place
 * is known, so that large vectors can follow the rest without being held in memory. Positions are
 * bytes from the start of the file. Fields are given by their number in the schema; those left out
 * have the schema's default.
 */
#ifndef ZOO_EMIT_FLATBUFFER_H
#define ZOO_EMIT_FLATBUFFER_H

#include <stdint.h>

#include "base/strbuf.h"

#define FLATBUFFER_MAX_FIELDS 16

/** One field of a table: a scalar of `bytes` bytes, or (4 bytes, 0) an offset to be linked later.
 */
struct flatbuffer_field {
    int id;
    int bytes; /**< 1, 2 or 4 */
    uint32_t value;
};

/** A field that flatbuffer_link() points to its child. */
#define FLATBUFFER_CHILD(id)                                                                       \
    {                                                                                              \
        (id), 4, 0                                                                                 \
    }

/** Begins a file: the root's offset at position 0, and the four letters of the format. */
void flatbuffer_start(struct strbuf *out, const char *identifier);

/** Writes a table; its position. */
size_t flatbuffer_table(struct strbuf *out, const struct flatbuffer_field *field, int count);

/** Position of the slot of field `id`, which the table must have. */
size_t flatbuffer_slot(const struct strbuf *out, size_t table, int id);

/** Lets the slot at `slot` point to `target`, which lies behind it. */
void flatbuffer_link(struct strbuf *out, size_t slot, size_t target);

/** Writes a vector of 4-byte elements (zeros if `data` is NULL), linked from `slot`; position of
 * element 0. */
size_t flatbuffer_vector(struct strbuf *out, size_t slot, const void *data, size_t count);

void flatbuffer_string(struct strbuf *out, size_t slot, const char *text);

/** The smallest position ≥ `from` of a vector whose elements, after its 4 bytes of length, are
 * aligned. */
size_t flatbuffer_vector_place(size_t from, size_t alignment);

#endif
