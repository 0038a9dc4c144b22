#include "zoo/blocks.h"

struct graph_value *build_squeeze(struct graph *g, struct graph_value *x, const char *name,
                                  struct squeeze s)
{
    if (!x)
        return NULL;
    struct conv reduce = {.out = s.channels, .kernel = 1, .has_bias = true};
    struct conv expand = {.out = x->dim[1], .kernel = 1, .has_bias = true, .gain = 0.5};
    struct graph_value *y = build_global_pool(g, x, build_name(g, "%s/pool", name));
    y = build_conv_act(g, y, build_name(g, "%s/reduce", name), reduce, s.inner);
    y = build_conv_act(g, y, build_name(g, "%s/expand", name), expand, s.gate);
    return build_mul(g, x, y, name);
}

struct graph_value *build_separable(struct graph *g, struct graph_value *x, const char *name,
                                    struct separable s)
{
    if (!x)
        return NULL;
    struct norm norm = {.epsilon = s.epsilon};
    int64_t dilation = s.dilation ? s.dilation : 1;
    struct conv each = {.out = x->dim[1],
                        .kernel = 3,
                        .stride = s.stride,
                        .dilation = dilation,
                        .pad = s.is_same ? 0 : dilation,
                        .group = x->dim[1],
                        .is_same = s.is_same};
    x = build_conv_bn(g, x, build_name(g, "%s/dw", name), each, norm, s.act);
    return build_conv_bn(g, x, build_name(g, "%s/sep", name),
                         (struct conv){.out = s.out, .kernel = 1}, norm, s.act);
}

// Expansion and the convolution over pixels, which a fused block does in one.
static struct graph_value *widen(struct graph *g, struct graph_value *x, const char *name,
                                 const struct inverted *b)
{
    struct norm norm = {.epsilon = b->epsilon};
    int64_t pad = b->is_same ? 0 : b->kernel / 2;
    struct conv spatial = {.out = b->expanded,
                           .kernel = b->kernel,
                           .stride = b->stride,
                           .pad = pad,
                           .group = b->is_fused ? 1 : b->expanded,
                           .is_same = b->is_same};
    if (b->is_fused)
        return build_conv_bn(g, x, build_name(g, "%s/expand", name), spatial, norm, b->act);
    if (b->always_expands || b->expanded != x->dim[1])
        x = build_conv_bn(g, x, build_name(g, "%s/expand", name),
                          (struct conv){.out = b->expanded, .kernel = 1}, norm, b->act);
    if (b->expanded_map)
        *b->expanded_map = x;
    return build_conv_bn(g, x, build_name(g, "%s/depthwise", name), spatial, norm, b->act);
}

struct graph_value *build_inverted(struct graph *g, struct graph_value *x, const char *name,
                                   struct inverted b)
{
    if (!x)
        return NULL;
    bool is_residual = b.stride == 1 && x->dim[1] == b.out;
    bool has_squeeze = b.squeeze.channels > 0;
    struct norm end = {.epsilon = b.epsilon, .scale = is_residual ? b.branch_scale : 1};
    // Gates are near 1/2, which the projection makes good.
    struct conv project = {.out = b.out, .kernel = 1, .gain = has_squeeze ? 1.8 : 1};
    struct graph_value *y = x;
    if (b.is_fused && b.expanded == x->dim[1]) {
        struct conv only = {
            .out = b.out, .kernel = b.kernel, .stride = b.stride, .is_same = b.is_same};
        only.pad = b.is_same ? 0 : b.kernel / 2;
        y = build_conv_bn(g, y, build_name(g, "%s/project", name), only, end, b.act);
    } else {
        y = widen(g, y, name, &b);
        if (has_squeeze)
            y = build_squeeze(g, y, build_name(g, "%s/squeeze", name), b.squeeze);
        y = build_conv_bn(g, y, build_name(g, "%s/project", name), project, end, ACT_NONE);
    }
    return is_residual ? build_add(g, y, x, build_name(g, "%s/add", name)) : y;
}
