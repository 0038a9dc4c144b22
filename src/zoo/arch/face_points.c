// Five points of a face: Open Model Zoo's landmarks-regression-retail-0009
// (github.com/openvinotoolkit/open_model_zoo, Apache-2.0), layer by layer as its published
// intermediate representation. Each layer: convolution, slope below zero, [pool,] batch norm.
#include "zoo/arch.h"

static const struct norm plain = {.has_no_scale = true, .has_no_shift = true};

static struct graph_value *layer(struct graph *g, struct graph_value *x, int number, struct conv c)
{
    const char *name = build_name(g, "conv%d", number);
    c.has_bias = true;
    return build_prelu(g, build_conv(g, x, name, c), build_name(g, "%s/act", name), false);
}

static void build(struct graph *g, const struct zoo_variant *variant, const struct zoo_params *p)
{
    static const struct conv layers[8] = {
        {.out = 16, .kernel = 3, .pad = 1},  {.out = 32, .kernel = 3, .pad = 1},
        {.out = 64, .kernel = 3, .pad = 1},  {.out = 64, .kernel = 3, .pad = 1},
        {.out = 128, .kernel = 3, .pad = 1}, {.out = 128, .kernel = 6, .group = 128},
        {.out = 256, .kernel = 1},           {.out = 64, .kernel = 1}};
    struct conv last = {.out = 10, .kernel = 1, .has_bias = true, .gain = 1};
    if (p->height != variant->height || p->width != variant->height)
        build_fail(g, "takes no input but 48x48");
    if (p->classes != variant->classes)
        build_fail(g, "has no classes to choose");
    struct graph_value *x = build_image(g, p->batch, 3, p->height, p->width);
    x = build_batch_norm(g, x, "data/bn", plain);
    for (int i = 0; i < 8; i++) {
        x = layer(g, x, i + 1, layers[i]);
        if (i < 3)
            x = build_max_pool(g, x, build_name(g, "pool%d", i + 1), (struct pool){.kernel = 2});
        if (i < 7)
            x = build_batch_norm(g, x, build_name(g, "bn%d", i + 1), plain);
    }
    build_output(g, build_activation(g, build_conv(g, x, "points", last), "output", ACT_SIGMOID),
                 "output");
}

static const struct zoo_variant variants[] = {
    {"landmarks-regression-retail-0009", NULL, "x and y of five points", 48, 0, 10, false},
    {NULL, NULL, NULL, 0, 0, 0, false}};

extern const struct zoo_family zoo_family_face_points;
const struct zoo_family zoo_family_face_points = {"face-points",
                                                  "face attributes",
                                                  "github.com/openvinotoolkit/open_model_zoo",
                                                  false,
                                                  48,
                                                  variants,
                                                  build};
