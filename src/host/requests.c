// Requests and the buffers behind their tensors.
#include <stdlib.h>

#include "host/context.h"

void *host_buffer(size_t bytes)
{
    size_t rounded = (bytes + 63) / 64 * 64;
    void *memory = aligned_alloc(64, rounded ? rounded : 64);
    if (memory)
        memset(memory, 0, rounded ? rounded : 64); // touches every page before anything is timed
    return memory;
}

// Memory for one tensor; an output whose shape is still open gets none, as request.h says.
static int attach(struct host_requests *r, struct dli_tensor *tensor,
                  const struct dli_tensor_desc *desc, bool is_output, struct dli_error *err)
{
    tensor->desc = *desc;
    for (int i = 0; is_output && i < desc->rank; i++)
        if (desc->dim[i] == DLI_DYNAMIC)
            return DLI_OK;
    int result = dli_tensor_bytes(&tensor->bytes, desc, err);
    if (result != DLI_OK)
        return result;
    tensor->data = host_buffer(tensor->bytes);
    if (!tensor->data)
        return dli_fail(err, DLI_E_NOMEM, "no memory for %zu bytes of '%s'", tensor->bytes,
                        desc->name);
    r->memory[r->memory_count++] = tensor->data;
    return DLI_OK;
}

static int open_request(struct host_requests *r, struct dli_request *request, struct dli_error *err)
{
    const struct dli_io *io = &r->context->io;
    const struct dli_backend *backend = r->context->backend;
    int result = DLI_OK;
    request->input_count = io->input_count;
    request->output_count = io->output_count;
    request->input = xcalloc((size_t)io->input_count, sizeof(*request->input));
    request->output = xcalloc((size_t)io->output_count, sizeof(*request->output));
    request->device_ns = -1;
    for (int i = 0; i < io->input_count && result == DLI_OK; i++)
        result = attach(r, &request->input[i], &io->input[i], false, err);
    for (int i = 0; i < io->output_count && result == DLI_OK; i++)
        result = attach(r, &request->output[i], &io->output[i], true, err);
    if (result == DLI_OK && backend->request_init)
        result = backend->request_init(&r->context->context, request, err);
    return result;
}

int host_requests_open(struct host_requests *out, struct host_context *c, int count,
                       struct dli_error *err)
{
    int result = DLI_OK;
    memset(out, 0, sizeof(*out));
    out->context = c;
    out->request = xcalloc((size_t)count, sizeof(*out->request));
    out->memory = xcalloc((size_t)count * 2 * DLI_MAX_IO, sizeof(*out->memory));
    for (int i = 0; i < count && result == DLI_OK; i++) {
        out->request[i].index = i;
        out->count++;
        result = open_request(out, &out->request[i], err);
    }
    return result;
}

void host_requests_close(struct host_requests *r)
{
    for (int i = 0; i < r->count; i++) {
        struct dli_request *request = &r->request[i];
        if (r->context->backend->request_release)
            r->context->backend->request_release(&r->context->context, request);
        free(request->input);
        free(request->output);
    }
    for (int i = 0; i < r->memory_count; i++)
        free(r->memory[i]);
    free(r->memory);
    free(r->request);
    memset(r, 0, sizeof(*r));
}
