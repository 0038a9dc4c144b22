// The emitter of OpenVINO's format beside the framework that judges its files in tests/conformance:
// two files that fit together, the same bytes each time, and what the format cannot express.
#include <stdlib.h>

#include "base/strbuf.h"
#include "check.h"
#include "zoo/build.h"
#include "zoo/emit.h"
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

// Every constant lies within the second file, behind the one before it.
static void check_constants(const char *xml, size_t data_bytes)
{
    unsigned long long end = 0;
    int count = 0;
    for (const char *at = xml; (at = strstr(at, " offset=\"")); count++) {
        unsigned long long offset = strtoull(at + strlen(" offset=\""), NULL, 10);
        at = strstr(at, " size=\"") + strlen(" size=\"");
        assert_true(offset >= end && offset % 64 == 0);
        end = offset + strtoull(at, NULL, 10);
        assert_true(end <= data_bytes);
    }
    assert_true(count > 10);
    assert_true(data_bytes - end < 64);
}

static void files_fit_and_are_the_same_each_time(void **state)
{
    static const char *const specs[] = {"squeezenet1.1?input=64", "mobilenet-v2?width=0.25",
                                        "attention"};
    (void)state;
    for (size_t i = 0; i < sizeof(specs) / sizeof(*specs); i++) {
        struct strbuf file[4] = {STRBUF_INIT, STRBUF_INIT, STRBUF_INIT, STRBUF_INIT};
        struct graph g;
        struct dli_error err = {0};
        build_model(&g, specs[i]);
        for (int k = 0; k < 4; k++)
            check_ok((k < 2 ? emitter_openvino.emit
                            : emitter_openvino.emit_weights)(&g, keep, &file[k], &err));
        for (int k = 0; k < 4; k += 2) {
            assert_int_equal(file[k].length, file[k + 1].length);
            assert_memory_equal(file[k].text, file[k + 1].text, file[k].length);
        }
        check_constants(strbuf_text(&file[0]), file[2].length);
        graph_release(&g);
        for (int k = 0; k < 4; k++)
            strbuf_release(&file[k]);
    }
}

static void a_full_disk_ends_it(void **state)
{
    struct graph g;
    struct dli_error err = {0};
    int calls = 0;
    (void)state;
    build_model(&g, "gemm");
    assert_int_equal(emitter_openvino.emit_weights(&g, stop_after_the_first, &calls, &err),
                     DLI_E_IO);
    assert_int_equal(calls, 2);
    graph_release(&g);
}

static void names_are_escaped(void **state)
{
    static const int64_t dim[2] = {1, 4};
    struct graph g;
    struct strbuf file = STRBUF_INIT;
    struct dli_error err = {0};
    (void)state;
    graph_init(&g, "a<b&\"c\"", 1);
    struct graph_value *x = build_input(&g, "data", 2, dim);
    build_output(&g, build_activation(&g, x, "re<lu", ACT_RELU), "out");
    check_ok(g.error.code);
    check_ok(emitter_openvino.emit(&g, keep, &file, &err));
    check_contains(strbuf_text(&file), "name=\"a&lt;b&amp;&quot;c&quot;\"");
    assert_null(strstr(strbuf_text(&file), "re<lu"));
    strbuf_release(&file);
    graph_release(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_fit_and_are_the_same_each_time),
        cmocka_unit_test(a_full_disk_ends_it),
        cmocka_unit_test(names_are_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
