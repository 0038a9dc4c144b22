// Every operator of the graph in layers of Caffe.
#include "zoo/emit/caffe.h"

static const char *in(const struct caffe *c, const struct graph_node *node, int i)
{
    return caffe_name(c, node->input[i]);
}

static const char *new_place(struct caffe *c, const struct graph_node *node)
{
    return caffe_place(c, node->output, NULL);
}

static void convolution(struct caffe *c, const struct graph_node *node)
{
    const struct graph_attributes *a = &node->attribute;
    bool has_bias = node->input_count > 2 && node->input[2];
    if (a->pad[0] != a->pad[2] || a->pad[1] != a->pad[3]) {
        caffe_refuse(c, node, "padding must be the same on both sides");
        return;
    }
    const char *name =
        caffe_begin(c, node->name, "Convolution", in(c, node, 0), new_place(c, node));
    strbuf_addf(&c->text, "  convolution_param {\n    num_output: %lld bias_term: %s group: %lld\n",
                (long long)node->output->dim[1], has_bias ? "true" : "false", (long long)a->group);
    strbuf_addf(
        &c->text,
        "    kernel_h: %lld kernel_w: %lld stride_h: %lld stride_w: %lld pad_h: %lld pad_w: %lld\n",
        (long long)a->kernel[0], (long long)a->kernel[1], (long long)a->stride[0],
        (long long)a->stride[1], (long long)a->pad[0], (long long)a->pad[1]);
    strbuf_addf(&c->text, "    dilation: %lld dilation: %lld\n  }\n", (long long)a->dilation[0],
                (long long)a->dilation[1]);
    caffe_end(c);
    struct caffe_layer *layer = caffe_weights(c, name, "Convolution");
    caffe_add_blob(layer, node->input[1]);
    if (has_bias)
        caffe_add_blob(layer, node->input[2]);
}

// Two layers, as published models have them: one normalises, one scales and shifts.
static void batch_norm(struct caffe *c, const struct graph_node *node)
{
    const char *from = in(c, node, 0), *to = caffe_place(c, node->output, node->input[0]);
    const char *name = caffe_begin(c, node->name, "BatchNorm", from, to);
    strbuf_addf(&c->text, "  batch_norm_param { use_global_stats: true eps: %.9g }\n",
                (double)node->attribute.epsilon);
    caffe_end(c);
    struct caffe_layer *layer = caffe_weights(c, name, "BatchNorm");
    caffe_add_blob(layer, node->input[3]);
    caffe_add_blob(layer, node->input[4]);
    caffe_add_blob(layer, NULL);
    const char *scale = caffe_part(c, node->name, "scale");
    caffe_simple(c, scale, "Scale", to, to, "  scale_param { bias_term: true }\n");
    layer = caffe_weights(c, scale, "Scale");
    caffe_add_blob(layer, node->input[1]);
    caffe_add_blob(layer, node->input[2]);
}

/** `bottom` cut to [start, start + size) of `axis`; what is cut off is silenced, else it would be
 * an output. */
static void cut(struct caffe *c, const char *bottom, const char *top, int axis, int64_t start,
                int64_t size, int64_t of)
{
    const char *before = start > 0 ? caffe_part(c, top, "before") : NULL;
    const char *behind = start + size < of ? caffe_part(c, top, "behind") : NULL;
    caffe_begin(c, caffe_part(c, top, "slice"), "Slice", bottom, before ? before : top);
    if (before)
        strbuf_addf(&c->text, "  top: \"%s\"\n", top);
    if (behind)
        strbuf_addf(&c->text, "  top: \"%s\"\n", behind);
    strbuf_addf(&c->text, "  slice_param { axis: %d", axis);
    if (before)
        strbuf_addf(&c->text, " slice_point: %lld", (long long)start);
    if (behind)
        strbuf_addf(&c->text, " slice_point: %lld", (long long)(start + size));
    strbuf_adds(&c->text, " }\n");
    caffe_end(c);
    for (int i = 0; i < 2; i++)
        if (i == 0 ? before : behind)
            caffe_simple(c, caffe_part(c, top, "silence"), "Silence", i == 0 ? before : behind,
                         NULL, "");
}

// src/caffe/layers/pooling_layer.cpp: sizes are rounded up, but no window starts behind the
// padding.
static int64_t caffe_pool_size(const struct graph_node *node, int i)
{
    const struct graph_attributes *a = &node->attribute;
    int64_t in_size = node->input[0]->dim[i + 2];
    int64_t size = (in_size + 2 * a->pad[i] - a->kernel[i] + a->stride[i] - 1) / a->stride[i] + 1;
    if (a->pad[i] > 0 && (size - 1) * a->stride[i] >= in_size + a->pad[i])
        size--;
    return size;
}

// Caffe divides by the pixels of the window that lie in the image or in its padding.
static bool can_average(const struct graph_node *node)
{
    const struct graph_attributes *a = &node->attribute;
    for (int i = 0; i < 2; i++) {
        int64_t end = (node->output->dim[i + 2] - 1) * a->stride[i] - a->pad[i] + a->kernel[i];
        bool hangs_over = end > node->input[0]->dim[i + 2] + a->pad[i];
        if (a->pad[i] > 0 && !a->count_include_pad)
            return false;
        if (hangs_over && a->count_include_pad)
            return false;
    }
    return true;
}

static void pool(struct caffe *c, const struct graph_node *node)
{
    const struct graph_attributes *a = &node->attribute;
    bool is_max = node->op == OP_MAX_POOL;
    int64_t size[2] = {caffe_pool_size(node, 0), caffe_pool_size(node, 1)};
    const int64_t *wanted = &node->output->dim[2];
    bool is_same_pad = a->pad[0] == a->pad[2] && a->pad[1] == a->pad[3];
    // Padding behind the last window that is used changes nothing of a maximum.
    if (!is_same_pad && !(is_max && size[0] >= wanted[0] && size[1] >= wanted[1])) {
        caffe_refuse(c, node, "padding must be the same on both sides");
        return;
    }
    if (size[0] < wanted[0] || size[1] < wanted[1] || a->pad[0] >= a->kernel[0] ||
        a->pad[1] >= a->kernel[1]) {
        caffe_refuse(c, node, "no such windows at the border");
        return;
    }
    if (!is_max && !can_average(node)) {
        caffe_refuse(c, node, "no average over windows that reach into this padding");
        return;
    }
    bool is_cut[2] = {size[0] > wanted[0], size[1] > wanted[1]};
    const char *to = new_place(c, node);
    const char *whole = is_cut[0] || is_cut[1] ? caffe_part(c, to, "whole") : to;
    caffe_begin(c, node->name, "Pooling", in(c, node, 0), whole);
    strbuf_addf(&c->text,
                "  pooling_param {\n    pool: %s kernel_h: %lld kernel_w: %lld stride_h: %lld "
                "stride_w: %lld",
                is_max ? "MAX" : "AVE", (long long)a->kernel[0], (long long)a->kernel[1],
                (long long)a->stride[0], (long long)a->stride[1]);
    strbuf_addf(&c->text, " pad_h: %lld pad_w: %lld\n  }\n", (long long)a->pad[0],
                (long long)a->pad[1]);
    caffe_end(c);
    const char *rows = is_cut[0] && is_cut[1] ? caffe_part(c, to, "rows") : to;
    if (is_cut[0])
        cut(c, whole, rows, 2, 0, wanted[0], size[0]);
    if (is_cut[1])
        cut(c, is_cut[0] ? rows : whole, to, 3, 0, wanted[1], size[1]);
}

/** y = scale x + shift. */
static void linear(struct caffe *c, const char *bottom, const char *top, double scale, double shift)
{
    caffe_begin(c, caffe_part(c, top, "power"), "Power", bottom, top);
    strbuf_addf(&c->text, "  power_param { scale: %.9g shift: %.9g }\n", scale, shift);
    caffe_end(c);
}

/** `array` cut at 0 below and at `high` above, in its place: high - relu(high - relu(x)). */
static void limit(struct caffe *c, const char *array, double high)
{
    for (int i = 0; i < 2; i++) {
        caffe_simple(c, caffe_part(c, array, "relu"), "ReLU", array, array, "");
        linear(c, array, array, -1, high);
    }
}

static void clip(struct caffe *c, const struct graph_node *node)
{
    double low = node->input[1]->weight->values[0], high = node->input[2]->weight->values[0];
    if (low != 0) {
        caffe_refuse(c, node, "only with 0 as lower limit");
        return;
    }
    const char *to = new_place(c, node);
    caffe_simple(c, caffe_part(c, to, "relu"), "ReLU", in(c, node, 0), to, "");
    linear(c, to, to, -1, high);
    caffe_simple(c, caffe_part(c, to, "relu"), "ReLU", to, to, "");
    linear(c, to, to, -1, high);
}

static void product_of(struct caffe *c, const char *name, const char *a, const char *b,
                       const char *top, const char *operation)
{
    caffe_begin(c, name, "Eltwise", a, NULL);
    strbuf_addf(&c->text, "  bottom: \"%s\"\n  top: \"%s\"\n  eltwise_param { operation: %s }\n", b,
                top, operation);
    caffe_end(c);
}

// max(0, min(1, alpha x + beta)), and that times x.
static void hard(struct caffe *c, const struct graph_node *node)
{
    bool is_swish = node->op == OP_HARD_SWISH;
    double alpha = is_swish ? 1.0 / 6 : node->attribute.alpha,
           beta = is_swish ? 0.5 : node->attribute.beta;
    const char *to = new_place(c, node), *gate = is_swish ? caffe_part(c, to, "gate") : to;
    linear(c, in(c, node, 0), gate, alpha, beta);
    limit(c, gate, 1);
    if (is_swish)
        product_of(c, node->name, in(c, node, 0), gate, to, "PROD");
}

static bool has_same_shape(const struct graph_value *a, const struct graph_value *b)
{
    return a->rank == b->rank && memcmp(a->dim, b->dim, sizeof(a->dim[0]) * (size_t)a->rank) == 0;
}

// Channels times a factor each: N x C x H x W by N x C x 1 x 1.
static bool is_gate(const struct graph_value *x, const struct graph_value *gate)
{
    return x->rank == 4 && gate->rank == 4 && gate->dim[0] == x->dim[0] &&
           gate->dim[1] == x->dim[1] && gate->dim[2] * gate->dim[3] == 1;
}

static void arithmetic(struct caffe *c, const struct graph_node *node)
{
    const struct graph_value *a = node->input[0], *b = node->input[1];
    bool is_product = node->op == OP_MUL;
    if (a->weight || b->weight) {
        caffe_refuse(c, node, "not with a constant");
        return;
    }
    if (has_same_shape(a, b)) {
        product_of(c, node->name, caffe_name(c, a), caffe_name(c, b), new_place(c, node),
                   is_product ? "PROD" : "SUM");
        return;
    }
    if (!is_product || (!is_gate(a, b) && !is_gate(b, a))) {
        caffe_refuse(c, node, "arrays of different shapes");
        return;
    }
    const struct graph_value *x = is_gate(a, b) ? a : b, *gate = is_gate(a, b) ? b : a;
    const char *to = new_place(c, node), *flat = caffe_part(c, to, "flat");
    caffe_simple(c, caffe_part(c, to, "flatten"), "Flatten", caffe_name(c, gate), flat, "");
    caffe_begin(c, node->name, "Scale", caffe_name(c, x), NULL);
    strbuf_addf(&c->text, "  bottom: \"%s\"\n  top: \"%s\"\n  scale_param { axis: 0 }\n", flat, to);
    caffe_end(c);
}

static void concat(struct caffe *c, const struct graph_node *node)
{
    caffe_begin(c, node->name, "Concat", NULL, NULL);
    for (int i = 0; i < node->input_count; i++)
        strbuf_addf(&c->text, "  bottom: \"%s\"\n", in(c, node, i));
    strbuf_addf(&c->text, "  top: \"%s\"\n  concat_param { axis: %lld }\n", new_place(c, node),
                (long long)node->attribute.axis);
    caffe_end(c);
}

static void slice(struct caffe *c, const struct graph_node *node)
{
    int axis = (int)node->input[3]->weight->values[0];
    int64_t start = (int64_t)node->input[1]->weight->values[0];
    cut(c, in(c, node, 0), new_place(c, node), axis, start, node->output->dim[axis],
        node->input[0]->dim[axis]);
}

static void reshape(struct caffe *c, const struct graph_node *node)
{
    caffe_begin(c, node->name, "Reshape", in(c, node, 0), new_place(c, node));
    strbuf_adds(&c->text, "  reshape_param { shape {");
    // 0 copies the input's, so that the network follows another number of samples.
    for (int d = 0; d < node->output->rank; d++)
        strbuf_addf(&c->text, " dim: %lld",
                    d == 0 && node->input[0]->dim[0] == node->output->dim[0]
                        ? 0
                        : (long long)node->output->dim[d]);
    strbuf_adds(&c->text, " } }\n");
    caffe_end(c);
}

// Over the last dimension, by a weight that lies as outputs x inputs or turned.
static void inner_product(struct caffe *c, const struct graph_node *node)
{
    const struct graph_value *weight = node->input[1];
    bool is_turned = !(node->op == OP_GEMM && node->attribute.transpose_b);
    bool has_bias = node->input_count > 2 && node->input[2];
    if (!weight->weight || weight->rank != 2) {
        caffe_refuse(c, node, "only with constant weights");
        return;
    }
    const char *name =
        caffe_begin(c, node->name, "InnerProduct", in(c, node, 0), new_place(c, node));
    strbuf_addf(&c->text,
                "  inner_product_param { num_output: %lld bias_term: %s axis: %d transpose: %s }\n",
                (long long)weight->dim[is_turned ? 1 : 0], has_bias ? "true" : "false",
                node->input[0]->rank - 1, is_turned ? "true" : "false");
    caffe_end(c);
    struct caffe_layer *layer = caffe_weights(c, name, "InnerProduct");
    caffe_add_blob(layer, weight);
    if (has_bias)
        caffe_add_blob(layer, node->input[2]);
}

static void lrn(struct caffe *c, const struct graph_node *node)
{
    const struct graph_attributes *a = &node->attribute;
    if (a->size % 2 == 0) {
        caffe_refuse(c, node, "an even number of channels cannot be centred");
        return;
    }
    caffe_begin(c, node->name, "LRN", in(c, node, 0), new_place(c, node));
    strbuf_addf(&c->text, "  lrn_param { local_size: %lld alpha: %.9g beta: %.9g k: %.9g }\n",
                (long long)a->size, (double)a->alpha, (double)a->beta, (double)a->bias);
    caffe_end(c);
}

static void prelu(struct caffe *c, const struct graph_node *node)
{
    const struct graph_value *slope = node->input[1];
    bool is_shared = graph_elements(slope) == 1;
    const char *name = caffe_begin(c, node->name, "PReLU", in(c, node, 0),
                                   caffe_place(c, node->output, node->input[0]));
    strbuf_addf(&c->text, "  prelu_param { channel_shared: %s }\n", is_shared ? "true" : "false");
    caffe_end(c);
    struct caffe_layer *layer = caffe_weights(c, name, "PReLU");
    caffe_add_blob(layer, slope);
    layer->blob[0].rank = is_shared ? 0 : 1;
    layer->blob[0].dim[0] = graph_elements(slope);
}

/** A layer of one input with one number; in place where that is possible. */
static void unary(struct caffe *c, const struct graph_node *node, const char *type,
                  const char *format, double value)
{
    caffe_begin(c, node->name, type, in(c, node, 0), caffe_place(c, node->output, node->input[0]));
    if (format)
        strbuf_addf(&c->text, "  %s: %.9g }\n", format, value);
    caffe_end(c);
}

static void pointwise(struct caffe *c, const struct graph_node *node)
{
    const struct graph_attributes *a = &node->attribute;
    switch (node->op) {
    case OP_RELU:
        unary(c, node, "ReLU", NULL, 0);
        break;
    case OP_LEAKY_RELU:
        unary(c, node, "ReLU", "relu_param { negative_slope", a->alpha);
        break;
    case OP_ELU:
        unary(c, node, "ELU", "elu_param { alpha", a->alpha);
        break;
    case OP_SIGMOID:
        unary(c, node, "Sigmoid", NULL, 0);
        break;
    case OP_TANH:
        unary(c, node, "TanH", NULL, 0);
        break;
    case OP_SOFTMAX:
        caffe_begin(c, node->name, "Softmax", in(c, node, 0), new_place(c, node));
        strbuf_addf(&c->text, "  softmax_param { axis: %lld }\n", (long long)a->axis);
        caffe_end(c);
        break;
    case OP_CLIP:
        clip(c, node);
        break;
    case OP_HARD_SIGMOID:
    case OP_HARD_SWISH:
        hard(c, node);
        break;
    case OP_PRELU:
        prelu(c, node);
        break;
    case OP_ADD:
    case OP_MUL:
        arithmetic(c, node);
        break;
    default:
        caffe_refuse(c, node, "Caffe has no such layer");
    }
}

void caffe_node(struct caffe *c, const struct graph_node *node)
{
    switch (node->op) {
    case OP_CONV:
        convolution(c, node);
        break;
    case OP_BATCH_NORM:
        batch_norm(c, node);
        break;
    case OP_MAX_POOL:
    case OP_AVERAGE_POOL:
        pool(c, node);
        break;
    case OP_GLOBAL_AVERAGE_POOL:
        caffe_simple(c, node->name, "Pooling", in(c, node, 0), new_place(c, node),
                     "  pooling_param { pool: AVE global_pooling: true }\n");
        break;
    case OP_LRN:
        lrn(c, node);
        break;
    case OP_GEMM:
    case OP_MATMUL:
        inner_product(c, node);
        break;
    case OP_CONCAT:
        concat(c, node);
        break;
    case OP_SLICE:
        slice(c, node);
        break;
    case OP_RESHAPE:
        reshape(c, node);
        break;
    default:
        pointwise(c, node);
    }
}
