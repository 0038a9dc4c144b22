// Interpreters and requests.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tflite.h"

static int refused(const struct interpreter *interpreter, const char *what, struct dli_error *err)
{
    const char *text = interpreter->report.text;
    return dli_fail(err, DLI_E_RUNTIME, "%s: %s", what,
                    text[0] ? text : "TensorFlow Lite says no reason");
}

static TfLiteDelegate *make_xnnpack(const struct tflite_api *api, int threads)
{
    TfLiteXNNPackDelegateOptions options = api->XNNPackDelegateOptionsDefault();
    options.num_threads = threads;
    return api->XNNPackDelegateCreate(&options);
}

static int resize_inputs(const struct interpreter *interpreter, const struct priv *p,
                         struct dli_error *err)
{
    for (int i = 0; i < p->io.input_count; i++) {
        const struct dli_tensor_desc *desc = &p->io.input[i];
        int dim[DLI_MAX_RANK];
        for (int d = 0; d < desc->rank; d++) {
            if (desc->dim[d] < 0 || desc->dim[d] > INT32_MAX)
                return dli_fail(
                    err, DLI_E_UNSUPPORTED,
                    "input '%s': TensorFlow Lite runs with fixed shapes; give one with --shape",
                    desc->name);
            dim[d] = (int)desc->dim[d];
        }
        if (p->api.InterpreterResizeInputTensor(interpreter->handle, i, dim, desc->rank) !=
            kTfLiteOk)
            return refused(interpreter, desc->name, err);
    }
    return DLI_OK;
}

int interpreter_init(struct interpreter *out, struct dli_context *ctx, struct dli_error *err)
{
    struct priv *p = ctx->priv;
    int threads = ctx->settings->threads > 0 ? ctx->settings->threads : -1;
    TfLiteInterpreterOptions *options = p->api.InterpreterOptionsCreate();
    if (!options)
        return dli_fail(err, DLI_E_NOMEM, "no memory for an interpreter");
    p->api.InterpreterOptionsSetNumThreads(options, threads);
    p->api.InterpreterOptionsSetErrorReporter(options, report_keep, &out->report);
    if (p->has_xnnpack) {
        // The delegate takes 0 for «one thread» and knows no default of its own.
        out->xnnpack = make_xnnpack(&p->api, threads > 0 ? threads : 0);
        if (out->xnnpack)
            p->api.InterpreterOptionsAddDelegate(options, out->xnnpack);
    }
    out->handle = p->api.InterpreterCreate(p->model, options);
    p->api.InterpreterOptionsDelete(options);
    if (!out->handle)
        return refused(out, "making an interpreter", err);
    int rc = p->is_reshaped ? resize_inputs(out, p, err) : DLI_OK;
    if (rc == DLI_OK && p->api.InterpreterAllocateTensors(out->handle) != kTfLiteOk)
        rc = refused(out, "allocating tensors", err);
    return rc;
}

void interpreter_release(struct interpreter *interpreter, const struct tflite_api *api)
{
    // The interpreter uses the delegate until its end.
    if (interpreter->handle)
        api->InterpreterDelete(interpreter->handle);
    if (interpreter->xnnpack)
        api->XNNPackDelegateDelete(interpreter->xnnpack);
    memset(interpreter, 0, sizeof(*interpreter));
}

static enum dli_type type_of(TfLiteType type)
{
    static const struct {
        TfLiteType theirs;
        enum dli_type ours;
    } types[] = {{kTfLiteFloat32, DLI_F32},  {kTfLiteInt32, DLI_I32},   {kTfLiteUInt8, DLI_U8},
                 {kTfLiteInt64, DLI_I64},    {kTfLiteBool, DLI_BOOL},   {kTfLiteInt16, DLI_I16},
                 {kTfLiteInt8, DLI_I8},      {kTfLiteFloat16, DLI_F16}, {kTfLiteFloat64, DLI_F64},
                 {kTfLiteUInt64, DLI_U64},   {kTfLiteUInt32, DLI_U32},  {kTfLiteUInt16, DLI_U16},
                 {kTfLiteBFloat16, DLI_BF16}};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (types[i].theirs == type)
            return types[i].ours;
    }
    return DLI_TYPE_NONE;
}

static int describe(struct dli_tensor_desc *out, const struct tflite_api *api,
                    const TfLiteTensor *tensor, struct dli_error *err)
{
    const char *name = tensor ? api->TensorName(tensor) : NULL;
    memset(out, 0, sizeof(*out));
    if (!tensor)
        return dli_fail(err, DLI_E_PARSE, "the model lacks a tensor that it names");
    snprintf(out->name, sizeof(out->name), "%s", name ? name : "");
    out->type = type_of(api->TensorType(tensor));
    out->rank = api->TensorNumDims(tensor);
    if (out->type == DLI_TYPE_NONE || out->rank < 0 || out->rank > DLI_MAX_RANK)
        return dli_fail(err, DLI_E_UNSUPPORTED, "'%s' has element type %d and %d dimensions",
                        out->name, (int)api->TensorType(tensor), out->rank);
    for (int i = 0; i < out->rank; i++)
        out->dim[i] = api->TensorDim(tensor, i);
    return DLI_OK;
}

int interpreter_describe(struct dli_io *out, const struct priv *p, struct dli_error *err)
{
    const struct tflite_api *api = &p->api;
    TfLiteInterpreter *handle = p->first.handle;
    int rc = DLI_OK;
    out->input_count = api->InterpreterGetInputTensorCount(handle);
    out->output_count = api->InterpreterGetOutputTensorCount(handle);
    if (out->input_count > DLI_MAX_IO || out->output_count > DLI_MAX_IO || out->output_count < 1)
        return dli_fail(err, DLI_E_UNSUPPORTED, "the model has %d inputs and %d outputs",
                        out->input_count, out->output_count);
    for (int i = 0; i < out->input_count && rc == DLI_OK; i++)
        rc = describe(&out->input[i], api, api->InterpreterGetInputTensor(handle, i), err);
    for (int i = 0; i < out->output_count && rc == DLI_OK; i++)
        rc = describe(&out->output[i], api, api->InterpreterGetOutputTensor(handle, i), err);
    return rc;
}

// An output whose shape only the inference knows has no memory before it, and other memory after
// each.
static void fetch_outputs(const struct priv *p, const struct interpreter *interpreter,
                          struct dli_request *request)
{
    for (int i = 0; i < request->output_count; i++) {
        const TfLiteTensor *tensor = p->api.InterpreterGetOutputTensor(interpreter->handle, i);
        request->output[i].data = p->api.TensorData(tensor);
        request->output[i].bytes = p->api.TensorByteSize(tensor);
        for (int d = 0; d < request->output[i].desc.rank; d++)
            request->output[i].desc.dim[d] = p->api.TensorDim(tensor, d);
    }
}

// The request's tensors are the interpreter's own, so that copying in and out is one copy each.
int run_request_init(struct dli_context *ctx, struct dli_request *request, struct dli_error *err)
{
    struct priv *p = ctx->priv;
    struct interpreter *own = calloc(1, sizeof(*own));
    request->priv = own;
    request->device_ns = -1;
    if (!own)
        return dli_fail(err, DLI_E_NOMEM, "no memory for a request");
    int rc = interpreter_init(own, ctx, err);
    for (int i = 0; rc == DLI_OK && i < request->input_count; i++) {
        TfLiteTensor *tensor = p->api.InterpreterGetInputTensor(own->handle, i);
        if (p->api.TensorByteSize(tensor) != request->input[i].bytes)
            return dli_fail(err, DLI_E_MISMATCH, "input %d has %zu bytes, not %zu", i,
                            p->api.TensorByteSize(tensor), request->input[i].bytes);
        memcpy(p->api.TensorData(tensor), request->input[i].data, request->input[i].bytes);
        request->input[i].data = p->api.TensorData(tensor);
    }
    return rc;
}

int run_submit(struct dli_context *ctx, struct dli_request *request, struct dli_error *err)
{
    const struct priv *p = ctx->priv;
    struct interpreter *interpreter = request->priv;
    if (p->api.InterpreterInvoke(interpreter->handle) != kTfLiteOk)
        return refused(interpreter, "inference", err);
    fetch_outputs(p, interpreter, request);
    return DLI_DONE;
}

void run_request_release(struct dli_context *ctx, struct dli_request *request)
{
    const struct priv *p = ctx->priv;
    struct interpreter *own = request->priv;
    if (own)
        interpreter_release(own, &p->api);
    free(own);
    request->priv = NULL;
}
