// SSD (arXiv:1512.02325) on MobileNet v1 (arXiv:1704.04861) and v2 (arXiv:1801.04381). Caffe's is
// that of github.com/chuanqi305/MobileNet-SSD, for the 20 objects of Pascal VOC; TensorFlow's are
// those of github.com/tensorflow/models (research/object_detection, ssd_mobilenet_v{1,2}_coco), for
// the 90 of COCO.
// Approximate: parameters and multiply-adds equal the published ones, but the layers were not
// compared with the authors' definition one by one.
#include "zoo/arch.h"
#include "zoo/blocks.h"
#include "zoo/heads.h"

enum { MAPS = 6 };

struct config {
    bool is_v2, is_tensorflow;
    int64_t head_kernel;
};

static const struct config caffe = {false, false, 1}, tensorflow_v1 = {false, true, 1},
                           tensorflow_v2 = {true, true, 3};

struct detector {
    struct graph *g;
    const struct config *config;
    enum activation act;
    struct norm norm;
    int count;
    struct graph_value *map[MAPS];
};

static struct graph_value *conv(const struct detector *d, struct graph_value *x, const char *name,
                                int64_t out, int64_t kernel, int64_t stride)
{
    struct conv c = {.out = out,
                     .kernel = kernel,
                     .stride = stride,
                     .pad = d->config->is_tensorflow ? 0 : kernel / 2,
                     .is_same = d->config->is_tensorflow};
    return build_conv_bn(d->g, x, name, c, d->norm, d->act);
}

static struct graph_value *separable(const struct detector *d, struct graph_value *x,
                                     const char *name, int64_t out, int64_t stride)
{
    return build_separable(
        d->g, x, name,
        (struct separable){out, stride, d->config->is_tensorflow, d->norm.epsilon, d->act, 1});
}

static struct graph_value *trunk_v1(struct detector *d, struct graph_value *x)
{
    static const int64_t out[13] = {64,  128, 128, 256, 256,  512, 512,
                                    512, 512, 512, 512, 1024, 1024};
    static const int64_t stride[13] = {1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1};
    x = conv(d, x, "conv0", 32, 3, 2);
    for (int i = 0; i < 13; i++) {
        x = separable(d, x, build_name(d->g, "conv%d", i + 1), out[i], stride[i]);
        if (i == 10)
            d->map[d->count++] = x;
    }
    return d->map[d->count++] = x;
}

// The first map is what the last block with stride 2 expands its input to, before the stride.
static struct graph_value *trunk_v2(struct detector *d, struct graph_value *x)
{
    static const struct {
        int64_t expansion, out, repeat, stride;
    } stage[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                 {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};
    int number = 0;
    x = conv(d, x, "conv0", 32, 3, 2);
    for (size_t i = 0; i < sizeof(stage) / sizeof(*stage); i++)
        for (int64_t k = 0; k < stage[i].repeat && x; k++) {
            struct inverted block = {.expanded = stage[i].expansion * x->dim[1],
                                     .out = stage[i].out,
                                     .kernel = 3,
                                     .stride = k ? 1 : stage[i].stride,
                                     .is_same = true,
                                     .epsilon = d->norm.epsilon,
                                     .branch_scale = 0.3,
                                     .act = d->act};
            if (++number == 14)
                block.expanded_map = &d->map[d->count++];
            x = build_inverted(d->g, x, build_name(d->g, "block%d", number), block);
        }
    return d->map[d->count++] = conv(d, x, "conv1", 1280, 1, 1);
}

// Maps of half the size each; v2's are depthwise separable.
static void extra_maps(struct detector *d, struct graph_value *x)
{
    static const int64_t reduced[4] = {256, 128, 128, 64}, out[4] = {512, 256, 256, 128};
    for (int i = 0; i < 4; i++) {
        x = conv(d, x, build_name(d->g, "conv%d_1", 14 + i), reduced[i], 1, 1);
        const char *name = build_name(d->g, "conv%d_2", 14 + i);
        x = d->config->is_v2 ? separable(d, x, name, out[i], 2) : conv(d, x, name, out[i], 3, 2);
        d->map[d->count++] = x;
    }
}

static void build(struct graph *g, const struct zoo_variant *variant, const struct zoo_params *p)
{
    const struct config *config = variant->config;
    bool is_tensorflow = config->is_tensorflow;
    struct detector d = {.g = g, .config = config, .act = is_tensorflow ? ACT_RELU6 : ACT_RELU};
    struct heads heads = {.classes = p->classes,
                          .score = is_tensorflow ? SCORE_SIGMOID : SCORE_SOFTMAX};
    struct conv look = {
        .kernel = config->head_kernel, .pad = config->head_kernel / 2, .has_bias = true, .gain = 1};
    struct graph_value *x = build_image(g, p->batch, 3, p->height, p->width);
    d.norm.epsilon = is_tensorflow ? 1e-3 : 1e-5;
    extra_maps(&d, config->is_v2 ? trunk_v2(&d, x) : trunk_v1(&d, x));
    for (int i = 0; i < MAPS; i++) {
        const char *name = build_name(g, "map%d", i + 1);
        int64_t boxes = i ? 6 : 3;
        look.out = 4 * boxes;
        struct graph_value *location = build_conv(g, d.map[i], build_name(g, "%s_loc", name), look);
        look.out = p->classes * boxes;
        heads_add(g, &heads, location,
                  build_conv(g, d.map[i], build_name(g, "%s_conf", name), look), name);
    }
    heads_finish(g, &heads);
}

#define ABOUT(objects) objects "; offsets and scores of every box (mbox_loc, mbox_conf_flatten)"

static const struct zoo_variant variants[] = {
    {"mobilenet-ssd", &caffe, ABOUT("Caffe's, 21 classes"), 300, 0, 21, true},
    {"ssd_mobilenet_v1_coco", &tensorflow_v1, ABOUT("TensorFlow's, 91 classes"), 300, 0, 91, true},
    {"ssd_mobilenet_v2_coco", &tensorflow_v2, ABOUT("TensorFlow's, 91 classes"), 300, 0, 91, true},
    {NULL, NULL, NULL, 0, 0, 0, false}};

extern const struct zoo_family zoo_family_ssd_mobilenet;
const struct zoo_family zoo_family_ssd_mobilenet = {
    "ssd-mobilenet", "detection", "arXiv:1512.02325", false, 64, variants, build};
