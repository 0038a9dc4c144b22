/**
 * heads.h - the end of a single-shot detector (Liu et al., 2015, arXiv:1512.02325).
 *
 * Every feature map that is looked at gives offsets of boxes and scores of classes. They are put
 * into one order (map, row, column, box) and joined: output «mbox_loc», N x boxes·4, and output
 * «mbox_conf_flatten», N x boxes·classes. The boxes that the offsets refer to depend on the input's
 * size alone, and suppressing overlaps on what is seen: both are the application's work, as every
 * framework has its own operator for them, or none.
 */
#ifndef ZOO_HEADS_H
#define ZOO_HEADS_H

#include "zoo/build.h"

enum { HEADS_MAX = 16 };

enum head_score { SCORE_SOFTMAX, SCORE_SIGMOID };

struct heads {
    int64_t classes; /**< with the background */
    enum head_score score;
    int count;
    struct graph_value *location[HEADS_MAX], *confidence[HEADS_MAX];
};

/** Adds the results of two convolutions, of 4 and of `classes` channels for each box; `name` is the
 * head's. */
void heads_add(struct graph *g, struct heads *heads, struct graph_value *location,
               struct graph_value *confidence, const char *name);
/** Joins what was added into the graph's two outputs. */
void heads_finish(struct graph *g, struct heads *heads);

#endif
