// Arithmetic between tensors, and what only moves data.
#include <math.h>

#include "zoo/build_core.h"

// Shapes aligned at their ends; a dimension of 1 stretches, as in NumPy and ONNX.
static struct graph_value *broadcast(struct graph *g, enum graph_op op, struct graph_value *a,
                                     struct graph_value *b, const char *name)
{
    int64_t dim[DLI_MAX_RANK] = {0};
    if (!a || !b)
        return NULL;
    int rank = a->rank > b->rank ? a->rank : b->rank;
    for (int i = 1; i <= rank; i++) {
        int64_t x = i <= a->rank ? a->dim[a->rank - i] : 1;
        int64_t y = i <= b->rank ? b->dim[b->rank - i] : 1;
        if (x != y && x != 1 && y != 1) {
            build_fail(g, "layer '%s': shapes do not fit (%lld and %lld from the end, position %d)",
                       name, (long long)x, (long long)y, i);
            return NULL;
        }
        dim[rank - i] = x > y ? x : y;
    }
    struct graph_value *input[2] = {a, b};
    return core_node(g, op, NULL, core_value(g, name, DLI_F32, rank, dim), input, 2);
}

struct graph_value *build_add(struct graph *g, struct graph_value *a, struct graph_value *b,
                              const char *name)
{
    return broadcast(g, OP_ADD, a, b, name);
}

struct graph_value *build_mul(struct graph *g, struct graph_value *a, struct graph_value *b,
                              const char *name)
{
    return broadcast(g, OP_MUL, a, b, name);
}

struct graph_value *build_scale(struct graph *g, struct graph_value *x, const char *name,
                                double factor)
{
    return build_mul(g, x, core_constant(g, name, "factor", DLI_F32, 0, &factor), name);
}

struct graph_value *build_concat(struct graph *g, struct graph_value *const *x, int count,
                                 int64_t axis, const char *name)
{
    int64_t dim[DLI_MAX_RANK];
    if (count < 1 || count > GRAPH_MAX_NODE_INPUTS || !x[0])
        return NULL;
    memcpy(dim, x[0]->dim, sizeof(dim));
    for (int i = 1; i < count; i++) {
        if (!x[i])
            return NULL;
        for (int k = 0; k < x[0]->rank; k++)
            if (x[i]->rank != x[0]->rank || (k != axis && x[i]->dim[k] != x[0]->dim[k])) {
                build_fail(g, "layer '%s': input %d does not fit the others", name, i);
                return NULL;
            }
        dim[axis] += x[i]->dim[axis];
    }
    struct graph_attributes a = {.axis = axis};
    return core_node(g, OP_CONCAT, &a, core_value(g, name, DLI_F32, x[0]->rank, dim), x, count);
}

struct graph_value *build_slice(struct graph *g, struct graph_value *x, const char *name,
                                int64_t axis, int64_t start, int64_t end)
{
    int64_t dim[DLI_MAX_RANK];
    const double bounds[3] = {(double)start, (double)end, (double)axis};
    if (!x)
        return NULL;
    if (start < 0 || end > x->dim[axis]) {
        build_fail(g, "layer '%s': slice outside of its input", name);
        return NULL;
    }
    memcpy(dim, x->dim, sizeof(dim));
    dim[axis] = end - start;
    struct graph_value *input[4] = {x, core_constant(g, name, "start", DLI_I64, 1, &bounds[0]),
                                    core_constant(g, name, "end", DLI_I64, 1, &bounds[1]),
                                    core_constant(g, name, "axis", DLI_I64, 1, &bounds[2])};
    return core_node(g, OP_SLICE, NULL, core_value(g, name, DLI_F32, x->rank, dim), input, 4);
}

static struct graph_value *shape_constant(struct graph *g, const char *name, int rank,
                                          const int64_t *dim)
{
    double values[DLI_MAX_RANK];
    for (int i = 0; i < rank; i++)
        values[i] = (double)dim[i];
    return core_constant(g, name, "shape", DLI_I64, rank, values);
}

struct graph_value *build_reshape(struct graph *g, struct graph_value *x, const char *name,
                                  int rank, const int64_t *dim)
{
    if (!x)
        return NULL;
    struct graph_value *output = core_value(g, name, DLI_F32, rank, dim);
    if (output && graph_elements(output) != graph_elements(x)) {
        build_fail(g, "layer '%s': reshape changes the number of elements", name);
        return NULL;
    }
    struct graph_value *input[2] = {x, shape_constant(g, name, rank, dim)};
    return core_node(g, OP_RESHAPE, NULL, output, input, 2);
}

struct graph_value *build_flatten(struct graph *g, struct graph_value *x, const char *name)
{
    if (!x || x->rank == 2)
        return x;
    int64_t dim[2] = {x->dim[0], graph_elements(x) / x->dim[0]};
    return build_reshape(g, x, name, 2, dim);
}

struct graph_value *build_expand(struct graph *g, struct graph_value *x, const char *name, int rank,
                                 const int64_t *dim)
{
    if (!x)
        return NULL;
    struct graph_value *input[2] = {x, shape_constant(g, name, rank, dim)};
    return core_node(g, OP_EXPAND, NULL, core_value(g, name, DLI_F32, rank, dim), input, 2);
}

struct graph_value *build_transpose(struct graph *g, struct graph_value *x, const char *name,
                                    const int64_t *perm)
{
    struct graph_attributes a = {0};
    int64_t dim[DLI_MAX_RANK];
    if (!x)
        return NULL;
    for (int i = 0; i < x->rank; i++) {
        a.perm[i] = perm[i];
        dim[i] = x->dim[perm[i]];
    }
    return core_node(g, OP_TRANSPOSE, &a, core_value(g, name, DLI_F32, x->rank, dim), &x, 1);
}

struct graph_value *build_matmul(struct graph *g, struct graph_value *a, struct graph_value *b,
                                 const char *name)
{
    int64_t dim[DLI_MAX_RANK];
    if (!a || !b)
        return NULL;
    bool is_fitting = a->rank >= 2 && b->rank >= 2 && a->dim[a->rank - 1] == b->dim[b->rank - 2];
    for (int i = 0; is_fitting && b->rank > 2 && i < b->rank - 2; i++)
        is_fitting = a->rank == b->rank && a->dim[i] == b->dim[i];
    if (!is_fitting) {
        build_fail(g, "layer '%s': matrices do not fit", name);
        return NULL;
    }
    memcpy(dim, a->dim, sizeof(dim));
    dim[a->rank - 1] = b->dim[b->rank - 1];
    struct graph_value *input[2] = {a, b};
    return core_node(g, OP_MATMUL, NULL, core_value(g, name, DLI_F32, a->rank, dim), input, 2);
}

struct graph_value *build_softmax(struct graph *g, struct graph_value *x, const char *name,
                                  int64_t axis)
{
    struct graph_attributes a = {.axis = axis};
    return core_unary(g, OP_SOFTMAX, &a, x, name);
}

struct graph_value *build_gather(struct graph *g, struct graph_value *x, const char *name,
                                 int64_t axis, int64_t index)
{
    const double where = (double)index;
    int64_t dim[DLI_MAX_RANK];
    int rank = 0;
    if (!x)
        return NULL;
    for (int i = 0; i < x->rank; i++)
        if (i != axis)
            dim[rank++] = x->dim[i];
    struct graph_attributes a = {.axis = axis};
    struct graph_value *input[2] = {x, core_constant(g, name, "index", DLI_I64, 0, &where)};
    return core_node(g, OP_GATHER, &a, core_value(g, name, DLI_F32, rank, dim), input, 2);
}

struct graph_value *build_embedding(struct graph *g, const char *name, int rank, const int64_t *dim,
                                    double bound)
{
    return core_weight(g, name, "table", rank, dim, core_uniform(WEIGHT_EMBEDDING, -bound, bound));
}

// Tokens x features -> heads: N x tokens x (heads * size) into N x heads x tokens x size (or size x
// tokens).
static struct graph_value *split_heads(struct graph *g, struct graph_value *x, const char *name,
                                       int64_t heads, bool is_key)
{
    static const int64_t perm[2][4] = {{0, 2, 1, 3}, {0, 2, 3, 1}};
    if (!x)
        return NULL;
    int64_t dim[4] = {x->dim[0], x->dim[1], heads, x->dim[2] / heads};
    x = build_reshape(g, x, build_name(g, "%s/split", name), 4, dim);
    return build_transpose(g, x, name, perm[is_key]);
}

// Vaswani et al., 2017 (arXiv:1706.03762), section 3.2.
struct graph_value *build_attention(struct graph *g, struct graph_value *x, const char *name,
                                    int64_t heads, double out_gain)
{
    static const int64_t back[4] = {0, 2, 1, 3};
    if (!x)
        return NULL;
    int64_t features = x->dim[2];
    if (features % heads) {
        build_fail(g, "attention '%s': %lld features do not divide into %lld heads", name,
                   (long long)features, (long long)heads);
        return NULL;
    }
    struct graph_value *joint =
        build_project(g, x, build_name(g, "%s/qkv", name), 3 * features, true, 1.0);
    struct graph_value *part[3];
    static const char *const parts[] = {"q", "k", "v"};
    for (int i = 0; i < 3; i++) {
        const char *own = build_name(g, "%s/%s", name, parts[i]);
        part[i] = build_slice(g, joint, build_name(g, "%s/slice", own), 2, i * features,
                              (i + 1) * features);
        part[i] = split_heads(g, part[i], own, heads, i == 1);
    }
    struct graph_value *score = build_matmul(g, part[0], part[1], build_name(g, "%s/score", name));
    score = build_scale(g, score, build_name(g, "%s/scaled", name),
                        1.0 / sqrt((double)features / (double)heads));
    score = build_softmax(g, score, build_name(g, "%s/softmax", name), -1);
    struct graph_value *y = build_matmul(g, score, part[2], build_name(g, "%s/mix", name));
    y = build_transpose(g, y, build_name(g, "%s/merge", name), back);
    y = build_reshape(g, y, build_name(g, "%s/join", name), 3, x->dim);
    return build_project(g, y, build_name(g, "%s/out", name), features, true, out_gain);
}
