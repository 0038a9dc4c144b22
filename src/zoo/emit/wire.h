/**
 * wire.h - what a streaming writer of protobuf must encode itself.
 *
 * protobuf-c packs whole messages; data that must not be held whole follow as one more
 * length-delimited field, whose header these functions write.
 * Format: https://protobuf.dev/programming-guides/encoding/
 */
#ifndef ZOO_EMIT_WIRE_H
#define ZOO_EMIT_WIRE_H

#include <stddef.h>
#include <stdint.h>

#define WIRE_HEADER_BYTES 16 /**< more than any header has */

/** Writes a number; returns the bytes written, at most 10. */
size_t wire_varint(unsigned char *out, uint64_t value);
/** Writes tag and length of a length-delimited field; returns the bytes written, at most 15. */
size_t wire_header(unsigned char *out, int field, uint64_t bytes);
/** Bytes of a length-delimited field with its header. */
size_t wire_field_bytes(int field, uint64_t bytes);

#endif
