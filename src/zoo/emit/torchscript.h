/**
 * torchscript.h - a graph as TorchScript: the text of its forward method.
 */
#ifndef ZOO_EMIT_TORCHSCRIPT_H
#define ZOO_EMIT_TORCHSCRIPT_H

#include "base/strbuf.h"
#include "zoo/graph.h"

/** Weights that the method reads from the module, as attributes w0, w1, … by their index in the
 * graph. */
bool torchscript_is_attribute(const struct graph_value *value);

/** Adds one statement. DLI_E_UNSUPPORTED with the operator's name. */
DLI_MUST_CHECK int torchscript_node(struct strbuf *out, const struct graph_node *node,
                                    struct dli_error *err);

#endif
