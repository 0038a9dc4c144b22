// Poses of several people: OpenPose (Cao et al., 2017, arXiv:1611.08050) on a dilated MobileNet,
// two stages of maps for the parts of the body and for the fields between them (Osokin, 2018,
// arXiv:1811.12004), as Open Model Zoo (github.com/openvinotoolkit/open_model_zoo, Apache-2.0)
// publishes the Caffe definition.
#include "zoo/arch.h"
#include "zoo/blocks.h"

enum { WIDTH = 128, FIELDS = 38, PARTS = 19 };

// What is added to an identity that never falls is kept small: maps stay of order 1.
static const struct norm slow = {.epsilon = 1e-3}, plain = {0}, branch_end = {.scale = 0.3};

static struct conv square(int64_t out, int64_t kernel)
{
    return (struct conv){.out = out, .kernel = kernel, .pad = kernel / 2, .has_bias = true};
}

// MobileNet v1 to its eleventh separable convolution; stride 8, the dilation makes good for the
// stride left out.
static struct graph_value *trunk(struct graph *g, struct graph_value *x)
{
    static const struct {
        const char *name;
        int64_t out, stride, dilation;
    } layer[] = {{"conv2_1", 64, 1, 1},  {"conv2_2", 128, 2, 1}, {"conv3_1", 128, 1, 1},
                 {"conv3_2", 256, 2, 1}, {"conv4_1", 256, 1, 1}, {"conv4_2", 512, 1, 1},
                 {"conv5_1", 512, 1, 2}, {"conv5_2", 512, 1, 1}, {"conv5_3", 512, 1, 1},
                 {"conv5_4", 512, 1, 1}, {"conv5_5", 512, 1, 1}};
    struct conv first = {.out = 32, .kernel = 3, .stride = 2, .pad = 1};
    x = build_conv_bn(g, x, "conv1", first, slow, ACT_RELU);
    for (size_t i = 0; i < sizeof(layer) / sizeof(*layer); i++)
        x = build_separable(g, x, layer[i].name,
                            (struct separable){.out = layer[i].out,
                                               .stride = layer[i].stride,
                                               .dilation = layer[i].dilation,
                                               .epsilon = slow.epsilon,
                                               .act = ACT_RELU});
    return x;
}

// From the trunk's 512 channels to 128: three separable convolutions without batch norm, around
// them an identity.
static struct graph_value *narrow(struct graph *g, struct graph_value *x)
{
    static const char *const pointwise[3] = {"conv4_3_CPM/dw1/1x1", "conv4_3_CPM/dw2/1x1",
                                             "conv4_3_CPM/inc"};
    struct conv each = {.out = WIDTH, .kernel = 3, .pad = 1, .group = WIDTH};
    x = build_conv_act(g, x, "conv4_3_CPM/al", square(WIDTH, 1), ACT_ELU);
    struct graph_value *y = build_conv_act(g, x, "conv4_3_CPM/red", square(WIDTH, 1), ACT_ELU);
    for (int i = 0; i < 3; i++) {
        y = build_conv_act(g, y, build_name(g, "conv4_3_CPM/dw%d", i + 1), each, ACT_ELU);
        y = build_conv_act(g, y, pointwise[i], square(WIDTH, 1), ACT_ELU);
    }
    x = build_add(g, x, y, "conv4_3_CPM/res");
    return build_conv_act(g, x, "conv4_4_CPM", square(WIDTH, 3), ACT_RELU);
}

// The two kinds of maps, from one stage's features.
static void look(struct graph *g, struct graph_value *x, const char *name, int64_t inner,
                 struct graph_value *map[2])
{
    static const int64_t out[2] = {FIELDS, PARTS};
    for (int i = 0; i < 2; i++) {
        struct conv last = square(out[i], 1);
        last.gain = 1;
        map[i] = build_conv_act(g, x, build_name(g, "%s_L%d/inner", name, i + 1), square(inner, 1),
                                ACT_RELU);
        map[i] = build_conv(g, map[i], build_name(g, "%s_L%d", name, i + 1), last);
    }
}

static struct graph_value *refine(struct graph *g, struct graph_value *x, int number)
{
    struct conv wide = square(WIDTH, 3);
    wide.dilation = wide.pad = 2;
    const char *name = build_name(g, "Mconv%d_stage2", number);
    x = build_conv_act(g, x, build_name(g, "%s/sq", name), square(WIDTH, 1), ACT_RELU);
    struct graph_value *y =
        build_conv_bn(g, x, build_name(g, "%s/3x3", name), square(WIDTH, 3), plain, ACT_RELU);
    y = build_conv_bn(g, y, build_name(g, "%s/3x3/2", name), wide, branch_end, ACT_RELU);
    return build_add(g, x, y, build_name(g, "%s/res", name));
}

static void build(struct graph *g, const struct zoo_variant *variant, const struct zoo_params *p)
{
    struct graph_value *part[3];
    if (p->classes != variant->classes)
        build_fail(g, "has no classes to choose");
    struct graph_value *features =
        narrow(g, trunk(g, build_image(g, p->batch, 3, p->height, p->width)));
    struct graph_value *x = features;
    for (int i = 1; i <= 3; i++)
        x = build_conv_act(g, x, build_name(g, "conv5_%d_CPM", i), square(WIDTH, 3), ACT_RELU);
    look(g, x, "stage1", 512, part);
    part[2] = features;
    x = build_concat(g, part, 3, 1, "concat_stage2");
    for (int i = 1; i <= 5; i++)
        x = refine(g, x, i);
    look(g, x, "stage2", WIDTH, part);
    build_output(g, part[0], "Mconv7_stage2_L1");
    build_output(g, part[1], "Mconv7_stage2_L2");
}

static const struct zoo_variant variants[] = {{"human-pose-estimation-0001", NULL,
                                               "38 maps of fields between joints, 19 of joints",
                                               256, 456, PARTS, false},
                                              {NULL, NULL, NULL, 0, 0, 0, false}};

extern const struct zoo_family zoo_family_open_pose;
const struct zoo_family zoo_family_open_pose = {
    "open-pose", "pose estimation", "arXiv:1811.12004", false, 32, variants, build};
