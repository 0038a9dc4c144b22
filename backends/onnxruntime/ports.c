// Names, types and shapes of a session's inputs and outputs.
#include <stdio.h>
#include <string.h>

#include "onnxruntime.h"

static const struct {
    enum dli_type dli;
    ONNXTensorElementDataType ort;
} types[] = {{DLI_F32, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT},
             {DLI_F16, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16},
             {DLI_BF16, ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16},
             {DLI_F64, ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE},
             {DLI_I8, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8},
             {DLI_U8, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8},
             {DLI_I16, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16},
             {DLI_U16, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16},
             {DLI_I32, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32},
             {DLI_U32, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32},
             {DLI_I64, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64},
             {DLI_U64, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64},
             {DLI_BOOL, ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL}};

ONNXTensorElementDataType ort_type_of(enum dli_type type)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (types[i].dli == type)
            return types[i].ort;
    }
    return ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
}

static enum dli_type type_from(ONNXTensorElementDataType type)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (types[i].ort == type)
            return types[i].dli;
    }
    return DLI_TYPE_NONE;
}

/** Reads type and shape; `symbols` gets the names of open dimensions, valid as long as the info. */
static OrtStatus *read_tensor(const OrtApi *api, struct dli_tensor_desc *out, const char **symbols,
                              const OrtTensorTypeAndShapeInfo *info)
{
    ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
    size_t rank = 0;
    OrtStatus *status = api->GetTensorElementType(info, &type);
    if (!status)
        status = api->GetDimensionsCount(info, &rank);
    out->type = type_from(type);
    out->rank = rank <= DLI_MAX_RANK ? (int)rank : -1;
    if (status || out->rank < 0)
        return status;
    status = api->GetDimensions(info, out->dim, rank);
    if (!status)
        status = api->GetSymbolicDimensions(info, symbols, rank);
    for (size_t i = 0; i < rank; i++)
        out->dim[i] = out->dim[i] < 0 ? DLI_DYNAMIC : out->dim[i];
    return status;
}

static int read_name(char *out, size_t out_bytes, const struct priv *p, bool is_input, size_t index,
                     struct dli_error *err)
{
    const OrtApi *api = p->library.api;
    OrtAllocator *allocator = NULL;
    char *name = NULL;
    OrtStatus *status = api->GetAllocatorWithDefaultOptions(&allocator);
    if (!status)
        status = is_input ? api->SessionGetInputName(p->session, index, allocator, &name)
                          : api->SessionGetOutputName(p->session, index, allocator, &name);
    if (status)
        return ort_failed(api, status, err, DLI_E_RUNTIME, "name of a port");
    int length = snprintf(out, out_bytes, "%s", name);
    status = api->AllocatorFree(allocator, name);
    if (status)
        return ort_failed(api, status, err, DLI_E_RUNTIME, "name of a port");
    // ONNX Runtime finds ports by name, so a name that was cut would be a wrong one.
    if (length < 0 || (size_t)length >= out_bytes)
        return dli_fail(err, DLI_E_UNSUPPORTED, "a port's name is longer than %zu bytes",
                        out_bytes - 1);
    return DLI_OK;
}

/** Called with the names of open dimensions while they are valid; NULL: nothing to do. */
typedef int (*symbols_fn)(const struct dli_tensor_desc *desc, const char **symbols, void *data,
                          struct dli_error *err);

static int describe_port(struct dli_tensor_desc *out, const struct priv *p, bool is_input,
                         size_t index, symbols_fn each, void *data, struct dli_error *err)
{
    const OrtApi *api = p->library.api;
    OrtTypeInfo *type = NULL;
    const OrtTensorTypeAndShapeInfo *info = NULL;
    const char *symbols[DLI_MAX_RANK] = {NULL};
    memset(out, 0, sizeof(*out));
    int rc = read_name(out->name, sizeof(out->name), p, is_input, index, err);
    if (rc)
        return rc;
    OrtStatus *status = is_input ? api->SessionGetInputTypeInfo(p->session, index, &type)
                                 : api->SessionGetOutputTypeInfo(p->session, index, &type);
    if (!status)
        status = api->CastTypeInfoToTensorInfo(type, &info);
    if (!status && info)
        status = read_tensor(api, out, symbols, info);
    if (status)
        rc = ort_failed(api, status, err, DLI_E_RUNTIME, out->name);
    else if (!info || out->type == DLI_TYPE_NONE)
        rc = dli_fail(err, DLI_E_UNSUPPORTED, "'%s' is no tensor of plain numbers", out->name);
    else if (out->rank < 0)
        rc = dli_fail(err, DLI_E_UNSUPPORTED, "'%s' has more than %d dimensions", out->name,
                      DLI_MAX_RANK);
    else if (each)
        rc = each(out, symbols, data, err);
    if (type)
        api->ReleaseTypeInfo(type);
    return rc;
}

int ports_describe(struct dli_io *out, const struct priv *p, struct dli_error *err)
{
    const OrtApi *api = p->library.api;
    size_t inputs = 0;
    size_t outputs = 0;
    int rc = DLI_OK;
    OrtStatus *status = api->SessionGetInputCount(p->session, &inputs);
    if (!status)
        status = api->SessionGetOutputCount(p->session, &outputs);
    if (status)
        return ort_failed(api, status, err, DLI_E_RUNTIME, "number of ports");
    if (inputs > DLI_MAX_IO || outputs > DLI_MAX_IO)
        return dli_fail(err, DLI_E_UNSUPPORTED, "%zu inputs and %zu outputs; at most %d each",
                        inputs, outputs, DLI_MAX_IO);
    for (size_t i = 0; rc == DLI_OK && i < inputs; i++)
        rc = describe_port(&out->input[i], p, true, i, NULL, NULL, err);
    for (size_t i = 0; rc == DLI_OK && i < outputs; i++)
        rc = describe_port(&out->output[i], p, false, i, NULL, NULL, err);
    out->input_count = (int)inputs;
    out->output_count = (int)outputs;
    return rc;
}

struct wanted {
    struct priv *p;
    const struct dli_tensor_desc *desc;
};

// A name given to dimensions of several sizes is none («?» of some exporters): those stay open.
static void fix_dimension(struct priv *p, const char *symbol, int64_t size)
{
    struct free_dimension *found = p->free_dimension;
    while (found < p->free_dimension + p->free_count && strcmp(found->name, symbol) != 0)
        found++;
    if (found < p->free_dimension + p->free_count) {
        found->size = found->size == size ? size : DLI_DYNAMIC;
        return;
    }
    if (strlen(symbol) >= sizeof(found->name))
        return;
    memcpy(found->name, symbol, strlen(symbol) + 1);
    found->size = size;
    p->free_count++;
}

static int fix_input(const struct dli_tensor_desc *desc, const char **symbols, void *data,
                     struct dli_error *err)
{
    struct wanted *wanted = data;
    if (wanted->desc->rank != desc->rank)
        return dli_fail(err, DLI_E_UNSUPPORTED, "input '%s' has %d dimensions, not %d", desc->name,
                        desc->rank, wanted->desc->rank);
    for (int i = 0; i < desc->rank; i++) {
        int64_t size = wanted->desc->dim[i];
        if (desc->dim[i] >= 0 && desc->dim[i] != size)
            return dli_fail(err, DLI_E_UNSUPPORTED,
                            "the model fixes dimension %d of '%s' at %lld; ONNX Runtime can only "
                            "fill in open dimensions",
                            i, desc->name, (long long)desc->dim[i]);
        // An open dimension without a name stays open: each run brings its own size.
        if (desc->dim[i] < 0 && symbols[i] && symbols[i][0])
            fix_dimension(wanted->p, symbols[i], size);
    }
    return DLI_OK;
}

int ports_free_dimensions(struct priv *p, const struct dli_io *io, struct dli_error *err)
{
    p->free_count = 0;
    for (int i = 0; i < io->input_count; i++) {
        struct wanted wanted = {p, &io->input[i]};
        struct dli_tensor_desc desc;
        int rc = describe_port(&desc, p, true, (size_t)i, fix_input, &wanted, err);
        if (rc)
            return rc;
    }
    return DLI_OK;
}
