// Requests: tensors that stay, and runs of the session.
#include <stdlib.h>
#include <string.h>

#include "tensorflow.h"

/** What one request keeps: inputs that TensorFlow allocated, and the outputs of its last run. */
struct tensors {
    TF_Status *status;
    TF_Tensor *input[DLI_MAX_IO];
    TF_Tensor *output[DLI_MAX_IO];
};

static void drop(TF_Tensor **tensor)
{
    if (*tensor)
        TF_DeleteTensor(*tensor);
    *tensor = NULL;
}

static void tensors_release(struct tensors *t)
{
    for (int i = 0; i < DLI_MAX_IO; i++) {
        drop(&t->input[i]);
        drop(&t->output[i]);
    }
    if (t->status)
        TF_DeleteStatus(t->status);
    memset(t, 0, sizeof(*t));
}

static int tensors_init(struct tensors *t, const struct priv *p, struct dli_error *err)
{
    memset(t, 0, sizeof(*t));
    t->status = TF_NewStatus();
    for (int i = 0; i < p->io.input_count; i++) {
        const struct dli_tensor_desc *desc = &p->io.input[i];
        size_t bytes;
        int rc = dli_tensor_bytes(&bytes, desc, err);
        if (rc)
            return rc;
        t->input[i] = TF_AllocateTensor(tf_type(desc->type), desc->dim, desc->rank, bytes);
        if (!t->input[i])
            return dli_fail(err, DLI_E_NOMEM, "no memory for %zu bytes of '%s'", bytes, desc->name);
        memset(TF_TensorData(t->input[i]), 0, bytes);
    }
    return DLI_OK;
}

static int run(const struct priv *p, struct tensors *t, struct dli_error *err)
{
    // TensorFlow makes new outputs with every run; those before live until here.
    for (int i = 0; i < p->io.output_count; i++)
        drop(&t->output[i]);
    TF_SessionRun(p->session, NULL, p->input, t->input, p->io.input_count, p->output, t->output,
                  p->io.output_count, NULL, 0, NULL, t->status);
    return TF_GetCode(t->status) == TF_OK ? DLI_OK : tf_check(t->status, "inference", err);
}

static int copy_shape(struct dli_tensor_desc *out, const TF_Tensor *tensor, struct dli_error *err)
{
    if (TF_NumDims(tensor) > DLI_MAX_RANK)
        return dli_fail(err, DLI_E_UNSUPPORTED, "output '%s' has %d dimensions", out->name,
                        TF_NumDims(tensor));
    out->rank = TF_NumDims(tensor);
    for (int d = 0; d < out->rank; d++)
        out->dim[d] = TF_Dim(tensor, d);
    return DLI_OK;
}

int run_learn_shapes(struct priv *p, struct dli_error *err)
{
    struct tensors t;
    int rc = tensors_init(&t, p, err);
    if (!rc)
        rc = run(p, &t, err);
    for (int i = 0; i < p->io.output_count && !rc; i++)
        rc = copy_shape(&p->io.output[i], t.output[i], err);
    tensors_release(&t);
    return rc;
}

// The request's inputs are TensorFlow's own tensors, so that copying in is one copy.
int run_request_init(struct dli_context *ctx, struct dli_request *request, struct dli_error *err)
{
    struct tensors *t = calloc(1, sizeof(*t));
    request->priv = t;
    if (!t)
        return dli_fail(err, DLI_E_NOMEM, "no memory for a request");
    int rc = tensors_init(t, ctx->priv, err);
    for (int i = 0; i < request->input_count && !rc; i++) {
        if (TF_TensorByteSize(t->input[i]) != request->input[i].bytes)
            return dli_fail(err, DLI_E_MISMATCH, "input %d has %zu bytes, not %zu", i,
                            TF_TensorByteSize(t->input[i]), request->input[i].bytes);
        memcpy(TF_TensorData(t->input[i]), request->input[i].data, request->input[i].bytes);
        request->input[i].data = TF_TensorData(t->input[i]);
    }
    return rc;
}

int run_submit(struct dli_context *ctx, struct dli_request *request, struct dli_error *err)
{
    struct tensors *t = request->priv;
    int rc = run(ctx->priv, t, err);
    for (int i = 0; i < request->output_count && !rc; i++) {
        request->output[i].data = TF_TensorData(t->output[i]);
        request->output[i].bytes = TF_TensorByteSize(t->output[i]);
        rc = copy_shape(&request->output[i].desc, t->output[i], err);
    }
    return rc ? rc : DLI_DONE;
}

void run_request_release(struct dli_context *ctx, struct dli_request *request)
{
    (void)ctx;
    if (request->priv)
        tensors_release(request->priv);
    free(request->priv);
    request->priv = NULL;
}
