// SSD (arXiv:1512.02325) on MobileNet v1 (arXiv:1704.04861) with a pyramid of features
// (arXiv:1612.03144) and the heads of RetinaNet (arXiv:1708.02002), as TensorFlow's
// ssd_mobilenet_v1_fpn_coco (github.com/tensorflow/models, research/object_detection) has it. Its
// five maps share the convolutions of the heads, each with batch norm of its own; as in every
// converted model, where that is folded in, each map has its own copy here.
// Approximate: parameters and multiply-adds equal the published ones, but the layers were not
// compared with the authors' definition one by one.
#include "zoo/arch.h"
#include "zoo/blocks.h"
#include "zoo/heads.h"

enum { DEPTH = 256, LEVELS = 5, BASES = 3, TOWER = 4, BOXES = 6 };

static const struct norm norm = {.epsilon = 1e-3};

static struct conv square(int64_t out, int64_t kernel, int64_t stride)
{
    return (struct conv){.out = out, .kernel = kernel, .stride = stride, .is_same = true};
}

// MobileNet; `base` receives the maps of an eighth, a sixteenth and a thirty-second of the image.
static void trunk(struct graph *g, struct graph_value *x, struct graph_value *base[BASES])
{
    static const int64_t out[13] = {64,  128, 128, 256, 256,  512, 512,
                                    512, 512, 512, 512, 1024, 1024};
    static const int64_t stride[13] = {1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1};
    x = build_conv_bn(g, x, "conv0", square(32, 3, 2), norm, ACT_RELU6);
    for (int i = 0; i < 13; i++) {
        x = build_separable(
            g, x, build_name(g, "conv%d", i + 1),
            (struct separable){out[i], stride[i], true, norm.epsilon, ACT_RELU6, 1});
        if (i == 4)
            base[0] = x;
        if (i == 10)
            base[1] = x;
    }
    base[2] = x;
}

// Every pixel four times.
static struct graph_value *twice_as_large(struct graph *g, struct graph_value *x, const char *name)
{
    if (!x)
        return NULL;
    const int64_t n = x->dim[0], c = x->dim[1], h = x->dim[2], w = x->dim[3];
    x = build_reshape(g, x, build_name(g, "%s/split", name), 6,
                      (const int64_t[]){n, c, h, 1, w, 1});
    x = build_expand(g, x, build_name(g, "%s/repeat", name), 6,
                     (const int64_t[]){n, c, h, 2, w, 2});
    return build_reshape(g, x, name, 4, (const int64_t[]){n, c, 2 * h, 2 * w});
}

// From coarse to fine: what the coarser map knows is added to the finer one.
static void pyramid(struct graph *g, struct graph_value *const base[BASES],
                    struct graph_value *map[LEVELS])
{
    struct conv project = {.out = DEPTH, .kernel = 1, .has_bias = true, .gain = 1};
    struct graph_value *x = build_conv(g, base[BASES - 1], "projection_3", project);
    map[BASES - 1] = x;
    for (int i = BASES - 2; i >= 0; i--) {
        struct graph_value *fine =
            build_conv(g, base[i], build_name(g, "projection_%d", i + 1), project);
        x = twice_as_large(g, x, build_name(g, "upsample_%d", i + 1));
        x = build_add(g, x, fine, build_name(g, "top_down_%d", i + 1));
        map[i] = build_conv_bn(g, x, build_name(g, "smoothing_%d", i + 1), square(DEPTH, 3, 1),
                               norm, ACT_RELU6);
    }
    for (int i = BASES; i < LEVELS; i++)
        map[i] = build_conv_bn(g, map[i - 1], build_name(g, "bottom_up_%d", i + 1),
                               square(DEPTH, 3, 2), norm, ACT_RELU6);
}

static struct graph_value *head(struct graph *g, struct graph_value *x, const char *name,
                                int64_t out)
{
    struct conv last = square(out, 3, 1);
    last.has_bias = true;
    last.gain = 1;
    for (int i = 0; i < TOWER; i++)
        x = build_conv_bn(g, x, build_name(g, "%s/tower_%d", name, i), square(DEPTH, 3, 1), norm,
                          ACT_RELU6);
    return build_conv(g, x, name, last);
}

static void build(struct graph *g, const struct zoo_variant *variant, const struct zoo_params *p)
{
    struct heads heads = {.classes = p->classes, .score = SCORE_SIGMOID};
    struct graph_value *base[BASES], *map[LEVELS];
    (void)variant;
    if (p->height % 32 || p->width % 32)
        build_fail(g, "the sides of the input must be multiples of 32");
    trunk(g, build_image(g, p->batch, 3, p->height, p->width), base);
    pyramid(g, base, map);
    for (int i = 0; i < LEVELS; i++) {
        const char *name = build_name(g, "map%d", i + 1);
        struct graph_value *location = head(g, map[i], build_name(g, "%s_loc", name), 4 * BOXES);
        heads_add(g, &heads, location,
                  head(g, map[i], build_name(g, "%s_conf", name), p->classes * BOXES), name);
    }
    heads_finish(g, &heads);
}

static const struct zoo_variant variants[] = {
    {"ssd_mobilenet_v1_fpn_coco", NULL,
     "TensorFlow's, 91 classes; offsets and scores of every box (mbox_loc, mbox_conf_flatten)", 640,
     0, 91, true},
    {NULL, NULL, NULL, 0, 0, 0, false}};

extern const struct zoo_family zoo_family_ssd_fpn;
const struct zoo_family zoo_family_ssd_fpn = {"ssd-fpn", "detection", "arXiv:1708.02002", false, 64,
                                              variants,  build};
