// Requests: made once, bound once, run many times. Nothing is allocated per inference, except by
// OpenVINO itself for outputs whose shape only the inference decides.
#include <stdlib.h>
#include <string.h>

#include "openvino.h"

/** What belongs to one request. OpenVINO keeps a pointer to `callback`: it lives as long as
 * `infer`. */
struct slot {
    struct slot *next;
    struct priv *context;
    struct dli_request *request;
    ov_infer_request_t *infer;
    ov_callback_t callback;
    bool has_started; /**< start_async was called since the last drain */
    int dynamic_count;
    int dynamic[DLI_MAX_IO]; /**< outputs whose shape is asked for after every inference */
    ov_tensor_t *input[DLI_MAX_IO];
    ov_tensor_t *output[DLI_MAX_IO];
};

static bool is_open(const struct dli_tensor_desc *desc)
{
    for (int i = 0; i < desc->rank; i++) {
        if (desc->dim[i] < 0)
            return true;
    }
    return false;
}

static int wrap_memory(ov_tensor_t **out, const struct dli_tensor *tensor, struct dli_error *err)
{
    ov_shape_t shape = {0};
    if (ov_shape_create(tensor->desc.rank, tensor->desc.dim, &shape) != OK)
        return ov_failed(err, DLI_E_RUNTIME, "shape of a tensor");
    ov_status_e status =
        ov_tensor_create_from_host_ptr(ov_type_of(tensor->desc.type), shape, tensor->data, out);
    ov_shape_free(&shape);
    return status == OK ? DLI_OK : ov_failed(err, DLI_E_RUNTIME, "tensor over the core's memory");
}

static int bind(struct slot *slot, struct dli_tensor *tensor, bool is_input, size_t i,
                struct dli_error *err)
{
    ov_tensor_t **kept = is_input ? &slot->input[i] : &slot->output[i];
    size_t bytes = 0;
    if (slot->context->tensors == TENSORS_CORE) {
        int rc = wrap_memory(kept, tensor, err);
        if (rc)
            return rc;
        ov_status_e status =
            is_input ? ov_infer_request_set_input_tensor_by_index(slot->infer, i, *kept)
                     : ov_infer_request_set_output_tensor_by_index(slot->infer, i, *kept);
        return status == OK ? DLI_OK : ov_failed(err, DLI_E_RUNTIME, "binding a tensor");
    }
    ov_status_e status = is_input
                             ? ov_infer_request_get_input_tensor_by_index(slot->infer, i, kept)
                             : ov_infer_request_get_output_tensor_by_index(slot->infer, i, kept);
    if (status != OK || ov_tensor_get_byte_size(*kept, &bytes) != OK)
        return ov_failed(err, DLI_E_RUNTIME, "OpenVINO's tensor");
    if (bytes != tensor->bytes)
        return dli_fail(err, DLI_E_PROTOCOL, "'%s' has %zu bytes in OpenVINO and %zu in the core",
                        tensor->desc.name, bytes, tensor->bytes);
    if (ov_tensor_data(*kept, &tensor->data) != OK)
        return ov_failed(err, DLI_E_RUNTIME, "memory of OpenVINO's tensor");
    return DLI_OK;
}

/** Fetches shape and memory of an output that the inference has just shaped. */
static int fetch_dynamic(struct slot *slot, int index, struct dli_error *err)
{
    struct dli_tensor *out = &slot->request->output[index];
    ov_tensor_t **kept = &slot->output[index];
    ov_shape_t shape = {0};
    ov_tensor_free(*kept);
    *kept = NULL;
    if (ov_infer_request_get_output_tensor_by_index(slot->infer, (size_t)index, kept) != OK ||
        ov_tensor_get_shape(*kept, &shape) != OK)
        return ov_failed(err, DLI_E_RUNTIME, "output of open shape");
    int rc = DLI_OK;
    if (shape.rank > DLI_MAX_RANK)
        rc = dli_fail(err, DLI_E_UNSUPPORTED, "output '%s' has %lld dimensions", out->desc.name,
                      (long long)shape.rank);
    out->desc.rank = rc ? 0 : (int)shape.rank;
    memcpy(out->desc.dim, shape.dims, (size_t)out->desc.rank * sizeof(out->desc.dim[0]));
    ov_shape_free(&shape);
    if (rc == DLI_OK && (ov_tensor_get_byte_size(*kept, &out->bytes) != OK ||
                         (out->bytes > 0 && ov_tensor_data(*kept, &out->data) != OK)))
        rc = ov_failed(err, DLI_E_RUNTIME, "memory of an output of open shape");
    return rc;
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

// On a thread of OpenVINO. The C API does not tell whether the inference failed; drain asks.
static void OPENVINO_C_API_CALLBACK finished(void *data)
{
    struct slot *slot = data;
    int rc = slot->dynamic_count > 0 ? fetch_all_dynamic(slot, NULL) : DLI_OK;
    slot->context->host->complete(slot->request, rc);
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
    slot->next = p->slots;
    p->slots = slot;
    request->priv = slot;
    request->device_ns = -1;
    if (ov_compiled_model_create_infer_request(p->compiled, &slot->infer) != OK)
        return ov_failed(err, DLI_E_RUNTIME, "making an inference request");
    for (int i = 0; rc == DLI_OK && i < request->input_count; i++)
        rc = bind(slot, &request->input[i], true, (size_t)i, err);
    for (int i = 0; rc == DLI_OK && i < request->output_count; i++) {
        if (is_open(&p->io.output[i]))
            slot->dynamic[slot->dynamic_count++] = i;
        else
            rc = bind(slot, &request->output[i], false, (size_t)i, err);
    }
    slot->callback = (ov_callback_t){.callback_func = finished, .args = slot};
    if (rc == DLI_OK && p->is_async &&
        ov_infer_request_set_callback(slot->infer, &slot->callback) != OK)
        rc = ov_failed(err, DLI_E_RUNTIME, "setting the callback");
    return rc;
}

int run_submit(struct dli_context *ctx, struct dli_request *request, struct dli_error *err)
{
    struct slot *slot = request->priv;
    (void)ctx;
    if (slot->context->is_async) {
        slot->has_started = true;
        ov_status_e status = ov_infer_request_start_async(slot->infer);
        if (status == OK)
            return DLI_PENDING;
        return status == REQUEST_BUSY ? DLI_BUSY
                                      : ov_failed(err, DLI_E_RUNTIME, "starting an inference");
    }
    if (ov_infer_request_infer(slot->infer) != OK)
        return ov_failed(err, DLI_E_RUNTIME, "inference");
    int rc = slot->dynamic_count > 0 ? fetch_all_dynamic(slot, err) : DLI_OK;
    return rc ? rc : DLI_DONE;
}

int run_drain(struct dli_context *ctx, struct dli_error *err)
{
    struct priv *p = ctx->priv;
    int rc = DLI_OK;
    for (struct slot *slot = p->slots; slot; slot = slot->next) {
        if (!slot->has_started)
            continue;
        slot->has_started = false;
        if (ov_infer_request_wait(slot->infer) != OK && rc == DLI_OK)
            rc = ov_failed(err, DLI_E_RUNTIME, "an asynchronous inference");
    }
    return rc;
}

void run_request_release(struct dli_context *ctx, struct dli_request *request)
{
    struct priv *p = ctx->priv;
    struct slot *slot = request->priv;
    if (!slot)
        return;
    for (struct slot **at = &p->slots; *at; at = &(*at)->next) {
        if (*at == slot) {
            *at = slot->next;
            break;
        }
    }
    // The callback must not find a slot that is gone.
    if (slot->infer && slot->has_started)
        (void)ov_infer_request_wait(slot->infer);
    for (int i = 0; i < DLI_MAX_IO; i++) {
        ov_tensor_free(slot->input[i]);
        ov_tensor_free(slot->output[i]);
    }
    ov_infer_request_free(slot->infer);
    free(slot);
    request->priv = NULL;
}
