// GoogLeNet: Szegedy et al., 2014 (arXiv:1409.4842), as Caffe's bvlc_googlenet defines it;
// torchvision's has batch norm and no local response normalisation, and its «5x5» branch is 3x3.
// The auxiliary heads serve training only and are left out.
#include "zoo/arch.h"
#include "zoo/branches.h"

enum { MODULES = 9 };

// 1x1; 3x3 reduce, 3x3; 5x5 reduce, 5x5; after the pool.
struct module {
    const char *name;
    int64_t out[6];
};

static const struct module modules[MODULES] = {{"inception_3a", {64, 96, 128, 16, 32, 32}},
                                               {"inception_3b", {128, 128, 192, 32, 96, 64}},
                                               {"inception_4a", {192, 96, 208, 16, 48, 64}},
                                               {"inception_4b", {160, 112, 224, 24, 64, 64}},
                                               {"inception_4c", {128, 128, 256, 24, 64, 64}},
                                               {"inception_4d", {112, 144, 288, 32, 64, 64}},
                                               {"inception_4e", {256, 160, 320, 32, 128, 128}},
                                               {"inception_5a", {256, 160, 320, 32, 128, 128}},
                                               {"inception_5b", {384, 192, 384, 48, 128, 128}}};

struct config {
    struct style style;
    int64_t large;     // kernel of the «5x5» branch
    int64_t last_pool; // kernel of the pool before inception_5a
};

static const struct config caffe = {{true, {0, 0, false, false}, true, false}, 5, 3};
static const struct config torchvision = {{false, {1e-3, 0, false, false}, true, false}, 3, 2};

static struct graph_value *module(struct graph *g, struct graph_value *x, const struct module *m,
                                  const struct config *c)
{
    const int64_t *out = m->out;
    const struct unit one[] = {{"1x1", out[0], 1, 1, 1, UNIT_SAME}, UNIT_END};
    const struct unit three[] = {
        {"3x3_reduce", out[1], 1, 1, 1, UNIT_SAME}, {"3x3", out[2], 3, 3, 1, UNIT_SAME}, UNIT_END};
    const struct unit five[] = {{"5x5_reduce", out[3], 1, 1, 1, UNIT_SAME},
                                {"5x5", out[4], c->large, c->large, 1, UNIT_SAME},
                                UNIT_END};
    const struct unit pool[] = {
        {"pool", 0, 3, 3, 1, UNIT_MAX}, {"pool_proj", out[5], 1, 1, 1, UNIT_SAME}, UNIT_END};
    const struct unit *const chains[] = {one, three, five, pool, NULL};
    return build_branches(g, x, m->name, chains, &c->style);
}

static struct graph_value *stem(struct graph *g, struct graph_value *x, const struct style *style)
{
    static const struct unit pool1 = {"pool1", 0, 3, 3, 2, UNIT_MAX},
                             pool2 = {"pool2", 0, 3, 3, 2, UNIT_MAX};
    static const struct unit conv1 = {"conv1/7x7_s2", 64, 7, 7, 2, UNIT_SAME};
    static const struct unit conv2[] = {{"conv2/3x3_reduce", 64, 1, 1, 1, UNIT_SAME},
                                        {"conv2/3x3", 192, 3, 3, 1, UNIT_SAME},
                                        UNIT_END};
    x = build_unit(g, build_unit(g, x, "", &conv1, style), "", &pool1, style);
    if (style->is_plain)
        x = build_lrn(g, x, "pool1/norm1", 5, 1e-4, 0.75, 1);
    x = build_chain(g, x, "", conv2, style);
    if (style->is_plain)
        x = build_lrn(g, x, "conv2/norm2", 5, 1e-4, 0.75, 1);
    return build_unit(g, x, "", &pool2, style);
}

static void build(struct graph *g, const struct zoo_variant *variant, const struct zoo_params *p)
{
    const struct config *config = variant->config;
    const struct unit pool3 = {"pool3", 0, 3, 3, 2, UNIT_MAX};
    const struct unit pool4 = {"pool4", 0, config->last_pool, config->last_pool, 2, UNIT_MAX};
    struct graph_value *x =
        stem(g, build_image(g, p->batch, 3, p->height, p->width), &config->style);
    for (int i = 0; i < MODULES; i++) {
        x = module(g, x, &modules[i], config);
        if (i == 1)
            x = build_unit(g, x, "", &pool3, &config->style);
        else if (i == 6)
            x = build_unit(g, x, "", &pool4, &config->style);
    }
    x = build_global_pool(g, x, "pool5");
    build_output(g, build_linear(g, x, "classifier", p->classes, true, 1.0), "output");
}

static const struct zoo_variant variants[] = {
    {"googlenet-v1", &caffe, "Caffe's: biases and local response normalisation", 224, 0, 0, false},
    {"torchvision/googlenet", &torchvision, "batch norm, 3x3 in place of 5x5", 224, 0, 0, false},
    {NULL, NULL, NULL, 0, 0, 0, false}};

extern const struct zoo_family zoo_family_googlenet;
const struct zoo_family zoo_family_googlenet = {
    "googlenet", "classification", "arXiv:1409.4842", false, 32, variants, build};
