/**
 * zip.h - writes a ZIP archive of uncompressed members to a stream (PKWARE's APPNOTE 6.3,
 * sections 4.3 and 4.4).
 *
 * Members are written one after the other: begin, add as often as needed, end. Sizes and checksums
 * follow their data, so nothing is held in memory and nothing is written twice, which the packaged
 * libraries cannot do: they seek in their output. Archives end at 4 GiB. The first failure is kept
 * and returned by zip_finish().
 */
#ifndef ZOO_EMIT_ZIP_H
#define ZOO_EMIT_ZIP_H

#include "base/strbuf.h"
#include "zoo/emit.h"

struct zip {
    emit_write_fn write;
    void *sink;
    struct dli_error *err;
    int result;
    uint64_t length; /**< written so far */
    struct strbuf directory;
    int member_count;
    const char *name; /**< of the open member, borrowed until zip_end */
    uint64_t header_at, data_at;
    uint32_t crc;
};

/** The member's data begin at a multiple of 64 bytes. */
void zip_begin(struct zip *zip, const char *name);
void zip_add(struct zip *zip, const void *data, size_t bytes);
void zip_end(struct zip *zip);
/** A whole member. */
void zip_member(struct zip *zip, const char *name, const void *data, size_t bytes);
/** Writes the directory and frees everything; 0 or the first failure. */
DLI_MUST_CHECK int zip_finish(struct zip *zip);

#endif
