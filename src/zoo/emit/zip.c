#include "zoo/emit/zip.h"

#include <zlib.h>

enum { ALIGNMENT = 64, HEADER_BYTES = 30, EXTRA_BYTES = 4, VERSION = 20, SIZES_FOLLOW = 8 };
enum {
    DATE = 1 << 5 | 1
}; // 1 January 1980, the first there is: the same model gives the same bytes

static void put(struct strbuf *out, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        strbuf_addc(out, i < 8 ? (char)(value >> 8 * i) : (char)0);
}

static void write_out(struct zip *zip, const void *data, size_t bytes)
{
    if (zip->result == DLI_OK && zip->length + bytes > UINT32_MAX)
        zip->result = dli_fail(zip->err, DLI_E_UNSUPPORTED,
                               "the model is larger than one archive can be (4 GiB)");
    if (zip->result == DLI_OK)
        zip->result = zip->write(data, bytes, zip->sink, zip->err);
    zip->length += bytes;
}

// Version, flags, method, time and date: alike in both headers of a member.
static void put_common(struct strbuf *out)
{
    put(out, VERSION, 2);
    put(out, SIZES_FOLLOW, 2);
    put(out, 0, 2);
    put(out, 0, 2);
    put(out, DATE, 2);
}

void zip_begin(struct zip *zip, const char *name)
{
    struct strbuf header = STRBUF_INIT;
    size_t name_bytes = strlen(name);
    size_t filled = (size_t)(zip->length + HEADER_BYTES + name_bytes + EXTRA_BYTES) % ALIGNMENT;
    size_t padding = filled ? ALIGNMENT - filled : 0;
    zip->name = name;
    zip->header_at = zip->length;
    zip->crc = 0;
    put(&header, 0x04034b50, 4);
    put_common(&header);
    put(&header, 0, 12); // checksum and sizes follow the data
    put(&header, name_bytes, 2);
    put(&header, EXTRA_BYTES + padding, 2);
    strbuf_add(&header, name, name_bytes);
    strbuf_add(&header, "FB", 2); // PyTorch's own name for padding
    put(&header, padding, 2);
    for (size_t i = 0; i < padding; i++)
        strbuf_addc(&header, 'Z');
    write_out(zip, header.text, header.length);
    zip->data_at = zip->length;
    strbuf_release(&header);
}

void zip_add(struct zip *zip, const void *data, size_t bytes)
{
    zip->crc = (uint32_t)crc32_z(zip->crc, data, bytes);
    write_out(zip, data, bytes);
}

void zip_end(struct zip *zip)
{
    struct strbuf descriptor = STRBUF_INIT;
    uint64_t bytes = zip->length - zip->data_at;
    put(&descriptor, 0x08074b50, 4);
    put(&descriptor, zip->crc, 4);
    put(&descriptor, bytes, 4);
    put(&descriptor, bytes, 4);
    write_out(zip, descriptor.text, descriptor.length);
    strbuf_release(&descriptor);
    put(&zip->directory, 0x02014b50, 4);
    put(&zip->directory, VERSION, 2);
    put_common(&zip->directory);
    put(&zip->directory, zip->crc, 4);
    put(&zip->directory, bytes, 4);
    put(&zip->directory, bytes, 4);
    put(&zip->directory, strlen(zip->name), 2);
    put(&zip->directory, 0, 6); // extra field, comment, disk
    put(&zip->directory, 0, 6); // attributes
    put(&zip->directory, zip->header_at, 4);
    strbuf_adds(&zip->directory, zip->name);
    zip->member_count++;
}

void zip_member(struct zip *zip, const char *name, const void *data, size_t bytes)
{
    zip_begin(zip, name);
    zip_add(zip, data, bytes);
    zip_end(zip);
}

int zip_finish(struct zip *zip)
{
    struct strbuf end = STRBUF_INIT;
    uint64_t directory_at = zip->length;
    if (zip->member_count > UINT16_MAX && zip->result == DLI_OK)
        zip->result =
            dli_fail(zip->err, DLI_E_UNSUPPORTED, "the model has more than 65535 weights");
    write_out(zip, strbuf_text(&zip->directory), zip->directory.length);
    put(&end, 0x06054b50, 4);
    put(&end, 0, 4); // disks
    put(&end, (uint64_t)zip->member_count, 2);
    put(&end, (uint64_t)zip->member_count, 2);
    put(&end, zip->directory.length, 4);
    put(&end, directory_at, 4);
    put(&end, 0, 2);
    write_out(zip, end.text, end.length);
    strbuf_release(&end);
    strbuf_release(&zip->directory);
    return zip->result;
}
