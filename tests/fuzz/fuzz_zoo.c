// Specifications of zoo models: a graph or one clear error, never a crash, also for absurd sizes.
#include <stdlib.h>

#include "zoo/zoo.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t bytes);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t bytes)
{
    static const char *const models[] = {"squeezenet1.1", "mobilenet-v2", "alexnet", "resnet-50"};
    char spec[96];
    struct zoo_model model;
    struct graph graph;
    struct dli_error err = {0};
    if (bytes < 1)
        return 0;
    // The first byte chooses a model for the keys, or leaves the whole text to the finder.
    const char *name = data[0] < 4 ? models[data[0]] : "";
    snprintf(spec, sizeof(spec), "%s%s%.*s", name, *name ? "?" : "",
             (int)(bytes - 1 < 60 ? bytes - 1 : 60), (const char *)data + 1);
    int result = zoo_find(&model, spec, &err);
    if (result == DLI_OK) {
        result = zoo_build(&graph, &model, &err);
        if (result == DLI_OK)
            (void)graph_count(&graph);
        graph_release(&graph);
    }
    if (result != DLI_OK && err.text[0] == '\0')
        abort();
    return 0;
}
