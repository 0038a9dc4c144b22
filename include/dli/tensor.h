/**
 * dli/tensor.h - element types, shapes and dense tensors at the border of a backend.
 *
 * Tensors are dense, row-major, little-endian, without padding between rows. Dimensions that come
 * from a model are hostile until dli_tensor_bytes() has accepted them.
 */
#ifndef DLI_TENSOR_H
#define DLI_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <dli/error.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DLI_MAX_RANK 8
#define DLI_MAX_NAME 128
#define DLI_DYNAMIC (-1)                       /**< a dimension that the model leaves open */
#define DLI_MAX_TENSOR_BYTES ((size_t)1 << 36) /**< 64 GiB: beyond it a shape is taken for damage */

enum dli_type {
    DLI_TYPE_NONE, /**< not known, or "the framework's default" where a precision is asked for */
    DLI_F32,
    DLI_F16,
    DLI_BF16,
    DLI_F64,
    DLI_I8,
    DLI_U8,
    DLI_I16,
    DLI_U16,
    DLI_I32,
    DLI_U32,
    DLI_I64,
    DLI_U64,
    DLI_BOOL, /**< one byte, 0 or 1 */
    DLI_TYPE_COUNT
};

/** What an input or output is: name, type and shape. Fixed size, so it needs no ownership rule. */
struct dli_tensor_desc {
    char name[DLI_MAX_NAME];
    enum dli_type type;
    int rank;                  /**< 0 (scalar) … DLI_MAX_RANK */
    int64_t dim[DLI_MAX_RANK]; /**< outermost first; DLI_DYNAMIC where open */
};

/** A tensor in memory. Who owns `data` is said where the tensor is handed over. */
struct dli_tensor {
    struct dli_tensor_desc desc;
    void *data;   /**< 64-byte aligned when the core allocated it */
    size_t bytes; /**< bytes in use at `data` */
};

/** Bytes of one element; 0 for DLI_TYPE_NONE and unknown values. */
static inline size_t dli_type_bytes(enum dli_type type)
{
    static const unsigned char bytes[DLI_TYPE_COUNT] = {0, 4, 2, 2, 8, 1, 1, 2, 2, 4, 4, 8, 8, 1};
    return (unsigned)type < DLI_TYPE_COUNT ? bytes[type] : 0;
}

/** Name as plans, rows and the command line spell it: "f32", "bf16", "i64"; "none" if unknown. */
static inline const char *dli_type_name(enum dli_type type)
{
    static const char *const names[DLI_TYPE_COUNT] = {"none", "f32", "f16", "bf16", "f64",
                                                      "i8",   "u8",  "i16", "u16",  "i32",
                                                      "u32",  "i64", "u64", "bool"};
    return (unsigned)type < DLI_TYPE_COUNT ? names[type] : "none";
}

/**
 * Size of a dense tensor of this type and shape.
 * DLI_E_ARG for an unknown type, a rank out of range or an open or negative dimension;
 * DLI_E_NOMEM when the product exceeds DLI_MAX_TENSOR_BYTES. A dimension of 0 gives 0 bytes.
 */
DLI_MUST_CHECK static inline int dli_tensor_bytes(size_t *out, const struct dli_tensor_desc *desc,
                                                  struct dli_error *err)
{
    size_t bytes = dli_type_bytes(desc->type);
    bool is_empty = false;
    *out = 0;
    if (bytes == 0 || desc->rank < 0 || desc->rank > DLI_MAX_RANK)
        return dli_fail(err, DLI_E_ARG, "tensor '%s': unknown type or rank %d", desc->name, desc->rank);
    for (int i = 0; i < desc->rank; i++) {
        if (desc->dim[i] < 0)
            return dli_fail(err, DLI_E_ARG, "tensor '%s': dimension %d is not fixed; give it with --shape",
                            desc->name, i);
        if (desc->dim[i] == 0) {
            is_empty = true;
            continue;
        }
        if ((uint64_t)desc->dim[i] > DLI_MAX_TENSOR_BYTES / bytes)
            return dli_fail(err, DLI_E_NOMEM, "tensor '%s': shape is larger than 64 GiB", desc->name);
        bytes *= (size_t)desc->dim[i];
    }
    *out = is_empty ? 0 : bytes;
    return DLI_OK;
}

#ifdef __cplusplus
}
#endif
#endif
