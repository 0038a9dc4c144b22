// SqueezeNet: Iandola et al., 2016 (arXiv:1602.07360); 1.1 is the authors' later, cheaper version. torchvision's are the same
// networks for 224x224 without the padding of the last convolution of the authors' 1.0.
#include "zoo/arch.h"

struct config {
    bool is_v11;
    int64_t last_pad;
};

static const struct config v10 = {false, 1}, v10_torchvision = {false, 0}, v11 = {true, 0};

static struct graph_value *fire(struct graph *g, struct graph_value *x, int number, int64_t squeeze, int64_t expand)
{
    const char *name = build_name(g, "fire%d", number);
    x = build_conv_act(g, x, build_name(g, "%s/squeeze", name), (struct conv){.out = squeeze, .kernel = 1, .has_bias = true}, ACT_RELU);
    struct graph_value *part[2] = {
        build_conv_act(g, x, build_name(g, "%s/expand1x1", name), (struct conv){.out = expand, .kernel = 1, .has_bias = true}, ACT_RELU),
        build_conv_act(g, x, build_name(g, "%s/expand3x3", name), (struct conv){.out = expand, .kernel = 3, .pad = 1, .has_bias = true}, ACT_RELU)};
    return build_concat(g, part, 2, 1, build_name(g, "%s/concat", name));
}

static void build(struct graph *g, const struct zoo_variant *variant, const struct zoo_params *p)
{
    // {squeeze, expand} of fire2 … fire9
    static const int64_t widths[8][2] = {{16, 64}, {16, 64}, {32, 128}, {32, 128}, {48, 192}, {48, 192}, {64, 256}, {64, 256}};
    const struct config *config = variant->config;
    struct pool window = {.kernel = 3, .stride = 2, .ceil_mode = true};
    struct graph_value *x = build_image(g, p->batch, 3, p->height, p->width);
    struct conv first = config->is_v11 ? (struct conv){.out = 64, .kernel = 3, .stride = 2, .has_bias = true}
                                       : (struct conv){.out = 96, .kernel = 7, .stride = 2, .has_bias = true};
    x = build_max_pool(g, build_conv_act(g, x, "conv1", first, ACT_RELU), "pool1", window);
    for (int i = 0; i < 8; i++) {
        x = fire(g, x, i + 2, widths[i][0], widths[i][1]);
        bool is_pooled = config->is_v11 ? i == 1 || i == 3 : i == 2 || i == 6;
        if (is_pooled)
            x = build_max_pool(g, x, build_name(g, "pool%d", i + 2), window);
    }
    struct conv last = {.out = p->classes, .kernel = 1, .pad = config->last_pad, .has_bias = true};
    x = build_conv_act(g, x, "conv10", last, ACT_RELU);
    x = build_flatten(g, build_global_pool(g, x, "pool10"), "flatten");
    build_output(g, x, "output");
}

static const struct zoo_variant variants[] = {{"squeezenet1.0", &v10, "7x7 first convolution", 227, 0, 0, false},
                                              {"squeezenet1.1", &v11, "the authors' cheaper version", 227, 0, 0, false},
                                              {"squeezenet1.1-caffe2", &v11, "the same network from another framework", 227, 0, 0, false},
                                              {"torchvision/squeezenet1_0", &v10_torchvision, "for 224x224", 224, 0, 0, false},
                                              {"torchvision/squeezenet1_1", &v11, "for 224x224", 224, 0, 0, false},
                                              {NULL, NULL, NULL, 0, 0, 0, false}};

extern const struct zoo_family zoo_family_squeezenet;
const struct zoo_family zoo_family_squeezenet = {"squeezenet", "classification", "arXiv:1602.07360", false, 32, variants, build};
