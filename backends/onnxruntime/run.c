// Requests: tensors wrap the core's buffers once; a run only hands them over.
#include <stdlib.h>
#include <string.h>

#include "onnxruntime.h"

/** What belongs to one request. */
struct slot {
    struct priv *context;
    struct dli_request *request;
    OrtIoBinding *binding; /**< NULL: Run with the arrays below */
    bool is_async;         /**< RunAsync */
    int dynamic_count;
    int dynamic[DLI_MAX_IO]; /**< outputs that ONNX Runtime allocates at every inference */
    const char *input_name[DLI_MAX_IO];
    const char *output_name[DLI_MAX_IO];
    OrtValue *input[DLI_MAX_IO];
    OrtValue *output[DLI_MAX_IO];
};

// A model that says nothing about an output's shape looks like one with a scalar output.
static bool is_open(const struct dli_tensor_desc *desc)
{
    if (desc->rank == 0)
        return true;
    for (int i = 0; i < desc->rank; i++) {
        if (desc->dim[i] < 0)
            return true;
    }
    return false;
}

enum run_call run_call(const struct dli_context *ctx)
{
    const struct priv *p = ctx->priv;
    // RunAsync takes no binding; a binding cannot give an open output back without allocating.
    bool is_bindable = p->is_binding;
    for (int i = 0; i < p->io.output_count; i++)
        is_bindable = is_bindable && !is_open(&p->io.output[i]);
    if (p->is_run_async && ctx->settings->is_async)
        return CALL_RUN_ASYNC;
    return is_bindable ? CALL_BINDING : CALL_RUN;
}

static int wrap(OrtValue **out, const struct priv *p, const struct dli_tensor *tensor,
                struct dli_error *err)
{
    const OrtApi *api = p->library.api;
    OrtStatus *status = api->CreateTensorWithDataAsOrtValue(
        p->memory, tensor->data, tensor->bytes, tensor->desc.dim, (size_t)tensor->desc.rank,
        ort_type_of(tensor->desc.type), out);
    return status ? ort_failed(api, status, err, DLI_E_RUNTIME, tensor->desc.name) : DLI_OK;
}

static int bind_all(struct slot *slot, struct dli_error *err)
{
    const struct priv *p = slot->context;
    const OrtApi *api = p->library.api;
    OrtStatus *status = api->CreateIoBinding(p->session, &slot->binding);
    for (int i = 0; !status && i < slot->request->input_count; i++)
        status = api->BindInput(slot->binding, slot->input_name[i], slot->input[i]);
    for (int i = 0; !status && i < slot->request->output_count; i++)
        status = api->BindOutput(slot->binding, slot->output_name[i], slot->output[i]);
    return status ? ort_failed(api, status, err, DLI_E_RUNTIME, "binding inputs and outputs") : 0;
}

int run_request_init(struct dli_context *ctx, struct dli_request *request, struct dli_error *err)
{
    struct priv *p = ctx->priv;
    struct slot *slot = calloc(1, sizeof(*slot));
    int rc = DLI_OK;
    if (!slot)
        return dli_fail(err, DLI_E_NOMEM, "no memory for a request");
    slot->context = p;
    slot->request = request;
    slot->is_async = run_call(ctx) == CALL_RUN_ASYNC;
    request->priv = slot;
    request->device_ns = -1;
    for (int i = 0; rc == DLI_OK && i < request->input_count; i++) {
        slot->input_name[i] = p->io.input[i].name;
        rc = wrap(&slot->input[i], p, &request->input[i], err);
    }
    for (int i = 0; rc == DLI_OK && i < request->output_count; i++) {
        slot->output_name[i] = p->io.output[i].name;
        if (is_open(&p->io.output[i]))
            slot->dynamic[slot->dynamic_count++] = i;
        else
            rc = wrap(&slot->output[i], p, &request->output[i], err);
    }
    if (rc == DLI_OK && run_call(ctx) == CALL_BINDING)
        rc = bind_all(slot, err);
    return rc;
}

/** Lets go of the outputs that the last run allocated. */
static void drop_dynamic(struct slot *slot)
{
    for (int i = 0; i < slot->dynamic_count; i++) {
        OrtValue **value = &slot->output[slot->dynamic[i]];
        if (*value)
            slot->context->library.api->ReleaseValue(*value);
        *value = NULL;
    }
}

static int fetch_dynamic(struct slot *slot, int index, struct dli_error *err)
{
    const OrtApi *api = slot->context->library.api;
    struct dli_tensor *out = &slot->request->output[index];
    OrtTensorTypeAndShapeInfo *info = NULL;
    size_t rank = 0;
    int rc = DLI_OK;
    OrtStatus *status = api->GetTensorTypeAndShape(slot->output[index], &info);
    if (!status)
        status = api->GetDimensionsCount(info, &rank);
    if (!status && rank > DLI_MAX_RANK)
        rc = dli_fail(err, DLI_E_UNSUPPORTED, "output '%s' has %zu dimensions", out->desc.name,
                      rank);
    else if (!status)
        status = api->GetDimensions(info, out->desc.dim, rank);
    if (!status)
        status = api->GetTensorMutableData(slot->output[index], &out->data);
    if (info)
        api->ReleaseTensorTypeAndShapeInfo(info);
    if (status)
        return ort_failed(api, status, err, DLI_E_RUNTIME, "output of open shape");
    out->desc.rank = (int)rank;
    return rc ? rc : dli_tensor_bytes(&out->bytes, &out->desc, err);
}

static int fetch_all_dynamic(struct slot *slot, struct dli_error *err)
{
    for (int i = 0; i < slot->dynamic_count; i++) {
        int rc = fetch_dynamic(slot, slot->dynamic[i], err);
        if (rc)
            return rc;
    }
    return DLI_OK;
}

// On a thread of ONNX Runtime's pool.
static void ORT_API_CALL finished(void *data, OrtValue **outputs, size_t count, OrtStatus *status)
{
    struct slot *slot = data;
    int rc = DLI_OK;
    (void)outputs;
    (void)count;
    if (status)
        rc = ort_failed(slot->context->library.api, status, NULL, DLI_E_RUNTIME, "inference");
    else if (slot->dynamic_count > 0)
        rc = fetch_all_dynamic(slot, NULL);
    slot->context->host->complete(slot->request, rc);
}

int run_submit(struct dli_context *ctx, struct dli_request *request, struct dli_error *err)
{
    struct slot *slot = request->priv;
    (void)ctx;
    const struct priv *p = slot->context;
    const OrtApi *api = p->library.api;
    OrtStatus *status;
    if (slot->binding) {
        status = api->RunWithBinding(p->session, NULL, slot->binding);
        return status ? ort_failed(api, status, err, DLI_E_RUNTIME, "inference") : DLI_DONE;
    }
    drop_dynamic(slot);
    const OrtValue *const *inputs = (const OrtValue *const *)slot->input;
    if (slot->is_async) {
        status = api->RunAsync(p->session, NULL, slot->input_name, inputs,
                               (size_t)request->input_count, slot->output_name,
                               (size_t)request->output_count, slot->output, finished, slot);
        return status ? ort_failed(api, status, err, DLI_E_RUNTIME, "starting an inference")
                      : DLI_PENDING;
    }
    status = api->Run(p->session, NULL, slot->input_name, inputs, (size_t)request->input_count,
                      slot->output_name, (size_t)request->output_count, slot->output);
    if (status)
        return ort_failed(api, status, err, DLI_E_RUNTIME, "inference");
    int rc = slot->dynamic_count > 0 ? fetch_all_dynamic(slot, err) : DLI_OK;
    return rc ? rc : DLI_DONE;
}

void run_request_release(struct dli_context *ctx, struct dli_request *request)
{
    struct slot *slot = request->priv;
    (void)ctx;
    if (!slot)
        return;
    const OrtApi *api = slot->context->library.api;
    if (slot->binding)
        api->ReleaseIoBinding(slot->binding);
    for (int i = 0; i < DLI_MAX_IO; i++) {
        if (slot->input[i])
            api->ReleaseValue(slot->input[i]);
        if (slot->output[i])
            api->ReleaseValue(slot->output[i]);
    }
    free(slot);
    request->priv = NULL;
}
