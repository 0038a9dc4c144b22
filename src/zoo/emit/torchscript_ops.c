// Every operator of the graph as a call of PyTorch's operators, in the text form of a saved module.
#include <inttypes.h>
#include <math.h>

#include "zoo/emit/torchscript.h"

struct call {
    struct strbuf *out;
    const struct graph_node *node;
    struct dli_error *err;
    int result;
};

static void refuse(struct call *c, const char *what)
{
    if (c->result == DLI_OK)
        c->result = dli_fail(c->err, DLI_E_UNSUPPORTED, "torchscript: %s '%s': %s",
                             graph_op_name(c->node->op), c->node->name, what);
}

// A number that is one in Python: never without a point or an exponent.
static void add_float(struct strbuf *out, double value)
{
    char text[40];
    snprintf(text, sizeof(text), "%.17g", value);
    strbuf_adds(out, text);
    if (!strpbrk(text, ".en"))
        strbuf_adds(out, ".0");
}

static void add_ints(struct strbuf *out, const int64_t *values, int count)
{
    strbuf_addc(out, '[');
    for (int i = 0; i < count; i++)
        strbuf_addf(out, "%s%" PRId64, i ? ", " : "", values[i]);
    strbuf_addc(out, ']');
}

static bool is_number(const struct graph_value *value)
{
    return value->weight && value->rank == 0 && value->weight->values;
}

bool torchscript_is_attribute(const struct graph_value *value)
{
    return value->weight && value->type == DLI_F32 && !is_number(value);
}

static void add_value(struct call *c, int i)
{
    const struct graph_value *value = i < c->node->input_count ? c->node->input[i] : NULL;
    if (!value)
        strbuf_adds(c->out, "None");
    else if (is_number(value))
        add_float(c->out, value->weight->values[0]);
    else
        strbuf_addf(c->out, value->weight ? "self.w%d" : "v%d", value->index);
}

/** «torch.NAME(input 0», open for more arguments. */
static void begin(struct call *c, const char *name)
{
    strbuf_addf(c->out, "torch.%s(", name);
    add_value(c, 0);
}

static void add_argument(struct call *c, const int64_t *values, int count)
{
    strbuf_adds(c->out, ", ");
    add_ints(c->out, values, count);
}

static void unary(struct call *c, const char *name)
{
    begin(c, name);
    strbuf_addc(c->out, ')');
}

static void binary(struct call *c, const char *name)
{
    begin(c, name);
    strbuf_adds(c->out, ", ");
    add_value(c, 1);
    strbuf_addc(c->out, ')');
}

// PyTorch's windows have the same padding on both sides. The rest becomes pixels of their own, but
// only those that a window touches, so that the number of windows stays.
static void pad_input(struct call *c, int64_t pad[2], double fill)
{
    const struct graph_attributes *a = &c->node->attribute;
    int64_t more[4] = {0}; // left, right, top, bottom
    for (int i = 0; i < 2; i++) {
        int64_t dilation = c->node->op == OP_CONV ? a->dilation[i] : 1;
        int64_t window = (a->kernel[i] - 1) * dilation + 1;
        int64_t all = (c->node->output->dim[i + 2] - 1) * a->stride[i] + window -
                      c->node->input[0]->dim[i + 2];
        pad[i] = a->pad[i];
        if (a->pad[i] == a->pad[i + 2])
            continue;
        pad[i] = 0;
        more[2 - 2 * i] = a->pad[i];
        more[3 - 2 * i] = all - a->pad[i] > 0 ? all - a->pad[i] : 0;
    }
    if (!more[0] && !more[1] && !more[2] && !more[3]) {
        add_value(c, 0);
        return;
    }
    strbuf_adds(c->out, "torch.constant_pad_nd(");
    add_value(c, 0);
    add_argument(c, more, 4);
    strbuf_adds(c->out, ", ");
    add_float(c->out, fill);
    strbuf_addc(c->out, ')');
}

static void conv(struct call *c)
{
    const struct graph_attributes *a = &c->node->attribute;
    int64_t pad[2];
    strbuf_adds(c->out, "torch.conv2d(");
    pad_input(c, pad, 0);
    for (int i = 1; i < 3; i++) {
        strbuf_adds(c->out, ", ");
        add_value(c, i);
    }
    add_argument(c, a->stride, 2);
    add_argument(c, pad, 2);
    add_argument(c, a->dilation, 2);
    strbuf_addf(c->out, ", %" PRId64 ")", a->group);
}

static void pool(struct call *c)
{
    static const int64_t ones[2] = {1, 1};
    const struct graph_attributes *a = &c->node->attribute;
    bool is_max = c->node->op == OP_MAX_POOL;
    int64_t pad[2];
    if (!is_max && !a->count_include_pad && (a->pad[0] != a->pad[2] || a->pad[1] != a->pad[3]))
        refuse(c, "no average without padding that differs between the sides");
    strbuf_addf(c->out, "torch.%s(", is_max ? "max_pool2d" : "avg_pool2d");
    pad_input(c, pad, is_max ? -3.4028234663852886e38 : 0);
    add_argument(c, a->kernel, 2);
    add_argument(c, a->stride, 2);
    add_argument(c, pad, 2);
    if (is_max)
        add_argument(c, ones, 2);
    strbuf_addf(c->out, ", %s", a->ceil_mode ? "True" : "False");
    strbuf_adds(c->out, is_max ? ")" : a->count_include_pad ? ", True)" : ", False)");
}

static void normalise(struct call *c)
{
    const struct graph_value *in = c->node->input[0];
    bool is_batch = c->node->op == OP_BATCH_NORM;
    begin(c, is_batch ? "batch_norm" : "layer_norm");
    if (!is_batch)
        add_argument(c, &in->dim[in->rank - 1], 1);
    for (int i = 1; i < c->node->input_count; i++) {
        strbuf_adds(c->out, ", ");
        add_value(c, i);
    }
    strbuf_adds(c->out, is_batch ? ", False, 0.1, " : ", ");
    add_float(c->out, c->node->attribute.epsilon);
    strbuf_adds(c->out, is_batch ? ", True)" : ")");
}

// As torch.nn.functional.local_response_norm, which is no operator but these.
static void lrn(struct call *c)
{
    const struct graph_attributes *a = &c->node->attribute;
    const int64_t pad[6] = {0, 0, 0, 0, (a->size - 1) / 2, a->size / 2};
    const int64_t kernel[3] = {a->size, 1, 1}, stride[3] = {1, 1, 1};
    strbuf_adds(c->out, "torch.div(");
    add_value(c, 0);
    strbuf_adds(
        c->out,
        ", torch.pow(torch.add(torch.mul(torch.squeeze(torch.avg_pool3d(torch.constant_pad_nd("
        "torch.unsqueeze(torch.square(");
    add_value(c, 0);
    strbuf_adds(c->out, "), 1)");
    add_argument(c, pad, 6);
    strbuf_adds(c->out, ", 0.0)");
    add_argument(c, kernel, 3);
    add_argument(c, stride, 3);
    strbuf_adds(c->out, "), 1), ");
    add_float(c->out, a->alpha);
    strbuf_adds(c->out, "), ");
    add_float(c->out, a->bias);
    strbuf_adds(c->out, "), ");
    add_float(c->out, a->beta);
    strbuf_adds(c->out, "))");
}

static void clip(struct call *c)
{
    begin(c, "hardtanh");
    for (int i = 1; i < 3; i++) {
        strbuf_adds(c->out, ", ");
        add_value(c, i);
    }
    strbuf_addc(c->out, ')');
}

static void hard_sigmoid(struct call *c)
{
    const struct graph_attributes *a = &c->node->attribute;
    if (fabs(a->alpha - 1.0 / 6) > 1e-6 || fabs(a->beta - 0.5) > 1e-6)
        refuse(c, "only with the slope 1/6 and the shift 1/2");
    unary(c, "hardsigmoid");
}

static void product(struct call *c)
{
    if (c->node->op == OP_MATMUL) {
        binary(c, "matmul");
        return;
    }
    if (!c->node->attribute.transpose_b)
        refuse(c, "only with transposed weights");
    begin(c, "linear");
    for (int i = 1; i < 3; i++) {
        strbuf_adds(c->out, ", ");
        add_value(c, i);
    }
    strbuf_addc(c->out, ')');
}

static int64_t number(const struct call *c, int input)
{
    return (int64_t)c->node->input[input]->weight->values[0];
}

static void move(struct call *c)
{
    const struct graph_node *node = c->node;
    const struct graph_value *out = node->output;
    static const int64_t dense[1] = {1};
    int64_t argument[1];
    switch (node->op) {
    case OP_CONCAT:
        strbuf_adds(c->out, "torch.cat([");
        for (int i = 0; i < node->input_count; i++) {
            strbuf_adds(c->out, i ? ", " : "");
            add_value(c, i);
        }
        strbuf_addf(c->out, "], %" PRId64 ")", node->attribute.axis);
        break;
    case OP_SLICE:
        begin(c, "slice");
        strbuf_addf(c->out, ", %" PRId64 ", %" PRId64 ", %" PRId64 ", %" PRId64 ")", number(c, 3),
                    number(c, 1), number(c, 2), dense[0]);
        break;
    case OP_GATHER:
        if (node->input[1]->rank != 0)
            refuse(c, "only with one index");
        argument[0] = number(c, 1);
        begin(c, "select");
        strbuf_addf(c->out, ", %" PRId64 ", %" PRId64 ")", node->attribute.axis, argument[0]);
        break;
    case OP_TRANSPOSE:
        begin(c, "permute");
        add_argument(c, node->attribute.perm, out->rank);
        strbuf_addc(c->out, ')');
        break;
    default:
        begin(c, node->op == OP_EXPAND ? "expand" : "reshape");
        add_argument(c, out->dim, out->rank);
        strbuf_addc(c->out, ')');
    }
}

static void pointwise(struct call *c)
{
    static const struct {
        enum graph_op op;
        const char *name;
        bool is_binary;
    } calls[] = {{OP_RELU, "relu", false},
                 {OP_SIGMOID, "sigmoid", false},
                 {OP_HARD_SWISH, "hardswish", false},
                 {OP_TANH, "tanh", false},
                 {OP_ERF, "erf", false},
                 {OP_ADD, "add", true},
                 {OP_MUL, "mul", true},
                 {OP_DIV, "div", true}};
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        if (calls[i].op != c->node->op)
            continue;
        if (calls[i].is_binary)
            binary(c, calls[i].name);
        else
            unary(c, calls[i].name);
        return;
    }
    refuse(c, "PyTorch has no such operator");
}

static void expression(struct call *c)
{
    switch (c->node->op) {
    case OP_CONV:
        conv(c);
        break;
    case OP_MAX_POOL:
    case OP_AVERAGE_POOL:
        pool(c);
        break;
    case OP_GLOBAL_AVERAGE_POOL:
        begin(c, "adaptive_avg_pool2d");
        strbuf_adds(c->out, ", [1, 1])");
        break;
    case OP_BATCH_NORM:
    case OP_LAYER_NORM:
        normalise(c);
        break;
    case OP_LRN:
        lrn(c);
        break;
    case OP_CLIP:
        clip(c);
        break;
    case OP_HARD_SIGMOID:
        hard_sigmoid(c);
        break;
    case OP_SOFTMAX:
        begin(c, "softmax");
        strbuf_addf(c->out, ", %" PRId64 ")", c->node->attribute.axis);
        break;
    case OP_GEMM:
    case OP_MATMUL:
        product(c);
        break;
    case OP_CONCAT:
    case OP_SLICE:
    case OP_GATHER:
    case OP_TRANSPOSE:
    case OP_RESHAPE:
    case OP_EXPAND:
        move(c);
        break;
    default:
        pointwise(c);
    }
}

int torchscript_node(struct strbuf *out, const struct graph_node *node, struct dli_error *err)
{
    struct call c = {out, node, err, DLI_OK};
    strbuf_addf(out, "    v%d = ", node->output->index);
    expression(&c);
    strbuf_addc(out, '\n');
    return c.result;
}
