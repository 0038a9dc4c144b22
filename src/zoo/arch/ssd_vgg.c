// SSD: Liu et al., 2015 (arXiv:1512.02325), as its authors' Caffe models define it for the 20
// objects of Pascal VOC (github.com/weiliu89/caffe): VGG-16 (arXiv:1409.1556) whose first two fully
// connected layers became convolutions, then pairs of convolutions on ever smaller maps.
// Approximate: parameters and multiply-adds equal the published ones, but the layers were not
// compared with the authors' definition one by one.
#include "zoo/arch.h"
#include "zoo/heads.h"

enum { EXTRA_MAX = 5, MAPS_MAX = EXTRA_MAX + 2 };

struct config {
    int extras;
    struct {
        int64_t reduced, out, kernel, stride, pad;
    } extra[EXTRA_MAX];
    int64_t boxes[MAPS_MAX];
};

static const struct config c300 = {
    4,
    {{256, 512, 3, 2, 1}, {128, 256, 3, 2, 1}, {128, 256, 3, 1, 0}, {128, 256, 3, 1, 0}},
    {4, 6, 6, 6, 4, 4}};
static const struct config c512 = {5,
                                   {{256, 512, 3, 2, 1},
                                    {128, 256, 3, 2, 1},
                                    {128, 256, 3, 2, 1},
                                    {128, 256, 3, 2, 1},
                                    {128, 256, 4, 1, 1}},
                                   {4, 6, 6, 6, 6, 4, 4}};

static struct graph_value *conv(struct graph *g, struct graph_value *x, const char *name,
                                struct conv c)
{
    c.has_bias = true;
    return build_conv_act(g, x, name, c, ACT_RELU);
}

// Thirteen convolutions, fc6 (dilated) and fc7; `eighth` receives the map of conv4_3.
static struct graph_value *trunk(struct graph *g, struct graph_value *x,
                                 struct graph_value **eighth)
{
    static const int64_t out[5] = {64, 128, 256, 512, 512};
    static const int repeat[5] = {2, 2, 3, 3, 3};
    for (int stage = 0; stage < 5; stage++) {
        struct pool halve = {.kernel = 2, .stride = 2, .ceil_mode = true};
        if (stage == 4)
            halve = (struct pool){.kernel = 3, .stride = 1, .pad = 1};
        for (int i = 0; i < repeat[stage]; i++)
            x = conv(g, x, build_name(g, "conv%d_%d", stage + 1, i + 1),
                     (struct conv){.out = out[stage], .kernel = 3, .pad = 1});
        if (stage == 3)
            *eighth = x;
        x = build_max_pool(g, x, build_name(g, "pool%d", stage + 1), halve);
    }
    x = conv(g, x, "fc6", (struct conv){.out = 1024, .kernel = 3, .pad = 6, .dilation = 6});
    return conv(g, x, "fc7", (struct conv){.out = 1024, .kernel = 1});
}

static void build(struct graph *g, const struct zoo_variant *variant, const struct zoo_params *p)
{
    const struct config *c = variant->config;
    struct heads heads = {.classes = p->classes, .score = SCORE_SOFTMAX};
    struct graph_value *map[MAPS_MAX] = {NULL};
    struct conv look = {.kernel = 3, .pad = 1, .has_bias = true, .gain = 1};
    struct graph_value *x = trunk(g, build_image(g, p->batch, 3, p->height, p->width), &map[0]);
    map[0] = build_normalise(g, map[0], "conv4_3_norm", 20);
    map[1] = x;
    for (int i = 0; i < c->extras; i++) {
        x = conv(g, x, build_name(g, "conv%d_1", 6 + i),
                 (struct conv){.out = c->extra[i].reduced, .kernel = 1});
        x = conv(g, x, build_name(g, "conv%d_2", 6 + i),
                 (struct conv){.out = c->extra[i].out,
                               .kernel = c->extra[i].kernel,
                               .stride = c->extra[i].stride,
                               .pad = c->extra[i].pad});
        map[2 + i] = x;
    }
    for (int i = 0; i < c->extras + 2; i++) {
        const char *name = build_name(g, "map%d", i + 1);
        look.out = 4 * c->boxes[i];
        struct graph_value *location = build_conv(g, map[i], build_name(g, "%s_loc", name), look);
        look.out = p->classes * c->boxes[i];
        heads_add(g, &heads, location, build_conv(g, map[i], build_name(g, "%s_conf", name), look),
                  name);
    }
    heads_finish(g, &heads);
}

#define ABOUT "Caffe's, 21 classes; offsets and scores of every box (mbox_loc, mbox_conf_flatten)"

static const struct zoo_variant variants[] = {{"ssd300", &c300, ABOUT, 300, 0, 21, true},
                                              {"ssd512", &c512, ABOUT, 512, 0, 21, true},
                                              {NULL, NULL, NULL, 0, 0, 0, false}};

extern const struct zoo_family zoo_family_ssd_vgg;
const struct zoo_family zoo_family_ssd_vgg = {
    "ssd-vgg", "detection", "arXiv:1512.02325", false, 300, variants, build};
