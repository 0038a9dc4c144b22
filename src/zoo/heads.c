#include "zoo/heads.h"

// N x channels x height x width -> N x everything, channels last.
static struct graph_value *in_order(struct graph *g, struct graph_value *x, const char *name)
{
    static const int64_t channels_last[4] = {0, 2, 3, 1};
    x = build_transpose(g, x, build_name(g, "%s_perm", name), channels_last);
    return build_flatten(g, x, build_name(g, "%s_flat", name));
}

void heads_add(struct graph *g, struct heads *heads, struct graph_value *location,
               struct graph_value *confidence, const char *name)
{
    if (heads->count == HEADS_MAX) {
        build_fail(g, "more than %d heads", HEADS_MAX);
        return;
    }
    int i = heads->count++;
    heads->location[i] = in_order(g, location, build_name(g, "%s_mbox_loc", name));
    heads->confidence[i] = in_order(g, confidence, build_name(g, "%s_mbox_conf", name));
}

static struct graph_value *join(struct graph *g, struct graph_value *const *x, int count,
                                const char *name)
{
    return count > 1 ? build_concat(g, x, count, 1, name) : x[0];
}

void heads_finish(struct graph *g, struct heads *heads)
{
    struct graph_value *x = join(g, heads->location, heads->count, "mbox_loc");
    build_output(g, x, "mbox_loc");
    x = join(g, heads->confidence, heads->count, "mbox_conf");
    if (!x)
        return;
    if (heads->score == SCORE_SIGMOID) {
        build_output(g, build_activation(g, x, "mbox_conf_sigmoid", ACT_SIGMOID),
                     "mbox_conf_flatten");
        return;
    }
    const int64_t dim[3] = {x->dim[0], x->dim[1] / heads->classes, heads->classes};
    x = build_reshape(g, x, "mbox_conf_reshape", 3, dim);
    x = build_softmax(g, x, "mbox_conf_softmax", -1);
    build_output(g, build_flatten(g, x, "mbox_conf_flatten"), "mbox_conf_flatten");
}
