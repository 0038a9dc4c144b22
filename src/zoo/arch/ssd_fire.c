// A detector of faces in shops: SSD (arXiv:1512.02325) with one map, on a light SqueezeNet
// (arXiv:1602.07360) as Open Model Zoo (github.com/openvinotoolkit/open_model_zoo,
// Apache-2.0) publishes the Caffe definition of its own network.
#include "zoo/arch.h"
#include "zoo/heads.h"

static struct graph_value *fire(struct graph *g, struct graph_value *x, int number, int64_t squeeze,
                                int64_t stride)
{
    struct conv narrow = {.out = squeeze, .kernel = 1, .stride = stride, .has_bias = true};
    struct conv one = {.out = 4 * squeeze, .kernel = 1, .has_bias = true};
    struct conv three = {.out = 4 * squeeze, .kernel = 3, .pad = 1, .has_bias = true};
    const char *name = build_name(g, "fire%d", number);
    x = build_conv_act(g, x, build_name(g, "%s/squeeze1x1", name), narrow, ACT_RELU);
    struct graph_value *wide[2] = {
        build_conv_act(g, x, build_name(g, "%s/expand3x3", name), three, ACT_RELU),
        build_conv_act(g, x, build_name(g, "%s/expand1x1", name), one, ACT_RELU)};
    return build_concat(g, wide, 2, 1, build_name(g, "%s/concat", name));
}

static void build(struct graph *g, const struct zoo_variant *variant, const struct zoo_params *p)
{
    enum { FIRES = 10, BOXES = 9 };
    static const int64_t squeeze[FIRES] = {8, 8, 16, 16, 24, 24, 32, 32, 48, 48};
    static const int64_t stride[FIRES] = {1, 1, 1, 2, 1, 1, 1, 2, 1, 1};
    struct heads heads = {.classes = p->classes, .score = SCORE_SOFTMAX};
    struct conv first = {.out = 32, .kernel = 7, .stride = 2, .pad = 3, .has_bias = true};
    struct conv look = {.kernel = 3, .pad = 1, .has_bias = true, .gain = 1};
    (void)variant;
    struct graph_value *x = build_image(g, p->batch, 3, p->height, p->width);
    x = build_batch_norm(g, x, "Scale1", (struct norm){0}); // a factor and a shift for each colour
    x = build_conv_act(g, x, "Convolution1", first, ACT_RELU);
    x = build_max_pool(g, x, "Pooling1",
                       (struct pool){.kernel = 3, .stride = 2, .ceil_mode = true});
    for (int i = 0; i < FIRES; i++)
        x = fire(g, x, i + 2, squeeze[i], stride[i]);
    look.out = 4 * BOXES;
    struct graph_value *location = build_conv(g, x, "fc7_loc", look);
    look.out = p->classes * BOXES;
    heads_add(g, &heads, location, build_conv(g, x, "fc7_conf", look), "fc7");
    heads_finish(g, &heads);
}

static const struct zoo_variant variants[] = {
    {"face-detection-retail-0004", NULL,
     "faces; offsets and scores of every box (mbox_loc, mbox_conf_flatten)", 300, 0, 2, false},
    {NULL, NULL, NULL, 0, 0, 0, false}};

extern const struct zoo_family zoo_family_ssd_fire;
const struct zoo_family zoo_family_ssd_fire = {
    "ssd-fire", "detection", "github.com/openvinotoolkit/open_model_zoo", false, 64,
    variants,   build};
