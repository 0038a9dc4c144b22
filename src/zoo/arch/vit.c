// Vision Transformer: Dosovitskiy et al., 2020 (arXiv:2010.11929), as torchvision defines it:
// normalisation before each branch, a class token, learned positions. Other input sizes get a
// position table of their own size.
#include "zoo/arch.h"

struct config {
    int64_t patch, layers, heads, features, hidden;
};

static const struct config b16 = {16, 12, 12, 768, 3072}, b32 = {32, 12, 12, 768, 3072};
static const struct config l16 = {16, 24, 16, 1024, 4096}, l32 = {32, 24, 16, 1024, 4096};
static const struct config h14 = {14, 32, 16, 1280, 5120};

static const double epsilon = 1e-6;
// Gain of the last layer of a branch: 2 * layers branches add up to about the size of what they are
// added to.
static const double branch_gain = 0.3;

static struct graph_value *block(struct graph *g, struct graph_value *x, const char *name,
                                 const struct config *c)
{
    const char *mlp = build_name(g, "%s/mlp", name);
    struct graph_value *y = build_layer_norm(g, x, build_name(g, "%s/ln_1", name), epsilon, 1.0);
    y = build_attention(g, y, build_name(g, "%s/self_attention", name), c->heads, branch_gain);
    x = build_add(g, x, y, build_name(g, "%s/add_1", name));
    y = build_layer_norm(g, x, build_name(g, "%s/ln_2", name), epsilon, 1.0);
    y = build_project(g, y, build_name(g, "%s/0", mlp), c->hidden, true, 1.4142);
    y = build_activation(g, y, build_name(g, "%s/gelu", mlp), ACT_GELU);
    y = build_project(g, y, build_name(g, "%s/3", mlp), c->features, true, branch_gain);
    return build_add(g, x, y, build_name(g, "%s/add_2", name));
}

// N x 3 x H x W to N x tokens x features, the class token first, positions added.
static struct graph_value *embed(struct graph *g, struct graph_value *x, const struct config *c,
                                 int64_t batch)
{
    static const int64_t features_last[3] = {0, 2, 1};
    const int64_t one[3] = {1, 1, c->features}, each[3] = {batch, 1, c->features};
    x = build_conv(g, x, "conv_proj",
                   (struct conv){.out = c->features,
                                 .kernel = c->patch,
                                 .stride = c->patch,
                                 .has_bias = true,
                                 .gain = 1.0});
    if (!x)
        return NULL;
    const int64_t flat[3] = {batch, c->features, x->dim[2] * x->dim[3]};
    const int64_t table[3] = {1, flat[2] + 1, c->features};
    x = build_reshape(g, x, "patches", 3, flat);
    struct graph_value *part[2] = {build_expand(g, build_embedding(g, "class_token", 3, one, 1.0),
                                                "class_token/expand", 3, each),
                                   build_transpose(g, x, "tokens", features_last)};
    x = build_concat(g, part, 2, 1, "sequence");
    return build_add(g, x, build_embedding(g, "encoder/pos_embedding", 3, table, 0.5),
                     "encoder/embedded");
}

static void build(struct graph *g, const struct zoo_variant *variant, const struct zoo_params *p)
{
    const struct config *c = variant->config;
    if (p->height % c->patch || p->width % c->patch) {
        build_fail(g, "input %lldx%lld is no multiple of the %lldx%lld patches",
                   (long long)p->height, (long long)p->width, (long long)c->patch,
                   (long long)c->patch);
        return;
    }
    struct graph_value *x = embed(g, build_image(g, p->batch, 3, p->height, p->width), c, p->batch);
    for (int64_t i = 0; i < c->layers; i++)
        x = block(g, x, build_name(g, "encoder/layer_%lld", (long long)i), c);
    x = build_layer_norm(g, x, "encoder/ln", epsilon, 1.0);
    x = build_gather(g, x, "class", 1, 0);
    build_output(g, build_linear(g, x, "head", p->classes, true, 1.0), "output");
}

static const struct zoo_variant variants[] = {
    {"vit-b-16", &b16, "base, patches of 16x16", 224, 0, 0, false},
    {"vit-b-32", &b32, "base, patches of 32x32", 224, 0, 0, false},
    {"vit-l-16", &l16, "large, patches of 16x16", 224, 0, 0, false},
    {"vit-l-32", &l32, "large, patches of 32x32", 224, 0, 0, false},
    {"torchvision/vit_b_16", &b16, "base, patches of 16x16", 224, 0, 0, false},
    {"torchvision/vit_b_32", &b32, "base, patches of 32x32", 224, 0, 0, false},
    {"torchvision/vit_l_16", &l16, "large, patches of 16x16", 224, 0, 0, false},
    {"torchvision/vit_l_32", &l32, "large, patches of 32x32", 224, 0, 0, false},
    {"torchvision/vit_h_14", &h14, "huge, patches of 14x14", 224, 0, 0, false},
    {NULL, NULL, NULL, 0, 0, 0, false}};

extern const struct zoo_family zoo_family_vit;
const struct zoo_family zoo_family_vit = {
    "vit", "classification", "arXiv:2010.11929", false, 14, variants, build};
