// Files of models: the same bytes each time and everywhere, readable by the official schema, no
// half-written ones.
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "check.h"
#include "onnx/onnx.pb-c.h"
#include "zoo/emit.h"
#include "zoo/fingerprint.h"
#include "zoo/zoo.h"

static void build(struct graph *g, const char *spec)
{
    struct zoo_model model;
    struct dli_error err = {0};
    check_ok(zoo_find(&model, spec, &err));
    check_ok(zoo_build(g, &model, &err));
}

static void make_folder(char path[64])
{
    snprintf(path, 64, "/tmp/dli-emit-test-XXXXXX");
    assert_non_null(mkdtemp(path));
}

static void hash_floats(char sha256[SHA256_HEX_SIZE], const char *name, uint64_t seed)
{
    enum { COUNT = 100003 };
    float *values = malloc(COUNT * sizeof(*values));
    zoo_fill_input(values, COUNT, name, seed);
    sha256_memory(sha256, values, COUNT * sizeof(*values));
    free(values);
}

// These hashes were computed by another program, written in Python from the rule in base/random.h;
// a machine that gives others measures other models than everybody else.
static void inputs_are_the_same_everywhere(void **state)
{
    char sha256[SHA256_HEX_SIZE];
    (void)state;
    hash_floats(sha256, "data", 1);
    assert_string_equal(sha256, "71ce7d6789fb583fe1a466a3cf75ed3e5f50f3f7b7872715d3d6adc8e6ef8a65");
    hash_floats(sha256, "data", UINT64_MAX);
    assert_string_equal(sha256, "ea10f5971568fe3d6e8c3dde4409bf95828e4dd556fe90b8c248111fd5d2b7ec");
    hash_floats(sha256, "other", 1);
    assert_string_equal(sha256, "862ec65ec09858cf2b9eb7ad7de5681dfc251c23722262f5f67b4cf42f65fb04");
}

static void parts_are_parts_of_the_whole(void **state)
{
    enum { COUNT = 1000 };
    struct graph g;
    float whole[COUNT], part[COUNT];
    (void)state;
    build(&g, "gemm");
    const struct graph_value *w = g.last_weight; // the bias
    assert_int_equal(graph_elements(w), COUNT);
    graph_fill_f32(&g, w, whole, 0, COUNT);
    for (int64_t first = 0; first < COUNT; first += 77)
        graph_fill_f32(&g, w, part + first, first, COUNT - first < 77 ? COUNT - first : 77);
    assert_memory_equal(whole, part, sizeof(whole));
    for (int i = 0; i < COUNT; i++)
        assert_true(whole[i] >= w->weight->low && whole[i] <= w->weight->high);
    graph_release(&g);
}

static void files_are_the_same_each_time(void **state)
{
    static const char *const specs[] = {"squeezenet1.1?input=64", "mobilenet-v2?width=0.25&batch=2",
                                        "attention"};
    char folder[64], path[96];
    (void)state;
    make_folder(folder);
    snprintf(path, sizeof(path), "%s/model.onnx", folder);
    for (size_t i = 0; i < sizeof(specs) / sizeof(*specs); i++) {
        char sha256[3][SHA256_HEX_SIZE];
        struct dli_error err = {0};
        for (int k = 0; k < 2; k++) {
            struct graph g;
            build(&g, specs[i]);
            check_ok(emit_file(&g, &emitter_onnx, path, sha256[k], &err));
            graph_release(&g);
        }
        check_ok(sha256_file(sha256[2], path, &err));
        assert_string_equal(sha256[0], sha256[1]);
        assert_string_equal(sha256[0], sha256[2]);
        if (i == 0)
            assert_string_equal(sha256[0],
                                "7751c2712fe1aff3f3f73a452d9643faa16a775dbd712dbdb405e1ea30ddf94b");
    }
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0); // nothing else is left in it
}

static int append(const void *data, size_t bytes, void *sink, struct dli_error *err)
{
    (void)err;
    strbuf_add(sink, data, bytes);
    return DLI_OK;
}

static const Onnx__TensorProto *find_tensor(const Onnx__GraphProto *graph, const char *name)
{
    for (size_t i = 0; i < graph->n_initializer; i++)
        if (strcmp(graph->initializer[i]->name, name) == 0)
            return graph->initializer[i];
    fail_msg("no initializer '%s'", name);
    return NULL;
}

static void check_weights(const struct graph *g, const Onnx__GraphProto *graph)
{
    assert_int_equal(graph->n_initializer, g->weight_count);
    for (const struct graph_value *w = g->first_weight; w; w = w->next) {
        const Onnx__TensorProto *tensor = find_tensor(graph, w->name);
        int64_t count = graph_elements(w);
        size_t bytes = (size_t)count * dli_type_bytes(w->type);
        void *values = malloc(bytes);
        assert_int_equal(tensor->n_dims, w->rank);
        for (int i = 0; i < w->rank; i++)
            assert_int_equal(tensor->dims[i], w->dim[i]);
        assert_int_equal(tensor->raw_data.len, bytes);
        if (w->type == DLI_I64)
            graph_fill_i64(w, values, 0, count);
        else
            graph_fill_f32(g, w, values, 0, count);
        assert_memory_equal(tensor->raw_data.data, values, bytes);
        free(values);
    }
}

// Every input of a node is an input of the graph, a weight or the result of a node before it.
static bool is_known(const struct graph *g, const Onnx__GraphProto *graph, size_t node,
                     const char *name)
{
    for (size_t i = 0; i < graph->n_input; i++)
        if (strcmp(graph->input[i]->name, name) == 0)
            return true;
    for (size_t i = 0; i < node; i++)
        if (strcmp(graph->node[i]->output[0], name) == 0)
            return true;
    for (const struct graph_value *w = g->first_weight; w; w = w->next)
        if (strcmp(w->name, name) == 0)
            return true;
    return false;
}

static void check_nodes(const struct graph *g, const Onnx__GraphProto *graph)
{
    const struct graph_node *node = g->first_node;
    assert_int_equal(graph->n_node, g->node_count);
    for (size_t i = 0; i < graph->n_node; i++, node = node->next) {
        assert_string_equal(graph->node[i]->op_type, graph_op_name(node->op));
        assert_int_equal(graph->node[i]->n_input, node->input_count);
        for (size_t k = 0; k < graph->node[i]->n_input; k++)
            if (!is_known(g, graph, i, graph->node[i]->input[k]))
                fail_msg("node '%s' reads '%s', which nothing makes", node->name,
                         graph->node[i]->input[k]);
    }
}

static void the_official_schema_reads_it(void **state)
{
    static const char *const specs[] = {"squeezenet1.1?input=64&batch=3",
                                        "mobilenet-v2?width=0.25&input=64",
                                        "alexnet?input=99",
                                        "torchvision/googlenet?input=64",
                                        "attention",
                                        "concat",
                                        "slice"};
    (void)state;
    for (size_t i = 0; i < sizeof(specs) / sizeof(*specs); i++) {
        struct graph g;
        struct dli_error err = {0};
        struct strbuf bytes = STRBUF_INIT;
        build(&g, specs[i]);
        check_ok(emitter_onnx.emit(&g, append, &bytes, &err));
        Onnx__ModelProto *model =
            onnx__model_proto__unpack(NULL, bytes.length, (const uint8_t *)strbuf_text(&bytes));
        if (!model)
            fail_msg("%s: not a ModelProto", specs[i]);
        assert_int_equal(model->opset_import[0]->version, 17);
        assert_int_equal(model->graph->n_input, g.input_count);
        assert_int_equal(model->graph->n_output, 1);
        assert_string_equal(model->graph->output[0]->name, "output");
        const Onnx__TensorShapeProto *shape = model->graph->input[0]->type->tensor_type->shape;
        assert_int_equal(shape->n_dim, g.input[0]->rank);
        for (size_t k = 0; k < shape->n_dim; k++)
            assert_int_equal(shape->dim[k]->dim_value, g.input[0]->dim[k]);
        check_nodes(&g, model->graph);
        check_weights(&g, model->graph);
        onnx__model_proto__free_unpacked(model, NULL);
        strbuf_release(&bytes);
        graph_release(&g);
    }
}

static int fail_later(const void *data, size_t bytes, void *sink, struct dli_error *err)
{
    int *left = sink;
    (void)data;
    (void)bytes;
    return (*left)-- > 0 ? DLI_OK : dli_fail(err, DLI_E_IO, "disk full");
}

static void errors_stop_the_emitter(void **state)
{
    char folder[64], path[96], sha256[SHA256_HEX_SIZE];
    struct graph g;
    struct dli_error err;
    int writes = 0;
    (void)state;
    build(&g, "squeezenet1.1?input=64");
    for (int allowed = 0; allowed < 8; allowed++) {
        writes = allowed;
        check_fails(emitter_onnx.emit(&g, fail_later, &writes, &err), DLI_E_IO, "disk full");
        assert_int_equal(writes, -1); // nothing is written after the failure
    }
    make_folder(folder);
    snprintf(path, sizeof(path), "%s/none/model.onnx", folder);
    check_fails(emit_file(&g, &emitter_onnx, path, sha256, &err), DLI_E_IO, path);
    assert_int_equal(rmdir(folder), 0);
    graph_release(&g);

    build(&g, "torchvision/vit_h_14");
    writes = 1;
    check_fails(emitter_onnx.emit(&g, fail_later, &writes, &err), DLI_E_UNSUPPORTED, "2 GiB");
    assert_int_equal(writes, 1);
    graph_release(&g);
}

// What changes a file changes the fingerprint; nothing else does.
static void fingerprints_tell_files_apart(void **state)
{
    static const char *const specs[] = {"relu", "relu?seed=2", "relu?batch=2",  "sigmoid",
                                        "gemm", "gemm?seed=2", "gemm?classes=3"};
    enum { COUNT = sizeof(specs) / sizeof(*specs) };
    char hash[COUNT][SHA256_HEX_SIZE], again[SHA256_HEX_SIZE];
    (void)state;
    for (int i = 0; i < COUNT; i++) {
        struct graph g;
        build(&g, specs[i]);
        graph_fingerprint(hash[i], &g);
        graph_fingerprint(again, &g);
        assert_string_equal(hash[i], again);
        graph_release(&g);
        for (int k = 0; k < i; k++)
            assert_string_not_equal(hash[i], hash[k]);
    }
}

static void the_null_backend_gets_shapes(void **state)
{
    struct graph g;
    struct dli_error err = {0};
    struct strbuf text = STRBUF_INIT;
    (void)state;
    build(&g, "add?batch=2");
    check_ok(emitter_null.emit(&g, append, &text, &err));
    assert_string_equal(
        strbuf_text(&text),
        "input data f32 2x3x8x8\ninput other f32 2x3x8x8\noutput output f32 2x3x8x8\n");
    assert_ptr_equal(emit_find("null"), &emitter_null);
    assert_null(emit_find("none"));
    strbuf_release(&text);
    graph_release(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(inputs_are_the_same_everywhere),
                                       cmocka_unit_test(parts_are_parts_of_the_whole),
                                       cmocka_unit_test(files_are_the_same_each_time),
                                       cmocka_unit_test(the_official_schema_reads_it),
                                       cmocka_unit_test(errors_stop_the_emitter),
                                       cmocka_unit_test(fingerprints_tell_files_apart),
                                       cmocka_unit_test(the_null_backend_gets_shapes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
