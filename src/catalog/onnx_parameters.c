// Counts the trained values in an ONNX file by the official schema.
#include <stdlib.h>

#include "base/file.h"
#include "catalog/entry.h"
#include "onnx/onnx.pb-c.h"

#define MAX_ONNX_BYTES ((size_t)2 << 30) // the limit of protobuf itself

static bool is_trained(int32_t type)
{
    switch (type) {
    case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT:
    case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16:
    case ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16:
    case ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE:
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT8:
    case ONNX__TENSOR_PROTO__DATA_TYPE__UINT8:
        return true;
    default: // int64 initialisers are shapes and indices
        return false;
    }
}

static int64_t count_tensor(const Onnx__TensorProto *tensor)
{
    int64_t count = 1;
    if (!is_trained(tensor->data_type))
        return 0;
    for (size_t i = 0; i < tensor->n_dims; i++)
        if (tensor->dims[i] < 0 || __builtin_mul_overflow(count, tensor->dims[i], &count))
            return 0;
    return count;
}

int64_t catalog_onnx_parameters(const char *path)
{
    struct strbuf text = STRBUF_INIT;
    struct dli_error err;
    int64_t sum = -1;
    if (file_read(&text, path, MAX_ONNX_BYTES, &err) != DLI_OK)
        return -1;
    Onnx__ModelProto *model =
        onnx__model_proto__unpack(NULL, text.length, (const uint8_t *)strbuf_text(&text));
    if (model && model->graph) {
        sum = 0;
        for (size_t i = 0; i < model->graph->n_initializer; i++)
            if (__builtin_add_overflow(sum, count_tensor(model->graph->initializer[i]), &sum))
                sum = INT64_MAX;
    }
    if (model)
        onnx__model_proto__free_unpacked(model, NULL);
    strbuf_release(&text);
    return sum;
}
