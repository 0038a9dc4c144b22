// Inception with batch norm («v2»): Ioffe, Szegedy, 2015 (arXiv:1502.03167), as the Caffe model
// that Open Model Zoo takes (github.com/lim0606/caffe-googlenet-bn) defines it, and with squeeze
// and excitation as github.com/hujie-frank/SENet does.
#include "zoo/arch.h"
#include "zoo/blocks.h"
#include "zoo/branches.h"

enum { MODULES = 10 };

// 1x1 (0: none, and stride 2); 3x3 reduce, 3x3; double 3x3 reduce, both 3x3; after the pool.
struct module {
    const char *name;
    int64_t out[6];
};

static const struct module modules[MODULES] = {{"inception_3a", {64, 64, 64, 64, 96, 32}},
                                               {"inception_3b", {64, 64, 96, 64, 96, 64}},
                                               {"inception_3c", {0, 128, 160, 64, 96, 0}},
                                               {"inception_4a", {224, 64, 96, 96, 128, 128}},
                                               {"inception_4b", {192, 96, 128, 96, 128, 128}},
                                               {"inception_4c", {160, 128, 160, 128, 160, 96}},
                                               {"inception_4d", {96, 128, 192, 160, 192, 96}},
                                               {"inception_4e", {0, 128, 192, 192, 256, 0}},
                                               {"inception_5a", {352, 192, 320, 160, 224, 128}},
                                               {"inception_5b", {352, 192, 320, 192, 224, 128}}};

struct config {
    bool has_squeeze; // and 128 channels after the pools of 4c and 4d
};

static const struct config plain = {false}, squeezed = {true};
static const struct style style = {false, {1e-5, 0, false, false}, true, false};
// Gates of about 1/2 would let the signal die out over ten modules.
static const struct style gated_style = {false, {1e-5, 1.3, false, false}, true, false};

static struct graph_value *module(struct graph *g, struct graph_value *x, int index,
                                  const struct config *config)
{
    const struct module *m = &modules[index];
    const int64_t *out = m->out;
    int64_t stride = out[0] ? 1 : 2;
    int64_t projected = config->has_squeeze && out[5] == 96 ? 128 : out[5];
    bool is_last = index == MODULES - 1;
    const struct unit one[] = {{"1x1", out[0], 1, 1, 1, UNIT_SAME}, UNIT_END};
    const struct unit three[] = {{"3x3_reduce", out[1], 1, 1, 1, UNIT_SAME},
                                 {"3x3", out[2], 3, 3, stride, UNIT_SAME},
                                 UNIT_END};
    const struct unit twice[] = {{"double3x3_reduce", out[3], 1, 1, 1, UNIT_SAME},
                                 {"double3x3a", out[4], 3, 3, 1, UNIT_SAME},
                                 {"double3x3b", out[4], 3, 3, stride, UNIT_SAME},
                                 UNIT_END};
    const struct unit pool[] = {{"pool", 0, 3, 3, 1, is_last ? UNIT_MAX : UNIT_AVERAGE},
                                {"pool_proj", projected, 1, 1, 1, UNIT_SAME},
                                UNIT_END};
    // Of even sizes this is Caffe's pool that rounds up; odd ones fit beside the convolutions too.
    const struct unit pass[] = {{"pool", 0, 3, 3, 2, UNIT_MAX_SAME}, UNIT_END};
    const struct unit *const keep[] = {one, three, twice, pool, NULL};
    const struct unit *const reduce[] = {three, twice, pass, NULL};
    x = build_branches(g, x, m->name, stride == 1 ? keep : reduce,
                       config->has_squeeze ? &gated_style : &style);
    if (!x || !config->has_squeeze)
        return x;
    return build_squeeze(g, x, build_name(g, "%s/se", m->name),
                         (struct squeeze){x->dim[1] / 16, ACT_RELU, ACT_SIGMOID});
}

static void build(struct graph *g, const struct zoo_variant *variant, const struct zoo_params *p)
{
    static const struct unit stem[] = {{"conv1/7x7_s2", 64, 7, 7, 2, UNIT_SAME},
                                       {"pool1", 0, 3, 3, 2, UNIT_MAX},
                                       {"conv2/3x3_reduce", 64, 1, 1, 1, UNIT_SAME},
                                       {"conv2/3x3", 192, 3, 3, 1, UNIT_SAME},
                                       {"pool2", 0, 3, 3, 2, UNIT_MAX},
                                       UNIT_END};
    struct graph_value *x =
        build_chain(g, build_image(g, p->batch, 3, p->height, p->width), "", stem, &style);
    for (int i = 0; i < MODULES; i++)
        x = module(g, x, i, variant->config);
    x = build_global_pool(g, x, "pool5");
    build_output(g, build_linear(g, x, "classifier", p->classes, true, 1.0), "output");
}

static const struct zoo_variant variants[] = {
    {"googlenet-v2", &plain, "Inception with batch norm", 224, 0, 0, false},
    {"se-inception", &squeezed, "with squeeze and excitation", 224, 0, 0, false},
    {NULL, NULL, NULL, 0, 0, 0, false}};

extern const struct zoo_family zoo_family_inception_bn;
const struct zoo_family zoo_family_inception_bn = {
    "inception_bn", "classification", "arXiv:1502.03167", false, 40, variants, build};
