// LPRNet: Zherzdev, Gruzdev, 2018 (arXiv:1806.10447): reads number plates, as Open Model Zoo
// (github.com/openvinotoolkit/open_model_zoo, Apache-2.0) publishes the Caffe definition of its own
// network. The output holds, for each column of the plate, a score of every character: N x columns
// x classes. What joins columns to a text (CTC, which has a second input in Caffe) is the
// application's work.
#include "zoo/arch.h"

enum { PATTERN = 128 };

static struct graph_value *conv(struct graph *g, struct graph_value *x, const char *name,
                                struct conv c)
{
    c.has_bias = true;
    return build_conv_act(g, x, name, c, ACT_RELU);
}

static struct graph_value *block(struct graph *g, struct graph_value *x, int number, int64_t inner,
                                 int64_t out)
{
    const char *name = build_name(g, "fire%d_small", number);
    x = conv(g, x, build_name(g, "%s/conv_reduce", name), (struct conv){.out = inner, .kernel = 1});
    x = conv(g, x, build_name(g, "%s/conv_3x1", name),
             (struct conv){.out = inner, .kernel = 3, .kernel_w = 1, .pad = 1});
    x = conv(g, x, build_name(g, "%s/conv_1x3", name),
             (struct conv){.out = inner, .kernel = 1, .kernel_w = 3, .pad_w = 1});
    return conv(g, x, build_name(g, "%s/conv_expand", name),
                (struct conv){.out = out, .kernel = 1});
}

// What the whole plate looks like, beside every column.
static struct graph_value *add_pattern(struct graph *g, struct graph_value *x)
{
    struct graph_value *y = build_linear(g, x, "pattern", PATTERN, true, 1);
    if (!y)
        return NULL;
    const int64_t one[4] = {x->dim[0], PATTERN, 1, 1};
    const int64_t all[4] = {x->dim[0], PATTERN, x->dim[2], x->dim[3]};
    y = build_reshape(g, y, "reshape", 4, one);
    struct graph_value *both[2] = {x, build_expand(g, y, "tile", 4, all)};
    return build_concat(g, both, 2, 1, "concat");
}

static void build(struct graph *g, const struct zoo_variant *variant, const struct zoo_params *p)
{
    static const int64_t columns_first[4] = {0, 3, 1, 2};
    struct pool halve_height = {.kernel = 3, .stride = 2, .stride_w = 1, .ceil_mode = true};
    struct conv look = {.out = p->classes, .kernel = 1, .has_bias = true, .gain = 1};
    (void)variant;
    struct graph_value *x = build_image(g, p->batch, 3, p->height, p->width);
    x = conv(g, x, "conv1", (struct conv){.out = 64, .kernel = 3, .pad = 1});
    x = build_max_pool(g, x, "pool1", (struct pool){.kernel = 3, .stride = 1});
    x = build_max_pool(g, block(g, x, 1, 32, 128), "pool2", halve_height);
    x = block(g, block(g, x, 2, 64, 256), 3, 64, 256);
    x = build_max_pool(g, x, "pool3", halve_height);
    x = conv(g, x, "conv2", (struct conv){.out = 128, .kernel = 5, .kernel_w = 1});
    x = conv(g, x, "conv3_w",
             (struct conv){.out = p->classes, .kernel = 1, .kernel_w = 13, .pad_w = 6});
    x = build_conv(g, add_pattern(g, x), "result", look);
    if (x && x->dim[2] != 1)
        build_fail(g, "the input must be 22 to 25 pixels high");
    x = build_transpose(g, x, "p_result", columns_first);
    if (!x)
        return;
    build_output(g, build_reshape(g, x, "reshape2", 3, x->dim), "output");
}

static const struct zoo_variant variants[] = {
    {"license-plate-recognition-barrier-0001", NULL,
     "scores of 71 characters for each column; the CTC decoder and its input are left out", 24, 94,
     71, false},
    {NULL, NULL, NULL, 0, 0, 0, false}};

extern const struct zoo_family zoo_family_lprnet;
const struct zoo_family zoo_family_lprnet = {
    "lprnet", "text recognition", "arXiv:1806.10447", false, 22, variants, build};
