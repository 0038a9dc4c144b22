// The GraphDef emitter beside the frameworks that judge its files in tests/conformance: a file that
// its schema reads, the same bytes each time, and what the format cannot express.
#include "base/strbuf.h"
#include "check.h"
#include "zoo/build.h"
#include "zoo/emit.h"
#include "zoo/emit/tensorflow.pb-c.h"
#include "zoo/zoo.h"

static int keep(const void *data, size_t bytes, void *sink, struct dli_error *err)
{
    (void)err;
    strbuf_add(sink, data, bytes);
    return DLI_OK;
}

static int stop_after_the_first(const void *data, size_t bytes, void *sink, struct dli_error *err)
{
    int *calls = sink;
    (void)data;
    (void)bytes;
    return (*calls)++ ? dli_fail(err, DLI_E_IO, "full") : DLI_OK;
}

static void build_model(struct graph *g, const char *spec)
{
    struct zoo_model model;
    struct dli_error err = {0};
    check_ok(zoo_find(&model, spec, &err));
    check_ok(zoo_build(g, &model, &err));
}

static const Tensorflow__NodeDef *find(const Tensorflow__GraphDef *def, const char *name)
{
    for (size_t i = 0; i < def->n_node; i++)
        if (strcmp(def->node[i]->name, name) == 0)
            return def->node[i];
    return NULL;
}

// Every input of a node is the name of another one, and every constant holds what its shape says.
static void check_graph(const Tensorflow__GraphDef *def)
{
    for (size_t i = 0; i < def->n_node; i++) {
        const Tensorflow__NodeDef *node = def->node[i];
        assert_ptr_equal(find(def, node->name), node);
        for (size_t k = 0; k < node->n_input; k++)
            if (!find(def, node->input[k]))
                fail_msg("%s reads '%s', which nothing makes", node->name, node->input[k]);
        if (strcmp(node->op, "Const") != 0)
            continue;
        const Tensorflow__TensorProto *tensor = node->attr[1]->value->tensor;
        size_t count = 4;
        for (size_t d = 0; d < tensor->tensor_shape->n_dim; d++)
            count *= (size_t)tensor->tensor_shape->dim[d]->size;
        assert_int_equal(tensor->tensor_content.len, count);
    }
}

static void files_are_whole_and_the_same_each_time(void **state)
{
    static const char *const specs[] = {"squeezenet1.1?input=64", "mobilenet-v2?width=0.25",
                                        "attention"};
    (void)state;
    for (size_t i = 0; i < sizeof(specs) / sizeof(*specs); i++) {
        struct strbuf file[2] = {STRBUF_INIT, STRBUF_INIT};
        struct graph g;
        struct dli_error err = {0};
        build_model(&g, specs[i]);
        for (int k = 0; k < 2; k++)
            check_ok(emitter_tensorflow.emit(&g, keep, &file[k], &err));
        assert_int_equal(file[0].length, file[1].length);
        assert_memory_equal(file[0].text, file[1].text, file[0].length);
        Tensorflow__GraphDef *def =
            tensorflow__graph_def__unpack(NULL, file[0].length, (const uint8_t *)file[0].text);
        assert_non_null(def);
        check_graph(def);
        const Tensorflow__NodeDef *output = find(def, g.output[0]->name);
        assert_string_equal(find(def, g.input[0]->name)->op, "Placeholder");
        assert_string_equal(output->op, "Identity");
        tensorflow__graph_def__free_unpacked(def, NULL);
        graph_release(&g);
        strbuf_release(&file[0]);
        strbuf_release(&file[1]);
    }
}

static void a_full_disk_ends_it(void **state)
{
    struct graph g;
    struct dli_error err = {0};
    int calls = 0;
    (void)state;
    build_model(&g, "gemm");
    assert_int_equal(emitter_tensorflow.emit(&g, stop_after_the_first, &calls, &err), DLI_E_IO);
    assert_int_equal(calls, 2);
    graph_release(&g);
}

static void what_the_format_lacks_is_named(void **state)
{
    static const int64_t dim[4] = {1, 4, 8, 8};
    struct graph g;
    struct strbuf file = STRBUF_INIT;
    struct dli_error err = {0};
    (void)state;
    graph_init(&g, "odd", 1);
    struct graph_value *x = build_input(&g, "data", 4, dim);
    struct conv conv = {.out = 4, .kernel = 3, .pad = 2, .dilation = 2, .group = 4};
    build_output(&g, build_conv(&g, x, "depthwise", conv), "out");
    check_ok(g.error.code);
    assert_int_equal(emitter_tensorflow.emit(&g, keep, &file, &err), DLI_E_UNSUPPORTED);
    assert_non_null(strstr(err.text, "depthwise"));
    assert_int_equal(file.length, 0);
    strbuf_release(&file);
    graph_release(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_whole_and_the_same_each_time),
        cmocka_unit_test(a_full_disk_ends_it),
        cmocka_unit_test(what_the_format_lacks_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
