// Inception-ResNet v2: Szegedy, Ioffe, Vanhoucke, Alemi, 2016 (arXiv:1602.07261), as the Caffe
// model that Open Model Zoo takes (github.com/soeaver/caffe-model) defines it: residual branches
// end in a convolution with bias and are scaled down.
#include "zoo/arch.h"
#include "zoo/branches.h"

// Pools round down, as TensorFlow's do: at 299x299 it is the same, and other sizes fit too.
static const struct style style = {false, {1e-3, 0, false, false}, false, false};

static const struct unit max_pool[] = {{"pool", 0, 3, 3, 2, UNIT_MAX}, UNIT_END};

// The chains of one kind of residual block, how much of it is added, how often it stands.
struct residual {
    const char *name;
    const struct unit *const *chain;
    double scale;
    int repeat;
};

static const struct unit a_one[] = {{"1x1", 32, 1, 1, 1, UNIT_SAME}, UNIT_END};
static const struct unit a_once[] = {
    {"3x3_reduce", 32, 1, 1, 1, UNIT_SAME}, {"3x3", 32, 3, 3, 1, UNIT_SAME}, UNIT_END};
static const struct unit a_twice[] = {{"twice_reduce", 32, 1, 1, 1, UNIT_SAME},
                                      {"twice_1", 48, 3, 3, 1, UNIT_SAME},
                                      {"twice_2", 64, 3, 3, 1, UNIT_SAME},
                                      UNIT_END};
static const struct unit b_one[] = {{"1x1", 192, 1, 1, 1, UNIT_SAME}, UNIT_END};
static const struct unit b_seven[] = {{"7x7_reduce", 128, 1, 1, 1, UNIT_SAME},
                                      {"1x7", 160, 1, 7, 1, UNIT_SAME},
                                      {"7x1", 192, 7, 1, 1, UNIT_SAME},
                                      UNIT_END};
static const struct unit c_one[] = {{"1x1", 192, 1, 1, 1, UNIT_SAME}, UNIT_END};
static const struct unit c_three[] = {{"3x3_reduce", 192, 1, 1, 1, UNIT_SAME},
                                      {"1x3", 224, 1, 3, 1, UNIT_SAME},
                                      {"3x1", 256, 3, 1, 1, UNIT_SAME},
                                      UNIT_END};
static const struct unit *const a_chains[] = {a_one, a_once, a_twice, NULL};
static const struct unit *const b_chains[] = {b_one, b_seven, NULL}, *const c_chains[] = {
                                                                         c_one, c_three, NULL};
static const struct residual kind_a = {"a", a_chains, 0.17, 10}, kind_b = {"b", b_chains, 0.1, 20},
                             kind_c = {"c", c_chains, 0.2, 9};

static struct graph_value *residual(struct graph *g, struct graph_value *x, const char *name,
                                    const struct residual *kind, double scale, enum activation act)
{
    struct graph_value *y = build_branches(g, x, name, kind->chain, &style);
    if (!y)
        return NULL;
    y = build_conv(g, y, build_name(g, "%s/up", name),
                   (struct conv){.out = x->dim[1], .kernel = 1, .has_bias = true, .gain = 1});
    if (scale != 1)
        y = build_scale(g, y, build_name(g, "%s/scaled", name), scale);
    return build_activation(g, build_add(g, x, y, build_name(g, "%s/add", name)),
                            build_name(g, "%s/relu", name), act);
}

static struct graph_value *residuals(struct graph *g, struct graph_value *x,
                                     const struct residual *kind)
{
    for (int i = 0; i < kind->repeat; i++)
        x = residual(g, x, build_name(g, "%s%d", kind->name, i + 1), kind, kind->scale, ACT_RELU);
    return x;
}

static struct graph_value *stem(struct graph *g, struct graph_value *x)
{
    static const struct unit start[] = {
        {"conv1_3x3_s2", 32, 3, 3, 2, UNIT_VALID}, {"conv2_3x3", 32, 3, 3, 1, UNIT_VALID},
        {"conv3_3x3", 64, 3, 3, 1, UNIT_SAME},     {"pool1", 0, 3, 3, 2, UNIT_MAX},
        {"conv4_reduce", 80, 1, 1, 1, UNIT_SAME},  {"conv4_3x3", 192, 3, 3, 1, UNIT_VALID},
        {"pool2", 0, 3, 3, 2, UNIT_MAX},           UNIT_END};
    static const struct unit one[] = {{"1x1", 96, 1, 1, 1, UNIT_SAME}, UNIT_END};
    static const struct unit five[] = {
        {"5x5_reduce", 48, 1, 1, 1, UNIT_SAME}, {"5x5", 64, 5, 5, 1, UNIT_SAME}, UNIT_END};
    static const struct unit twice[] = {{"3x3_reduce", 64, 1, 1, 1, UNIT_SAME},
                                        {"3x3_1", 96, 3, 3, 1, UNIT_SAME},
                                        {"3x3_2", 96, 3, 3, 1, UNIT_SAME},
                                        UNIT_END};
    static const struct unit pool[] = {
        {"pool", 0, 3, 3, 1, UNIT_AVERAGE}, {"pool_proj", 64, 1, 1, 1, UNIT_SAME}, UNIT_END};
    static const struct unit *const chains[] = {one, five, twice, pool, NULL};
    return build_branches(g, build_chain(g, x, "", start, &style), "stem", chains, &style);
}

static struct graph_value *reduction_a(struct graph *g, struct graph_value *x)
{
    static const struct unit once[] = {{"3x3", 384, 3, 3, 2, UNIT_VALID}, UNIT_END};
    static const struct unit twice[] = {{"twice_reduce", 256, 1, 1, 1, UNIT_SAME},
                                        {"twice_1", 256, 3, 3, 1, UNIT_SAME},
                                        {"twice_2", 384, 3, 3, 2, UNIT_VALID},
                                        UNIT_END};
    static const struct unit *const chains[] = {once, twice, max_pool, NULL};
    return build_branches(g, x, "reduction_a", chains, &style);
}

static struct graph_value *reduction_b(struct graph *g, struct graph_value *x)
{
    static const struct unit first[] = {
        {"first_reduce", 256, 1, 1, 1, UNIT_SAME}, {"first", 384, 3, 3, 2, UNIT_VALID}, UNIT_END};
    static const struct unit second[] = {
        {"second_reduce", 256, 1, 1, 1, UNIT_SAME}, {"second", 288, 3, 3, 2, UNIT_VALID}, UNIT_END};
    static const struct unit twice[] = {{"twice_reduce", 256, 1, 1, 1, UNIT_SAME},
                                        {"twice_1", 288, 3, 3, 1, UNIT_SAME},
                                        {"twice_2", 320, 3, 3, 2, UNIT_VALID},
                                        UNIT_END};
    static const struct unit *const chains[] = {first, second, twice, max_pool, NULL};
    return build_branches(g, x, "reduction_b", chains, &style);
}

static void build(struct graph *g, const struct zoo_variant *variant, const struct zoo_params *p)
{
    static const struct unit last = {"conv6_1x1", 1536, 1, 1, 1, UNIT_SAME};
    (void)variant;
    struct graph_value *x = stem(g, build_image(g, p->batch, 3, p->height, p->width));
    x = reduction_a(g, residuals(g, x, &kind_a));
    x = reduction_b(g, residuals(g, x, &kind_b));
    x = residual(g, residuals(g, x, &kind_c), "c10", &kind_c, 1, ACT_NONE);
    x = build_global_pool(g, build_unit(g, x, "", &last, &style), "pool");
    build_output(g, build_linear(g, x, "classifier", p->classes, true, 1.0), "output");
}

static const struct zoo_variant variants[] = {
    {"inception-resnet-v2", NULL, "Caffe's", 299, 0, 0, false}, {NULL, NULL, NULL, 0, 0, 0, false}};

extern const struct zoo_family zoo_family_inception_resnet;
const struct zoo_family zoo_family_inception_resnet = {
    "inception_resnet", "classification", "arXiv:1602.07261", false, 75, variants, build};
