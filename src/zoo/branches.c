#include "zoo/branches.h"

static struct graph_value *build_pool_unit(struct graph *g, struct graph_value *x, const char *name,
                                           const struct unit *unit, const struct style *style)
{
    bool is_same = unit->kind == UNIT_MAX_SAME;
    struct pool pool = {.kernel = unit->kernel,
                        .stride = unit->stride,
                        .pad = unit->stride == 1 ? unit->kernel / 2 : 0,
                        .ceil_mode = style->ceil_mode && !is_same,
                        .excludes_pad = style->excludes_pad,
                        .is_same = is_same};
    if (unit->kind == UNIT_AVERAGE)
        return build_average_pool(g, x, name, pool);
    return build_max_pool(g, x, name, pool);
}

struct graph_value *build_unit(struct graph *g, struct graph_value *x, const char *prefix,
                               const struct unit *unit, const struct style *style)
{
    const char *name = build_name(g, "%s%s%s", prefix, *prefix ? "/" : "", unit->name);
    bool is_padded = unit->kind == UNIT_SAME;
    struct conv conv = {.out = unit->out,
                        .kernel = unit->kernel,
                        .kernel_w = unit->kernel_w,
                        .stride = unit->stride,
                        .pad = is_padded ? unit->kernel / 2 : 0,
                        .pad_w = is_padded ? unit->kernel_w / 2 : 0,
                        .has_bias = style->is_plain};
    if (!unit->out)
        return build_pool_unit(g, x, name, unit, style);
    if (style->is_plain)
        return build_conv_act(g, x, name, conv, ACT_RELU);
    return build_conv_bn(g, x, name, conv, style->norm, ACT_RELU);
}

struct graph_value *build_chain(struct graph *g, struct graph_value *x, const char *prefix,
                                const struct unit *chain, const struct style *style)
{
    for (const struct unit *unit = chain; unit->kernel; unit++)
        x = build_unit(g, x, prefix, unit, style);
    return x;
}

struct graph_value *build_branches(struct graph *g, struct graph_value *x, const char *prefix,
                                   const struct unit *const *chain, const struct style *style)
{
    struct graph_value *part[BRANCHES_MAX];
    int count = 0;
    for (; count < BRANCHES_MAX && chain[count]; count++)
        part[count] = build_chain(g, x, prefix, chain[count], style);
    return build_concat(g, part, count, 1, build_name(g, "%s/concat", prefix));
}
