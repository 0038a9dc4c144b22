// Inception v4: Szegedy, Ioffe, Vanhoucke, Alemi, 2016 (arXiv:1602.07261), figures 3 to 9, as the
// Caffe model that Open Model Zoo takes (github.com/soeaver/caffe-model) defines it.
#include "zoo/arch.h"
#include "zoo/branches.h"

// Pools round down, as TensorFlow's do: at 299x299 it is the same, and other sizes fit too.
static const struct style style = {false, {1e-3, 0, false, false}, false, false};

static const struct unit max_pool[] = {{"pool", 0, 3, 3, 2, UNIT_MAX}, UNIT_END};

static struct graph_value *stem(struct graph *g, struct graph_value *x)
{
    static const struct unit start[] = {{"conv1_3x3_s2", 32, 3, 3, 2, UNIT_VALID},
                                        {"conv2_3x3", 32, 3, 3, 1, UNIT_VALID},
                                        {"conv3_3x3", 64, 3, 3, 1, UNIT_SAME},
                                        UNIT_END};
    static const struct unit conv1[] = {{"3x3_s2", 96, 3, 3, 2, UNIT_VALID}, UNIT_END};
    static const struct unit three[] = {
        {"3x3_reduce", 64, 1, 1, 1, UNIT_SAME}, {"3x3", 96, 3, 3, 1, UNIT_VALID}, UNIT_END};
    static const struct unit seven[] = {{"7x7_reduce", 64, 1, 1, 1, UNIT_SAME},
                                        {"1x7", 64, 1, 7, 1, UNIT_SAME},
                                        {"7x1", 64, 7, 1, 1, UNIT_SAME},
                                        {"7x7_3x3", 96, 3, 3, 1, UNIT_VALID},
                                        UNIT_END};
    static const struct unit conv3[] = {{"3x3_s2", 192, 3, 3, 2, UNIT_VALID}, UNIT_END};
    static const struct unit *const stem1[] = {max_pool, conv1, NULL}, *const stem2[] = {
                                                                           three, seven, NULL};
    static const struct unit *const stem3[] = {conv3, max_pool, NULL};
    x = build_chain(g, x, "", start, &style);
    x = build_branches(g, x, "stem1", stem1, &style);
    x = build_branches(g, x, "stem2", stem2, &style);
    return build_branches(g, x, "stem3", stem3, &style);
}

static struct graph_value *module_a(struct graph *g, struct graph_value *x, const char *name)
{
    static const struct unit one[] = {{"1x1", 96, 1, 1, 1, UNIT_SAME}, UNIT_END};
    static const struct unit once[] = {
        {"3x3_reduce", 64, 1, 1, 1, UNIT_SAME}, {"3x3", 96, 3, 3, 1, UNIT_SAME}, UNIT_END};
    static const struct unit twice[] = {{"twice_reduce", 64, 1, 1, 1, UNIT_SAME},
                                        {"twice_1", 96, 3, 3, 1, UNIT_SAME},
                                        {"twice_2", 96, 3, 3, 1, UNIT_SAME},
                                        UNIT_END};
    static const struct unit pool[] = {
        {"pool", 0, 3, 3, 1, UNIT_AVERAGE}, {"pool_proj", 96, 1, 1, 1, UNIT_SAME}, UNIT_END};
    static const struct unit *const chains[] = {one, once, twice, pool, NULL};
    return build_branches(g, x, name, chains, &style);
}

static struct graph_value *reduction_a(struct graph *g, struct graph_value *x)
{
    static const struct unit once[] = {{"3x3", 384, 3, 3, 2, UNIT_VALID}, UNIT_END};
    static const struct unit twice[] = {{"twice_reduce", 192, 1, 1, 1, UNIT_SAME},
                                        {"twice_1", 224, 3, 3, 1, UNIT_SAME},
                                        {"twice_2", 256, 3, 3, 2, UNIT_VALID},
                                        UNIT_END};
    static const struct unit *const chains[] = {once, twice, max_pool, NULL};
    return build_branches(g, x, "reduction_a", chains, &style);
}

static struct graph_value *module_b(struct graph *g, struct graph_value *x, const char *name)
{
    static const struct unit one[] = {{"1x1", 384, 1, 1, 1, UNIT_SAME}, UNIT_END};
    static const struct unit once[] = {{"7x7_reduce", 192, 1, 1, 1, UNIT_SAME},
                                       {"1x7", 224, 1, 7, 1, UNIT_SAME},
                                       {"7x1", 256, 7, 1, 1, UNIT_SAME},
                                       UNIT_END};
    static const struct unit twice[] = {
        {"twice_reduce", 192, 1, 1, 1, UNIT_SAME}, {"twice_7x1_1", 192, 7, 1, 1, UNIT_SAME},
        {"twice_1x7_1", 224, 1, 7, 1, UNIT_SAME},  {"twice_7x1_2", 224, 7, 1, 1, UNIT_SAME},
        {"twice_1x7_2", 256, 1, 7, 1, UNIT_SAME},  UNIT_END};
    static const struct unit pool[] = {
        {"pool", 0, 3, 3, 1, UNIT_AVERAGE}, {"pool_proj", 128, 1, 1, 1, UNIT_SAME}, UNIT_END};
    static const struct unit *const chains[] = {one, once, twice, pool, NULL};
    return build_branches(g, x, name, chains, &style);
}

static struct graph_value *reduction_b(struct graph *g, struct graph_value *x)
{
    static const struct unit three[] = {
        {"3x3_reduce", 192, 1, 1, 1, UNIT_SAME}, {"3x3", 192, 3, 3, 2, UNIT_VALID}, UNIT_END};
    static const struct unit seven[] = {{"7x7_reduce", 256, 1, 1, 1, UNIT_SAME},
                                        {"1x7", 256, 1, 7, 1, UNIT_SAME},
                                        {"7x1", 320, 7, 1, 1, UNIT_SAME},
                                        {"7x7_3x3", 320, 3, 3, 2, UNIT_VALID},
                                        UNIT_END};
    static const struct unit *const chains[] = {three, seven, max_pool, NULL};
    return build_branches(g, x, "reduction_b", chains, &style);
}

// Two branches fork into 1x3 and 3x1.
static struct graph_value *module_c(struct graph *g, struct graph_value *x, const char *name)
{
    static const struct unit one = {"1x1", 256, 1, 1, 1, UNIT_SAME},
                             reduce = {"3x3_reduce", 384, 1, 1, 1, UNIT_SAME};
    static const struct unit wide = {"1x3", 256, 1, 3, 1, UNIT_SAME},
                             high = {"3x1", 256, 3, 1, 1, UNIT_SAME};
    static const struct unit twice[] = {{"twice_reduce", 384, 1, 1, 1, UNIT_SAME},
                                        {"twice_3x1", 448, 3, 1, 1, UNIT_SAME},
                                        {"twice_1x3", 512, 1, 3, 1, UNIT_SAME},
                                        UNIT_END};
    static const struct unit twice_wide = {"fork_1x3", 256, 1, 3, 1, UNIT_SAME},
                             twice_high = {"fork_3x1", 256, 3, 1, 1, UNIT_SAME};
    static const struct unit pool[] = {
        {"pool", 0, 3, 3, 1, UNIT_AVERAGE}, {"pool_proj", 256, 1, 1, 1, UNIT_SAME}, UNIT_END};
    struct graph_value *middle = build_unit(g, x, name, &reduce, &style);
    struct graph_value *deep = build_chain(g, x, name, twice, &style);
    struct graph_value *part[] = {build_unit(g, x, name, &one, &style),
                                  build_unit(g, middle, name, &wide, &style),
                                  build_unit(g, middle, name, &high, &style),
                                  build_unit(g, deep, name, &twice_wide, &style),
                                  build_unit(g, deep, name, &twice_high, &style),
                                  build_chain(g, x, name, pool, &style)};
    return build_concat(g, part, 6, 1, build_name(g, "%s/concat", name));
}

static void build(struct graph *g, const struct zoo_variant *variant, const struct zoo_params *p)
{
    (void)variant;
    struct graph_value *x = stem(g, build_image(g, p->batch, 3, p->height, p->width));
    for (int i = 0; i < 4; i++)
        x = module_a(g, x, build_name(g, "inception_a%d", i + 1));
    x = reduction_a(g, x);
    for (int i = 0; i < 7; i++)
        x = module_b(g, x, build_name(g, "inception_b%d", i + 1));
    x = reduction_b(g, x);
    for (int i = 0; i < 3; i++)
        x = module_c(g, x, build_name(g, "inception_c%d", i + 1));
    x = build_global_pool(g, x, "pool");
    build_output(g, build_linear(g, x, "classifier", p->classes, true, 1.0), "output");
}

static const struct zoo_variant variants[] = {
    {"googlenet-v4", NULL, "Caffe's Inception v4", 299, 0, 0, false},
    {NULL, NULL, NULL, 0, 0, 0, false}};

extern const struct zoo_family zoo_family_inception_v4;
const struct zoo_family zoo_family_inception_v4 = {
    "inception_v4", "classification", "arXiv:1602.07261", false, 75, variants, build};
