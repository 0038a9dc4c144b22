// RMNet, a ResNet (arXiv:1512.03385) whose bottlenecks are depthwise, under the heads of SSD
// (arXiv:1512.02325), as Open Model Zoo (github.com/openvinotoolkit/open_model_zoo, Apache-2.0)
// publishes the Caffe definitions of its own networks. The exponential unit: arXiv:1511.07289.
#include "zoo/arch.h"
#include "zoo/heads.h"

struct config {
    enum activation act;
    bool is_large; // 1024x1024: quarters the image first, pools within stage 4, looks at three maps
};

static const struct config person = {ACT_LEAKY_RELU, false}, crossroad = {ACT_ELU, true};

static const struct norm plain = {0}, branch_end = {.scale = 0.3};

// Narrow, 3x3 in each channel, wide; added to the input, which a strided block pools and projects.
static struct graph_value *bottleneck(struct graph *g, struct graph_value *x, const char *name,
                                      int64_t out, int64_t stride, enum activation act)
{
    int64_t narrow = out / 4;
    struct conv each = {.out = narrow, .kernel = 3, .pad = 1, .stride = stride, .group = narrow};
    struct graph_value *skip = x;
    if (stride > 1) {
        skip = build_max_pool(g, x, build_name(g, "%s/skip/pooling", name),
                              (struct pool){.kernel = 2, .ceil_mode = true});
        skip = build_conv_bn(g, skip, build_name(g, "%s/skip", name),
                             (struct conv){.out = out, .kernel = 1}, plain, ACT_NONE);
    }
    x = build_conv_bn(g, x, build_name(g, "%s/dim_red", name),
                      (struct conv){.out = narrow, .kernel = 1}, plain, act);
    x = build_conv_bn(g, x, build_name(g, "%s/inner/dw1", name), each, plain, act);
    x = build_conv_bn(g, x, build_name(g, "%s/dim_inc", name),
                      (struct conv){.out = out, .kernel = 1}, branch_end, ACT_NONE);
    x = build_add(g, skip, x, build_name(g, "%s/add", name));
    return build_activation(g, x, build_name(g, "%s/fn", name), act);
}

// The four stages; `eighth` receives what the third one gives.
static struct graph_value *trunk(struct graph *g, struct graph_value *x, const struct config *c,
                                 struct graph_value **eighth)
{
    static const int blocks[4] = {4, 9, 11, 12};
    struct conv shrink = {.out = 3, .kernel = 7, .stride = 2, .pad = 3, .has_bias = true};
    struct conv first = {.out = 32, .kernel = 3, .stride = 2, .pad = 1};
    x = build_batch_norm(g, x, "data_bn", plain);
    if (c->is_large)
        x = build_conv_bn(g, x, "conv0", shrink, plain, ACT_RELU);
    x = build_conv_bn(g, x, "init_block1", first, plain, ACT_RELU);
    for (int stage = 0; stage < 4; stage++) {
        for (int i = 0; i < blocks[stage]; i++) {
            const char *name = build_name(g, "bottleneck%d_%d", stage + 1, i + (stage == 0));
            x = bottleneck(g, x, name, INT64_C(32) << stage, stage > 0 && i == 0 ? 2 : 1, c->act);
            if (c->is_large && stage == 3 && i == 1)
                x = build_average_pool(g, x, "extra_pool",
                                       (struct pool){.kernel = 2, .ceil_mode = true});
        }
        if (stage == 2)
            *eighth = x;
    }
    return x;
}

static void look(struct graph *g, struct heads *heads, struct graph_value *map, const char *name,
                 int64_t boxes)
{
    struct conv score = {.out = 4 * boxes, .kernel = 3, .pad = 1, .has_bias = true, .gain = 1};
    struct graph_value *location = build_conv(g, map, build_name(g, "%s_loc", name), score);
    score.out = heads->classes * boxes;
    heads_add(g, heads, location, build_conv(g, map, build_name(g, "%s_conf", name), score), name);
}

static void build(struct graph *g, const struct zoo_variant *variant, const struct zoo_params *p)
{
    const struct config *config = variant->config;
    struct heads heads = {.classes = p->classes, .score = SCORE_SOFTMAX};
    struct conv narrow = {.out = 128, .kernel = 1, .has_bias = true, .gain = 1};
    struct conv halve = {.out = 128, .kernel = 3, .stride = 2, .pad = 1};
    struct graph_value *eighth = NULL;
    struct graph_value *x = build_image(g, p->batch, 3, p->height, p->width);
    x = trunk(g, x, config, &eighth);
    if (config->is_large) {
        look(g, &heads, build_conv(g, eighth, "x08_out", narrow), "x08", 11);
        look(g, &heads, build_conv(g, x, "x16_out_128", narrow), "x16", 11);
        look(g, &heads, build_conv_bn(g, x, "x32_out", halve, plain, ACT_RELU), "x32", 8);
    } else {
        look(g, &heads, x, "x16", 12);
    }
    heads_finish(g, &heads);
}

#define ABOUT(objects) objects "; offsets and scores of every box (mbox_loc, mbox_conf_flatten)"

static const struct zoo_variant variants[] = {
    {"person-detection-retail-0013", &person, ABOUT("people in shops"), 320, 544, 2, false},
    {"person-vehicle-bike-detection-crossroad-0078", &crossroad,
     ABOUT("people, vehicles, bicycles"), 1024, 0, 4, false},
    {NULL, NULL, NULL, 0, 0, 0, false}};

extern const struct zoo_family zoo_family_rmnet;
const struct zoo_family zoo_family_rmnet = {
    "rmnet", "detection", "github.com/openvinotoolkit/open_model_zoo", false, 64, variants, build};
