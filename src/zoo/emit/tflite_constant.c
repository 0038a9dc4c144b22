// Values of a lowered graph's constants, in the order of their tensors.
#include <stdlib.h>

#include "zoo/emit/tflite.h"

int64_t lite_elements(const struct lite_tensor *tensor)
{
    int64_t count = 1;
    for (int i = 0; i < tensor->rank; i++)
        count *= tensor->dim[i];
    return count;
}

bool lite_is_constant(const struct lite_tensor *tensor)
{
    return tensor->weight || tensor->values;
}

// Values of a weight in the order of the tensor: its dimensions permuted, scaled by the first.
static void permute(float *to, const float *from, const struct lite_tensor *tensor)
{
    const struct graph_value *weight = tensor->weight;
    int64_t stride[DLI_MAX_RANK], at[DLI_MAX_RANK] = {0};
    int64_t count = graph_elements(weight),
            per_first = weight->rank > 0 ? count / weight->dim[0] : count;
    int64_t step = 1, place = 0;
    for (int i = weight->rank - 1; i >= 0; i--) {
        stride[i] = step;
        step *= weight->dim[i];
    }
    for (int64_t k = 0; k < count; k++) {
        to[k] = tensor->scale ? from[place] * tensor->scale[place / per_first] : from[place];
        for (int i = weight->rank - 1; i >= 0; i--) {
            int source = tensor->perm[i];
            place += stride[source];
            if (++at[i] < weight->dim[source])
                break;
            place -= stride[source] * weight->dim[source];
            at[i] = 0;
        }
    }
}

static int write_weight(const struct lite *l, const struct lite_tensor *tensor, emit_write_fn write,
                        void *sink)
{
    int64_t count = graph_elements(tensor->weight);
    float *memory = malloc((size_t)count * 2 * sizeof(*memory));
    if (!memory)
        return dli_fail(l->err, DLI_E_NOMEM, "no memory for '%s'", tensor->name);
    graph_fill_f32(l->graph, tensor->weight, memory, 0, count);
    permute(memory + count, memory, tensor);
    int result = write(memory + count, (size_t)count * sizeof(*memory), sink, l->err);
    free(memory);
    return result;
}

int lite_write_constant(const struct lite *l, const struct lite_tensor *tensor, emit_write_fn write,
                        void *sink)
{
    if (tensor->weight)
        return write_weight(l, tensor, write, sink);
    return write(tensor->values, (size_t)lite_elements(tensor) * 4, sink, l->err);
}
