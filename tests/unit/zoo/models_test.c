// Every model of the zoo: found by its name, built at batches and sizes; and what comes out of the
// deep ones.
#include <math.h>
#include <stdlib.h>

#include "base/strbuf.h"
#include "check.h"
#include "zoo/reference/reference.h"
#include "zoo/zoo.h"

static void check_name(const struct zoo_family *family, const struct zoo_variant *variant,
                       void *data)
{
    struct zoo_model model;
    struct dli_error err;
    (void)data;
    check_ok(zoo_find(&model, variant->name, &err));
    if (model.variant != variant || model.family != family)
        fail_msg("'%s' finds '%s'", variant->name, model.variant->name);
    assert_true(variant->about && variant->about[0]);
    assert_true(variant->height >= family->min_input);
}

static void every_name_finds_its_model(void **state)
{
    (void)state;
    zoo_each(check_name, NULL);
}

static void make_spec(char *out, size_t size, const char *name, int64_t batch, int64_t height,
                      int64_t width)
{
    snprintf(out, size, "%s?batch=%lld&input=%lldx%lld", name, (long long)batch, (long long)height,
             (long long)width);
}

// Builds `spec` and checks the shapes of its input and output; false where it cannot take this size
// and says so.
static bool build_spec(const char *spec, struct graph_counts *counts, struct dli_error *err)
{
    struct zoo_model model;
    struct graph graph;
    if (zoo_find(&model, spec, err) != DLI_OK)
        fail_msg("%s", err->text);
    int result = zoo_build(&graph, &model, err);
    if (result == DLI_OK) {
        const int64_t *in = graph.input[0]->dim;
        assert_int_equal(graph.input_count, 1);
        assert_int_equal(in[0], model.params.batch);
        assert_true(in[2] == model.params.height && in[3] == model.params.width);
        assert_int_equal(graph.output[0]->dim[0], model.params.batch);
        assert_int_equal(graph_elements(graph.output[0]),
                         model.params.batch * model.params.classes);
        *counts = graph_count(&graph);
    }
    graph_release(&graph);
    assert_true(result == DLI_OK || result == DLI_E_ARG);
    return result == DLI_OK;
}

// Not every size suits every network (patches of a transformer, maps that must fit each other), but
// one of these does.
static void check_larger(const char *name, int64_t height, int64_t width, int64_t macs)
{
    const int64_t sizes[3][2] = {
        {height + 64, width + 32}, {2 * height, width}, {height + 64, width + 64}};
    struct graph_counts counts;
    struct dli_error err;
    for (int i = 0; i < 3; i++) {
        char spec[160];
        make_spec(spec, sizeof(spec), name, 1, sizes[i][0], sizes[i][1]);
        if (!build_spec(spec, &counts, &err))
            continue;
        if (counts.macs <= macs)
            fail_msg("%s needs no more work than %s", spec, name);
        return;
    }
    fail_msg("no larger input fits: %s", err.text);
}

static void check_sizes(const struct zoo_family *family, const struct zoo_variant *variant,
                        void *data)
{
    struct graph_counts one, two;
    struct dli_error err;
    char spec[160];
    int64_t height = variant->height, width = variant->width ? variant->width : height;
    (void)data;
    if (strcmp(family->task, "classification") != 0)
        return;
    make_spec(spec, sizeof(spec), variant->name, 2, height, width);
    if (!build_spec(variant->name, &one, &err) || !build_spec(spec, &two, &err))
        fail_msg("%s", err.text);
    assert_int_equal(two.macs, 2 * one.macs);
    assert_int_equal(two.total, one.total);
    check_larger(variant->name, height, width, one.macs);
}

static void every_model_builds_at_batches_and_sizes(void **state)
{
    (void)state;
    zoo_each(check_sizes, NULL);
}

static void check_output(const char *spec)
{
    struct zoo_model model;
    struct graph graph;
    struct dli_error err;
    double sum = 0;
    check_ok(zoo_find(&model, spec, &err));
    check_ok(zoo_build(&graph, &model, &err));
    int64_t in_count = graph_elements(graph.input[0]), out_count = graph_elements(graph.output[0]);
    float *in = xmalloc((size_t)in_count * sizeof(*in));
    float *out = xmalloc((size_t)out_count * sizeof(*out));
    zoo_fill_input(in, (size_t)in_count, graph.input[0]->name, 1);
    check_ok(reference_run(&graph, (const float *const[]){in}, (float *const[]){out}, 2, &err));
    for (int64_t i = 0; i < out_count; i++)
        sum += (double)out[i] * out[i];
    double rms = sqrt(sum / (double)out_count);
    if (!(rms > 0.1 && rms < 10)) // false for NaN too
        fail_msg("%s: outputs have a root mean square of %g", spec, rms);
    free(in);
    free(out);
    graph_release(&graph);
}

static void outputs_are_of_order_one(void **state)
{
    static const char *const specs[] = {"alexnet?input=67",
                                        "vgg19?input=32&width=0.25",
                                        "torchvision/vgg11_bn?input=32&width=0.25",
                                        "squeezenet1.0?input=64",
                                        "resnet-18?input=64",
                                        "resnet-152?input=32&width=0.5",
                                        "se-resnext-101?input=32&width=0.5",
                                        "densenet-201?input=32",
                                        "torchvision/densenet121?input=32",
                                        "mobilenet-v1-0.25-128",
                                        "mobilenet-v2?input=64",
                                        "torchvision/mobilenet_v2?input=64&width=0.5",
                                        "mobilenet-v3-small?input=64",
                                        "torchvision/mobilenet_v3_large?input=64",
                                        "efficientnet-b0?input=64",
                                        "torchvision/efficientnet_b7?input=32&width=0.5",
                                        "efficientnet-v2-b2?input=64",
                                        "efficientnet-v2-l?input=32&width=0.5"};
    (void)state;
    for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++)
        check_output(specs[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_finds_its_model),
        cmocka_unit_test(every_model_builds_at_batches_and_sizes),
        cmocka_unit_test(outputs_are_of_order_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
