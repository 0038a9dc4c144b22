// What a graph takes and gives.
#include <stdio.h>
#include <string.h>

#include "tensorflow.h"

static const struct {
    TF_DataType theirs;
    enum dli_type ours;
} types[] = {
    {TF_FLOAT, DLI_F32}, {TF_DOUBLE, DLI_F64}, {TF_HALF, DLI_F16},  {TF_BFLOAT16, DLI_BF16},
    {TF_INT8, DLI_I8},   {TF_UINT8, DLI_U8},   {TF_INT16, DLI_I16}, {TF_UINT16, DLI_U16},
    {TF_INT32, DLI_I32}, {TF_UINT32, DLI_U32}, {TF_INT64, DLI_I64}, {TF_UINT64, DLI_U64},
    {TF_BOOL, DLI_BOOL},
};

static enum dli_type type_of(TF_DataType type)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (types[i].theirs == type)
            return types[i].ours;
    return DLI_TYPE_NONE;
}

TF_DataType tf_type(enum dli_type type)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (types[i].ours == type)
            return types[i].theirs;
    return (TF_DataType)0;
}

static int describe(struct dli_tensor_desc *out, TF_Graph *graph, TF_Output port, TF_Status *status,
                    struct dli_error *err)
{
    memset(out, 0, sizeof(*out));
    snprintf(out->name, sizeof(out->name), "%s", TF_OperationName(port.oper));
    out->type = type_of(TF_OperationOutputType(port));
    out->rank = TF_GraphGetTensorNumDims(graph, port, status);
    int rc = tf_check(status, out->name, err);
    if (rc)
        return rc;
    if (out->type == DLI_TYPE_NONE)
        return dli_fail(err, DLI_E_UNSUPPORTED,
                        "'%s' has TensorFlow's element type %d, which is no number", out->name,
                        (int)TF_OperationOutputType(port));
    if (out->rank < 0 || out->rank > DLI_MAX_RANK)
        return dli_fail(err, DLI_E_UNSUPPORTED,
                        "'%s': the model does not say how many dimensions it has", out->name);
    TF_GraphGetTensorShape(graph, port, out->dim, out->rank, status);
    return tf_check(status, out->name, err);
}

static bool is_input(TF_Operation *operation)
{
    return strcmp(TF_OperationOpType(operation), "Placeholder") == 0;
}

static bool is_output(TF_Operation *operation)
{
    const char *type = TF_OperationOpType(operation);
    if (is_input(operation) || TF_OperationNumOutputs(operation) < 1 || strcmp(type, "Const") == 0)
        return false;
    for (int i = 0; i < TF_OperationNumOutputs(operation); i++)
        if (TF_OperationOutputNumConsumers((TF_Output){operation, i}) > 0)
            return false;
    return true;
}

// The next port of a list, unless it is full.
static int add(TF_Output *list, int *count, TF_Operation *operation, const char *what,
               struct dli_error *err)
{
    if (*count == DLI_MAX_IO)
        return dli_fail(err, DLI_E_UNSUPPORTED, "the model has more than %d %s", DLI_MAX_IO, what);
    list[(*count)++] = (TF_Output){operation, 0};
    return DLI_OK;
}

int graph_describe(struct priv *p, struct dli_error *err)
{
    TF_Status *status = TF_NewStatus();
    TF_Operation *operation;
    size_t place = 0;
    int rc = DLI_OK;
    memset(&p->io, 0, sizeof(p->io));
    while (!rc && (operation = TF_GraphNextOperation(p->graph, &place))) {
        if (is_input(operation))
            rc = add(p->input, &p->io.input_count, operation, "inputs", err);
        else if (is_output(operation))
            rc = add(p->output, &p->io.output_count, operation, "outputs", err);
    }
    for (int i = 0; i < p->io.input_count && !rc; i++)
        rc = describe(&p->io.input[i], p->graph, p->input[i], status, err);
    for (int i = 0; i < p->io.output_count && !rc; i++)
        rc = describe(&p->io.output[i], p->graph, p->output[i], status, err);
    if (!rc && p->io.output_count == 0)
        rc = dli_fail(err, DLI_E_PARSE, "the graph has no outputs");
    TF_DeleteStatus(status);
    return rc;
}
