#include "zoo/emit/flatbuffer.h"

#include <assert.h>
#include <string.h>

static void align(struct strbuf *out, size_t alignment)
{
    while (out->length % alignment)
        strbuf_addc(out, '\0');
}

static void put(struct strbuf *out, size_t at, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        out->text[at + (size_t)i] = (char)(value >> 8 * i);
}

static void add(struct strbuf *out, uint32_t value, int bytes)
{
    size_t at = out->length;
    strbuf_add(out, "\0\0\0", (size_t)bytes);
    put(out, at, value, bytes);
}

static uint32_t get(const struct strbuf *out, size_t at, int bytes)
{
    uint32_t value = 0;
    for (int i = 0; i < bytes; i++)
        value |= (uint32_t)(unsigned char)out->text[at + (size_t)i] << 8 * i;
    return value;
}

void flatbuffer_start(struct strbuf *out, const char *identifier)
{
    add(out, 0, 4);
    strbuf_add(out, identifier, 4);
}

// The vtable (bytes of itself, bytes of the table, place of each field) stands before its table.
size_t flatbuffer_table(struct strbuf *out, const struct flatbuffer_field *field, int count)
{
    uint32_t place[FLATBUFFER_MAX_FIELDS] = {0};
    uint32_t bytes = 4;
    int slots = 0;
    for (int i = 0; i < count; i++) {
        assert(field[i].id < FLATBUFFER_MAX_FIELDS);
        uint32_t size = (uint32_t)field[i].bytes;
        bytes = (bytes + size - 1) / size * size;
        place[field[i].id] = bytes;
        bytes += size;
        slots = field[i].id >= slots ? field[i].id + 1 : slots;
    }
    align(out, 4);
    if (slots % 2)
        add(out, 0, 2); // so that the table after the vtable is aligned
    size_t vtable = out->length;
    add(out, (uint32_t)(4 + 2 * slots), 2);
    add(out, bytes, 2);
    for (int i = 0; i < slots; i++)
        add(out, place[i], 2);
    size_t table = out->length;
    add(out, (uint32_t)(table - vtable), 4);
    while (out->length < table + bytes)
        strbuf_addc(out, '\0');
    for (int i = 0; i < count; i++)
        put(out, table + place[field[i].id], field[i].value, field[i].bytes);
    return table;
}

size_t flatbuffer_slot(const struct strbuf *out, size_t table, int id)
{
    size_t vtable = table - get(out, table, 4);
    assert(get(out, vtable, 2) >= (uint32_t)(6 + 2 * id));
    uint32_t place = get(out, vtable + 4 + 2 * (size_t)id, 2);
    assert(place > 0);
    return table + place;
}

void flatbuffer_link(struct strbuf *out, size_t slot, size_t target)
{
    assert(target > slot);
    put(out, slot, (uint32_t)(target - slot), 4);
}

size_t flatbuffer_vector(struct strbuf *out, size_t slot, const void *data, size_t count)
{
    const uint32_t *value = data;
    align(out, 4);
    flatbuffer_link(out, slot, out->length);
    add(out, (uint32_t)count, 4);
    size_t first = out->length;
    for (size_t i = 0; i < count; i++)
        add(out, value ? value[i] : 0, 4);
    return first;
}

void flatbuffer_string(struct strbuf *out, size_t slot, const char *text)
{
    size_t length = strlen(text);
    align(out, 4);
    flatbuffer_link(out, slot, out->length);
    add(out, (uint32_t)length, 4);
    strbuf_add(out, text, length + 1);
}

size_t flatbuffer_vector_place(size_t from, size_t alignment)
{
    return (from + 4 + alignment - 1) / alignment * alignment - 4;
}
