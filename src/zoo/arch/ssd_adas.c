// Detectors for cars: SSD (arXiv:1512.02325) on a MobileNet (arXiv:1704.04861) whose channels were
// pruned, as Open Model Zoo (github.com/openvinotoolkit/open_model_zoo, Apache-2.0) publishes the
// Caffe definitions of its own networks. 13 depthwise separable convolutions, five of them with
// stride 2, then four pairs of 1x1 and strided separable convolution; six maps are looked at.
#include "zoo/arch.h"
#include "zoo/blocks.h"
#include "zoo/heads.h"

enum { SEPARABLE = 13, EXTRA = 4, MAPS = 6 };

struct config {
    int64_t first, separable[SEPARABLE];
    struct {
        int64_t reduced, out;
    } extra[EXTRA];
    int64_t boxes[MAPS][2]; // of one or two heads on the same map; 0: none
    bool has_bottleneck;    // 16 channels before the scores
};

static const struct config face = {24,
                                   {56, 104, 120, 232, 232, 360, 328, 304, 248, 224, 184, 224, 128},
                                   {{120, 152}, {112, 168}, {120, 200}, {64, 128}},
                                   {{4, 4}, {6, 0}, {6, 0}, {6, 0}, {4, 0}, {4, 0}},
                                   true};
static const struct config pedestrian = {
    32,
    {56, 112, 96, 232, 208, 352, 320, 296, 248, 272, 176, 256, 96},
    {{96, 120}, {120, 144}, {120, 216}, {64, 128}},
    {{4, 4}, {6, 6}, {6, 6}, {6, 6}, {4, 0}, {4, 0}},
    false};
static const struct config pedestrian_and_vehicle = {
    32,
    {64, 120, 120, 240, 232, 448, 400, 392, 336, 368, 264, 296, 128},
    {{88, 112}, {112, 112}, {120, 208}, {64, 128}},
    {{4, 4}, {6, 6}, {6, 6}, {6, 6}, {4, 0}, {4, 0}},
    false};
static const struct config vehicle = {
    32,
    {56, 112, 112, 208, 216, 328, 288, 288, 240, 264, 192, 208, 88},
    {{96, 152}, {112, 200}, {120, 224}, {64, 128}},
    {{4, 4}, {6, 6}, {6, 0}, {6, 0}, {4, 0}, {4, 0}},
    false};

static const struct norm norm = {.epsilon = 1e-3};

static void trunk(struct graph *g, struct graph_value *x, const struct config *c,
                  struct graph_value *map[MAPS])
{
    static const char *const name[SEPARABLE] = {
        "conv2_1", "conv2_2", "conv3_1", "conv3_2", "conv4_1", "conv4_2", "conv5_1",
        "conv5_2", "conv5_3", "conv5_4", "conv5_5", "conv5_6", "conv6"};
    struct conv first = {.out = c->first, .kernel = 3, .pad = 1, .stride = 2};
    x = build_conv_bn(g, x, "conv1", first, norm, ACT_RELU);
    for (int i = 0; i < SEPARABLE; i++) {
        bool is_strided = i == 1 || i == 3 || i == 5 || i == 11;
        x = build_separable(g, x, name[i],
                            (struct separable){c->separable[i], is_strided ? 2 : 1, false,
                                               norm.epsilon, ACT_RELU, 1});
        if (i == 10)
            map[0] = x;
    }
    map[1] = x;
    for (int i = 0; i < EXTRA; i++) {
        struct conv reduce = {.out = c->extra[i].reduced, .kernel = 1};
        x = build_conv_bn(g, x, build_name(g, "conv%d_1", 6 + i), reduce, norm, ACT_RELU);
        x = build_separable(
            g, x, build_name(g, "conv%d_2", 6 + i),
            (struct separable){c->extra[i].out, 2, false, norm.epsilon, ACT_RELU, 1});
        map[2 + i] = x;
    }
}

static void look(struct graph *g, struct heads *heads, struct graph_value *map,
                 struct graph_value *reduced, const char *name, int64_t boxes)
{
    struct conv score = {.kernel = 3, .pad = 1, .has_bias = true, .gain = 1};
    score.out = 4 * boxes;
    struct graph_value *location = build_conv(g, map, build_name(g, "%s_loc", name), score);
    if (reduced) {
        struct conv before = {.out = 16, .kernel = 3, .pad = 1};
        map = build_conv_bn(g, reduced, build_name(g, "pre_%s_conf", name), before, norm, ACT_RELU);
    }
    score.out = heads->classes * boxes;
    heads_add(g, heads, location, build_conv(g, map, build_name(g, "%s_conf", name), score), name);
}

static void build(struct graph *g, const struct zoo_variant *variant, const struct zoo_params *p)
{
    const struct config *config = variant->config;
    struct graph_value *map[MAPS];
    struct heads heads = {.classes = p->classes, .score = SCORE_SOFTMAX};
    trunk(g, build_image(g, p->batch, 3, p->height, p->width), config, map);
    for (int i = 0; i < MAPS; i++) {
        struct conv reduce = {.out = 16, .kernel = 1, .has_bias = true};
        struct graph_value *reduced = NULL;
        if (config->has_bottleneck)
            reduced =
                build_conv_act(g, map[i], build_name(g, "map%d/reduce", i + 1), reduce, ACT_RELU);
        for (int k = 0; k < 2 && config->boxes[i][k]; k++)
            look(g, &heads, map[i], reduced, build_name(g, "map%d_%d", i + 1, k + 1),
                 config->boxes[i][k]);
    }
    heads_finish(g, &heads);
}

#define ABOUT(objects) objects "; offsets and scores of every box (mbox_loc, mbox_conf_flatten)"

static const struct zoo_variant variants[] = {
    {"face-detection-adas-0001", &face, ABOUT("faces of drivers"), 384, 672, 2, false},
    {"pedestrian-detection-adas-0002", &pedestrian, ABOUT("pedestrians"), 384, 672, 2, false},
    {"pedestrian-and-vehicle-detector-adas-0001", &pedestrian_and_vehicle,
     ABOUT("vehicles and pedestrians"), 384, 672, 3, false},
    {"vehicle-detection-adas-0002", &vehicle, ABOUT("vehicles"), 384, 672, 2, false},
    {NULL, NULL, NULL, 0, 0, 0, false}};

extern const struct zoo_family zoo_family_ssd_adas;
const struct zoo_family zoo_family_ssd_adas = {
    "ssd-adas", "detection", "github.com/openvinotoolkit/open_model_zoo", false, 64,
    variants,   build};
