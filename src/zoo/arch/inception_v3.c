// Inception v3: Szegedy et al., 2015 (arXiv:1512.00567). TF-slim's fixes gamma of batch norm at 1,
// leaves padding out of averages and has 1001 classes; torchvision's counts an auxiliary head among
// its parameters, which serves training only.
#include "zoo/arch.h"
#include "zoo/branches.h"

struct config {
    struct style style;
    bool has_training_head;
};

static const struct config slim = {{false, {1e-3, 0, true, false}, false, true}, false};
static const struct config torchvision = {{false, {1e-3, 0, false, false}, false, false}, true};
static const struct config pytorch = {{false, {1e-3, 0, false, false}, false, false}, false};

static const struct unit stem[] = {
    {"Conv2d_1a_3x3", 32, 3, 3, 2, UNIT_VALID}, {"Conv2d_2a_3x3", 32, 3, 3, 1, UNIT_VALID},
    {"Conv2d_2b_3x3", 64, 3, 3, 1, UNIT_SAME},  {"MaxPool_3a_3x3", 0, 3, 3, 2, UNIT_MAX},
    {"Conv2d_3b_1x1", 80, 1, 1, 1, UNIT_SAME},  {"Conv2d_4a_3x3", 192, 3, 3, 1, UNIT_VALID},
    {"MaxPool_5a_3x3", 0, 3, 3, 2, UNIT_MAX},   UNIT_END};

// 35x35: figure 5.
static struct graph_value *module_a(struct graph *g, struct graph_value *x, const char *name,
                                    int64_t projected, const struct style *style)
{
    static const struct unit one[] = {{"1x1", 64, 1, 1, 1, UNIT_SAME}, UNIT_END};
    static const struct unit five[] = {
        {"5x5_reduce", 48, 1, 1, 1, UNIT_SAME}, {"5x5", 64, 5, 5, 1, UNIT_SAME}, UNIT_END};
    static const struct unit twice[] = {{"3x3_reduce", 64, 1, 1, 1, UNIT_SAME},
                                        {"3x3_1", 96, 3, 3, 1, UNIT_SAME},
                                        {"3x3_2", 96, 3, 3, 1, UNIT_SAME},
                                        UNIT_END};
    const struct unit pool[] = {
        {"pool", 0, 3, 3, 1, UNIT_AVERAGE}, {"pool_proj", projected, 1, 1, 1, UNIT_SAME}, UNIT_END};
    const struct unit *const chains[] = {one, five, twice, pool, NULL};
    return build_branches(g, x, name, chains, style);
}

static struct graph_value *reduction_a(struct graph *g, struct graph_value *x,
                                       const struct style *style)
{
    static const struct unit once[] = {{"3x3", 384, 3, 3, 2, UNIT_VALID}, UNIT_END};
    static const struct unit twice[] = {{"3x3_reduce", 64, 1, 1, 1, UNIT_SAME},
                                        {"3x3_1", 96, 3, 3, 1, UNIT_SAME},
                                        {"3x3_2", 96, 3, 3, 2, UNIT_VALID},
                                        UNIT_END};
    static const struct unit pool[] = {{"pool", 0, 3, 3, 2, UNIT_MAX}, UNIT_END};
    static const struct unit *const chains[] = {once, twice, pool, NULL};
    return build_branches(g, x, "Mixed_6a", chains, style);
}

// 17x17: figure 6.
static struct graph_value *module_b(struct graph *g, struct graph_value *x, const char *name,
                                    int64_t inner, const struct style *style)
{
    static const struct unit one[] = {{"1x1", 192, 1, 1, 1, UNIT_SAME}, UNIT_END};
    const struct unit once[] = {{"7x7_reduce", inner, 1, 1, 1, UNIT_SAME},
                                {"7x7_1x7", inner, 1, 7, 1, UNIT_SAME},
                                {"7x7_7x1", 192, 7, 1, 1, UNIT_SAME},
                                UNIT_END};
    const struct unit twice[] = {
        {"twice_reduce", inner, 1, 1, 1, UNIT_SAME}, {"twice_7x1_1", inner, 7, 1, 1, UNIT_SAME},
        {"twice_1x7_1", inner, 1, 7, 1, UNIT_SAME},  {"twice_7x1_2", inner, 7, 1, 1, UNIT_SAME},
        {"twice_1x7_2", 192, 1, 7, 1, UNIT_SAME},    UNIT_END};
    static const struct unit pool[] = {
        {"pool", 0, 3, 3, 1, UNIT_AVERAGE}, {"pool_proj", 192, 1, 1, 1, UNIT_SAME}, UNIT_END};
    const struct unit *const chains[] = {one, once, twice, pool, NULL};
    return build_branches(g, x, name, chains, style);
}

static struct graph_value *reduction_b(struct graph *g, struct graph_value *x,
                                       const struct style *style)
{
    static const struct unit three[] = {
        {"3x3_reduce", 192, 1, 1, 1, UNIT_SAME}, {"3x3", 320, 3, 3, 2, UNIT_VALID}, UNIT_END};
    static const struct unit seven[] = {{"7x7_reduce", 192, 1, 1, 1, UNIT_SAME},
                                        {"7x7_1x7", 192, 1, 7, 1, UNIT_SAME},
                                        {"7x7_7x1", 192, 7, 1, 1, UNIT_SAME},
                                        {"7x7_3x3", 192, 3, 3, 2, UNIT_VALID},
                                        UNIT_END};
    static const struct unit pool[] = {{"pool", 0, 3, 3, 2, UNIT_MAX}, UNIT_END};
    static const struct unit *const chains[] = {three, seven, pool, NULL};
    return build_branches(g, x, "Mixed_7a", chains, style);
}

// 8x8: figure 7; two branches fork into 1x3 and 3x1.
static struct graph_value *module_c(struct graph *g, struct graph_value *x, const char *name,
                                    const struct style *style)
{
    static const struct unit one = {"1x1", 320, 1, 1, 1, UNIT_SAME},
                             reduce = {"3x3_reduce", 384, 1, 1, 1, UNIT_SAME};
    static const struct unit wide = {"3x3_1x3", 384, 1, 3, 1, UNIT_SAME},
                             high = {"3x3_3x1", 384, 3, 1, 1, UNIT_SAME};
    static const struct unit twice[] = {{"twice_reduce", 448, 1, 1, 1, UNIT_SAME},
                                        {"twice_3x3", 384, 3, 3, 1, UNIT_SAME},
                                        UNIT_END};
    static const struct unit twice_wide = {"twice_1x3", 384, 1, 3, 1, UNIT_SAME},
                             twice_high = {"twice_3x1", 384, 3, 1, 1, UNIT_SAME};
    static const struct unit pool[] = {
        {"pool", 0, 3, 3, 1, UNIT_AVERAGE}, {"pool_proj", 192, 1, 1, 1, UNIT_SAME}, UNIT_END};
    struct graph_value *middle = build_unit(g, x, name, &reduce, style);
    struct graph_value *deep = build_chain(g, x, name, twice, style);
    struct graph_value *part[] = {build_unit(g, x, name, &one, style),
                                  build_unit(g, middle, name, &wide, style),
                                  build_unit(g, middle, name, &high, style),
                                  build_unit(g, deep, name, &twice_wide, style),
                                  build_unit(g, deep, name, &twice_high, style),
                                  build_chain(g, x, name, pool, style)};
    return build_concat(g, part, 6, 1, build_name(g, "%s/concat", name));
}

// On the last 17x17 map. Its parameters do not depend on the size of the input.
static void count_training_head(struct graph *g, int64_t classes, const struct style *style)
{
    static const int64_t dim[4] = {1, 768, 17, 17};
    static const struct unit chain[] = {
        {"conv0", 128, 1, 1, 1, UNIT_SAME}, {"conv1", 768, 5, 5, 1, UNIT_VALID}, UNIT_END};
    struct graph head;
    graph_init(&head, "AuxLogits", g->seed);
    struct graph_value *x = build_input(&head, "data", 4, dim);
    x = build_average_pool(&head, x, "pool", (struct pool){.kernel = 5, .stride = 3});
    x = build_global_pool(&head, build_chain(&head, x, "", chain, style), "global");
    build_output(&head, build_linear(&head, x, "fc", classes, true, 1.0), "output");
    build_training_head(g, &head);
    graph_release(&head);
}

static void build(struct graph *g, const struct zoo_variant *variant, const struct zoo_params *p)
{
    static const int64_t projected[] = {32, 64, 64}, inner[] = {128, 160, 160, 192};
    const struct config *config = variant->config;
    const struct style *style = &config->style;
    struct graph_value *x =
        build_chain(g, build_image(g, p->batch, 3, p->height, p->width), "", stem, style);
    for (int i = 0; i < 3; i++)
        x = module_a(g, x, build_name(g, "Mixed_5%c", 'b' + i), projected[i], style);
    x = reduction_a(g, x, style);
    for (int i = 0; i < 4; i++)
        x = module_b(g, x, build_name(g, "Mixed_6%c", 'b' + i), inner[i], style);
    if (config->has_training_head)
        count_training_head(g, p->classes, style);
    x = reduction_b(g, x, style);
    x = module_c(g, x, "Mixed_7b", style);
    x = module_c(g, x, "Mixed_7c", style);
    x = build_global_pool(g, x, "pool");
    build_output(g, build_linear(g, x, "fc", p->classes, true, 1.0), "output");
}

static const struct zoo_variant variants[] = {
    {"googlenet-v3", &slim, "TF-slim's Inception v3: 1001 classes", 299, 0, 1001, false},
    {"googlenet-v3-pytorch", &pytorch, "torchvision's Inception v3 without its training head", 299,
     0, 0, false},
    {"torchvision/inception_v3", &torchvision, "its parameter count includes the training head",
     299, 0, 0, false},
    {NULL, NULL, NULL, 0, 0, 0, false}};

extern const struct zoo_family zoo_family_inception_v3;
const struct zoo_family zoo_family_inception_v3 = {
    "inception_v3", "classification", "arXiv:1512.00567", false, 75, variants, build};
