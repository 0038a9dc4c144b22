// Features of one frame of a video, which a decoder joins over 16 frames: the convolutions of
// ResNet-34 (arXiv:1512.03385) without its classifier, by the counts of Open Model Zoo
// (github.com/openvinotoolkit/open_model_zoo, models/intel/action-recognition-0001) for its
// own network.
// Approximate: parameters and multiply-adds equal the published ones, but the layers were not
// compared with the authors' definition one by one.
#include "zoo/arch.h"

static const struct norm plain = {0}, branch_end = {.scale = 0.3};

static struct graph_value *block(struct graph *g, struct graph_value *x, const char *name,
                                 int64_t out, int64_t stride)
{
    struct conv first = {.out = out, .kernel = 3, .pad = 1, .stride = stride};
    struct conv second = {.out = out, .kernel = 3, .pad = 1};
    struct conv project = {.out = out, .kernel = 1, .stride = stride};
    struct graph_value *shortcut = x;
    if (x && x->dim[1] != out)
        shortcut =
            build_conv_bn(g, x, build_name(g, "%s/shortcut", name), project, plain, ACT_NONE);
    x = build_conv_bn(g, x, build_name(g, "%s/conv1", name), first, plain, ACT_RELU);
    x = build_conv_bn(g, x, build_name(g, "%s/conv2", name), second, branch_end, ACT_NONE);
    x = build_add(g, x, shortcut, build_name(g, "%s/add", name));
    return build_activation(g, x, build_name(g, "%s/relu", name), ACT_RELU);
}

static void build(struct graph *g, const struct zoo_variant *variant, const struct zoo_params *p)
{
    static const int repeat[4] = {3, 4, 6, 3};
    struct conv first = {.out = 64, .kernel = 7, .pad = 3, .stride = 2};
    if (p->classes != variant->classes)
        build_fail(g, "has no classes to choose");
    struct graph_value *x = build_image(g, p->batch, 3, p->height, p->width);
    x = build_conv_bn(g, x, "conv1", first, plain, ACT_RELU);
    x = build_max_pool(g, x, "pool1", (struct pool){.kernel = 3, .stride = 2, .pad = 1});
    for (int stage = 0; stage < 4; stage++)
        for (int i = 0; i < repeat[stage]; i++)
            x = block(g, x, build_name(g, "layer%d.%d", stage + 1, i), INT64_C(64) << stage,
                      stage > 0 && i == 0 ? 2 : 1);
    build_output(g, build_global_pool(g, x, "features"), "features");
}

static const struct zoo_variant variants[] = {
    {"action-recognition-0001-encoder", NULL, "512 features of a frame", 224, 0, 512, true},
    {NULL, NULL, NULL, 0, 0, 0, false}};

extern const struct zoo_family zoo_family_action_encoder;
const struct zoo_family zoo_family_action_encoder = {
    "action-encoder", "action recognition", "arXiv:1512.03385", false, 32, variants, build};
