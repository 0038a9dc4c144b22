#include "zoo/build_core.h"

const char *build_name(struct graph *g, const char *format, ...)
{
    char text[DLI_MAX_NAME];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return arena_strdup(&g->arena, text);
}

void build_fail(struct graph *g, const char *format, ...)
{
    char text[200];
    va_list args;
    if (g->error.code)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    dli_fail(&g->error, DLI_E_ARG, "%s: %s", g->name, text);
}

void build_training_head(struct graph *g, const struct graph *head)
{
    struct graph_counts counts = graph_count(head);
    if (head->error.code && !g->error.code)
        g->error = head->error;
    g->training_trainable += counts.trainable;
    g->training_total += counts.total;
}

int graph_finish(struct graph *g, struct dli_error *err)
{
    if (!g->error.code && g->output_count == 0)
        build_fail(g, "the network has no output");
    if (!g->error.code)
        return DLI_OK;
    if (err)
        *err = g->error;
    return g->error.code;
}

struct graph_value *core_value(struct graph *g, const char *name, enum dli_type type, int rank,
                               const int64_t *dim)
{
    int64_t elements = 1;
    if (g->error.code)
        return NULL;
    if (rank > DLI_MAX_RANK) {
        build_fail(g, "layer '%s' would have %d dimensions, more than %d", name, rank, DLI_MAX_RANK);
        return NULL;
    }
    for (int i = 0; i < rank; i++) {
        if (dim[i] < 1) {
            build_fail(g, "layer '%s' would have size %lld in dimension %d: the input is too small",
                       name, (long long)dim[i], i);
            return NULL;
        }
        if (dim[i] > GRAPH_MAX_ELEMENTS / elements) {
            build_fail(g, "layer '%s' would be larger than any machine's memory", name);
            return NULL;
        }
        elements *= dim[i];
    }
    struct graph_value *value = arena_alloc(&g->arena, sizeof(*value));
    value->name = arena_strdup(&g->arena, name);
    value->index = g->value_count++;
    value->type = type;
    value->rank = rank;
    value->producer = -1;
    memcpy(value->dim, dim, sizeof(*dim) * (size_t)rank);
    return value;
}

static struct graph_value *add_weight(struct graph *g, const char *name, const char *suffix,
                                      enum dli_type type, int rank, const int64_t *dim)
{
    struct graph_value *value =
        core_value(g, build_name(g, "%s.%s", name, suffix), type, rank, dim);
    if (!value)
        return NULL;
    value->weight = arena_alloc(&g->arena, sizeof(*value->weight));
    if (g->last_weight)
        g->last_weight->next = value;
    else
        g->first_weight = value;
    g->last_weight = value;
    g->weight_count++;
    return value;
}

struct graph_value *core_weight(struct graph *g, const char *name, const char *suffix, int rank,
                                const int64_t *dim, struct weight kind)
{
    struct graph_value *value = add_weight(g, name, suffix, DLI_F32, rank, dim);
    if (!value)
        return NULL;
    *value->weight = kind;
    return value;
}

struct graph_value *core_constant(struct graph *g, const char *name, const char *suffix,
                                  enum dli_type type, int count, const double *values)
{
    int64_t dim[1] = {count};
    struct graph_value *value = add_weight(g, name, suffix, type, count ? 1 : 0, dim);
    if (!value)
        return NULL;
    size_t bytes = sizeof(*values) * (size_t)(count ? count : 1);
    value->weight->role = WEIGHT_CONSTANT;
    value->weight->values = memcpy(arena_alloc(&g->arena, bytes), values, bytes);
    return value;
}

struct graph_value *core_node(struct graph *g, enum graph_op op,
                              const struct graph_attributes *attribute, struct graph_value *output,
                              struct graph_value *const *input, int input_count)
{
    if (g->error.code || !output)
        return NULL;
    struct graph_node *node = arena_alloc(&g->arena, sizeof(*node));
    node->op = op;
    node->name = output->name;
    node->output = output;
    node->input = arena_alloc(&g->arena, (size_t)input_count * sizeof(*node->input));
    for (int i = 0; i < input_count && input[i]; i++) {
        node->input[node->input_count++] = input[i];
        input[i]->use_count++;
    }
    if (attribute)
        node->attribute = *attribute;
    output->producer = g->node_count++;
    if (g->last_node)
        g->last_node->next = node;
    else
        g->first_node = node;
    g->last_node = node;
    return output;
}

struct graph_value *core_unary(struct graph *g, enum graph_op op,
                               const struct graph_attributes *attribute, struct graph_value *x,
                               const char *name)
{
    if (!x)
        return NULL;
    return core_node(g, op, attribute, core_value(g, name, x->type, x->rank, x->dim), &x, 1);
}

struct graph_value *build_input(struct graph *g, const char *name, int rank, const int64_t *dim)
{
    if (g->input_count == DLI_MAX_IO) {
        build_fail(g, "more than %d inputs", DLI_MAX_IO);
        return NULL;
    }
    struct graph_value *value = core_value(g, name, DLI_F32, rank, dim);
    if (value)
        g->input[g->input_count++] = value;
    return value;
}

struct graph_value *build_image(struct graph *g, int64_t batch, int64_t channels, int64_t height,
                                int64_t width)
{
    int64_t dim[4] = {batch, channels, height, width};
    return build_input(g, "data", 4, dim);
}

void build_output(struct graph *g, struct graph_value *x, const char *name)
{
    if (g->error.code || !x)
        return;
    if (g->output_count == DLI_MAX_IO) {
        build_fail(g, "more than %d outputs", DLI_MAX_IO);
        return;
    }
    if (x->producer < 0) {
        build_fail(g, "output '%s' is no result of a layer", name);
        return;
    }
    x->name = arena_strdup(&g->arena, name);
    x->use_count++;
    g->output[g->output_count++] = x;
}
