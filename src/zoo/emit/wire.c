#include "zoo/emit/wire.h"

enum { LENGTH_DELIMITED = 2 };

size_t wire_varint(unsigned char *out, uint64_t value)
{
    size_t length = 0;
    while (value >= 0x80) {
        out[length++] = (unsigned char)(value | 0x80);
        value >>= 7;
    }
    out[length++] = (unsigned char)value;
    return length;
}

size_t wire_header(unsigned char *out, int field, uint64_t bytes)
{
    size_t length = wire_varint(out, (uint64_t)field << 3 | LENGTH_DELIMITED);
    return length + wire_varint(out + length, bytes);
}

size_t wire_field_bytes(int field, uint64_t bytes)
{
    unsigned char header[WIRE_HEADER_BYTES];
    return wire_header(header, field, bytes) + (size_t)bytes;
}
