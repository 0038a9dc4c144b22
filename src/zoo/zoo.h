/**
 * zoo.h - architectures by name: find, build, count, write.
 *
 * A model is named by a specification like «resnet-50», «zoo:resnet-50?input=320&width=0.5&classes=2» or
 * «torchvision/resnet50?batch=8». Names are compared without '-', '_', '.' and case. Keys: batch (1…65536),
 * input (N or HxW), classes, width (channel multiplier, where the family has one), seed (of the weights).
 */
#ifndef ZOO_ZOO_H
#define ZOO_ZOO_H

#include "base/strbuf.h"
#include "zoo/arch.h"

struct zoo_model {
    const struct zoo_family *family;
    const struct zoo_variant *variant;
    struct zoo_params params;
    uint64_t seed;
    bool has_batch; /**< the specification gave a batch */
    bool has_seed;  /**< the specification gave a seed */
};

/** True for «zoo:…»: not a file name. */
bool zoo_is_spec(const char *text);

/** DLI_E_NOTFOUND with the nearest name; DLI_E_ARG for keys and values. */
DLI_MUST_CHECK int zoo_find(struct zoo_model *out, const char *spec, struct dli_error *err);

/** The specification with sorted keys and without defaults: equal models have equal texts. */
void zoo_canonical(struct strbuf *out, const struct zoo_model *model);

/** Builds the graph; `graph` is initialised in any case and released by the caller. */
DLI_MUST_CHECK int zoo_build(struct graph *graph, const struct zoo_model *model, struct dli_error *err);

/** Calls `visit` for every model in the order of families. */
void zoo_each(void (*visit)(const struct zoo_family *family, const struct zoo_variant *variant, void *data), void *data);

/**
 * Fills element `first` … of input `name` by the rule that every framework's worker uses: uniform with mean
 * 0 and variance 1, from random_key(seed, name). Batch item k continues item k-1.
 */
void zoo_fill_input(float *out, size_t count, const char *name, uint64_t seed);

/** Layer table for people: name, operator, output shape, parameters, multiply-adds. */
void zoo_print_layers(struct strbuf *out, const struct graph *graph);

#endif
