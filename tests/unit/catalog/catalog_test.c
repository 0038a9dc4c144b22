// Names to files: what is found, what is written once, what is refused.
#include "check.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/reference_file.h"
#include "catalog/catalog.h"

static char cache[64];
static int step_count;

static int open_cache(void **state)
{
    (void)state;
    snprintf(cache, sizeof(cache), "/tmp/dli-catalog-XXXXXX");
    return mkdtemp(cache) ? 0 : -1;
}

static int close_cache(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        execlp("rm", "rm", "-rf", cache, (char *)NULL);
        _exit(1);
    }
    return waitpid(child, NULL, 0) == child ? 0 : -1;
}

static void count_step(const char *text, void *data)
{
    (void)text;
    (void)data;
    step_count++;
}

static const char *const onnx_formats[] = {"onnx", NULL};
static const char *const caffe_formats[] = {"caffe", NULL};
static const char *const no_formats[] = {NULL}; // of a framework that is not on this machine
static const char *const acme_formats[] = {"acme", NULL};
static const struct catalog_framework frameworks[] = {
    {"openvino", onnx_formats}, {"acme", acme_formats}, {"caffe", caffe_formats}, {"absent", no_formats}, {NULL, NULL}};

static void make(struct test *test, const char *model, const char *framework, int batch)
{
    test_init(test);
    struct test_model *m = test_add_model(test);
    m->model = strdup(model);
    m->framework = strdup(framework);
    m->batch = batch;
}

static int resolve(struct test *test, struct dli_error *err)
{
    struct catalog_options options = {
        .framework = frameworks, .cache = cache, .on_step = count_step};
    return catalog_resolve(test, 1, &options, err);
}

static void zoo_models(void **state)
{
    (void)state;
    struct test first, second;
    struct dli_error err;
    char sha256[SHA256_HEX_SIZE];
    make(&first, "zoo:SqueezeNet_1.1?input=64", "openvino", 2);
    step_count = 0;
    check_ok(resolve(&first, &err));
    struct test_model *m = &first.model[0];
    assert_int_equal(step_count, 2); // the file and the reference
    assert_string_equal(m->model, "squeezenet1.1?input=64x64");
    assert_string_equal(m->format, "onnx");
    assert_true(m->parameter_count == 1235496);
    assert_true(m->mac_count > 0);
    check_ok(sha256_file(sha256, m->path, &err));
    assert_string_equal(m->sha256, sha256);
    struct reference_file reference;
    check_ok(reference_file_read(&reference, m->reference_path, &err));
    assert_true(reference.output[0].desc.dim[0] == 2);
    reference_file_release(&reference);
    // A second time nothing is written, and the test is the same; another batch is another file.
    make(&second, "squeezenet1.1?input=64&batch=2", "openvino", 1);
    check_ok(resolve(&second, &err));
    assert_int_equal(step_count, 2);
    assert_string_equal(second.model[0].path, m->path);
    assert_int_equal(second.model[0].batch, 2);
    assert_string_equal(second.id, first.id);
    test_release(&second);
    // A file that was cut off is written again.
    assert_int_equal(truncate(m->path, 1000), 0);
    make(&second, "squeezenet1.1?input=64", "openvino", 2);
    check_ok(resolve(&second, &err));
    assert_int_equal(step_count, 3);
    check_ok(sha256_file(sha256, m->path, &err));
    assert_string_equal(second.model[0].sha256, sha256);
    test_release(&second);
    test_release(&first);
}

// What a format cannot hold is a test that says so, with nothing to load; the others are not held
// up.
static void models_that_a_format_lacks(void **state)
{
    (void)state;
    struct test test, back;
    struct dli_error err;
    make(&test, "layer-norm", "caffe", 1);
    check_ok(resolve(&test, &err));
    struct test_model *m = &test.model[0];
    check_contains(m->refusal, "LayerNormalization 'norm'");
    assert_string_equal(m->format, "caffe");
    assert_null(m->sha256);
    assert_null(m->reference_path);
    assert_false(file_exists(m->path));
    // It survives the journal, and is not looked for when a campaign goes on.
    json_t *object = test_to_json(&test);
    check_ok(test_from_json(&back, object, &err));
    assert_string_equal(back.model[0].refusal, m->refusal);
    struct catalog_options options = {.framework = frameworks, .cache = cache};
    check_ok(catalog_restore(&back, 1, &options, &err));
    json_decref(object);
    test_release(&back);
    test_release(&test);
    // A framework that is not there is for its test to report.
    make(&test, "squeezenet1.1?input=64", "absent", 1);
    check_ok(resolve(&test, &err));
    assert_null(test.model[0].refusal);
    test_release(&test);
    // Two files in a format of two files.
    make(&test, "squeezenet1.1?input=64", "caffe", 1);
    check_ok(resolve(&test, &err));
    assert_null(test.model[0].refusal);
    assert_true(file_exists(test.model[0].path) && file_exists(test.model[0].weights_path));
    test_release(&test);
}

static void null_models(void **state)
{
    (void)state;
    struct test test;
    struct dli_error err;
    struct strbuf text = STRBUF_INIT;
    make(&test, "null:1x3x8x8,2x?", "null", 1);
    check_ok(resolve(&test, &err));
    check_ok(file_read(&text, test.model[0].path, 4096, &err));
    assert_string_equal(strbuf_text(&text),
                        "input data f32 1x3x8x8\ninput data1 f32 2x?\noutput prob f32 ?x10\n");
    strbuf_release(&text);
    test_release(&test);
    static const char *const bad[] = {"null:",       "null:x3", "null:3x", "null:1xx3",
                                      "null:1x3,,2", "null:-1", "null:1 2"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        make(&test, bad[i], "null", 1);
        check_fails(resolve(&test, &err), DLI_E_ARG, "null:1x3x8x8");
        test_release(&test);
    }
}

static void files(void **state)
{
    (void)state;
    struct test test;
    struct dli_error err;
    char *xml = xasprintf("%s/net.xml", cache), *bin = xasprintf("%s/net.bin", cache);
    char *acme = xasprintf("%s/net.acme", cache);
    check_ok(file_write_atomic(xml, "<net/>", 6, &err));
    make(&test, xml, "openvino", 1);
    check_ok(resolve(&test, &err));
    assert_null(test.model[0].weights_path);
    char *alone = strdup(test.model[0].sha256);
    test_release(&test);
    // The weights belong to the model, and to its hash.
    check_ok(file_write_atomic(bin, "weights", 7, &err));
    make(&test, xml, "openvino", 1);
    check_ok(resolve(&test, &err));
    assert_string_equal(test.model[0].model, "net.xml");
    assert_non_null(test.model[0].weights_path);
    assert_string_not_equal(test.model[0].sha256, alone);
    assert_non_null(test.model[0].reference_path);
    free(alone);
    test_release(&test);
    // A format that only its backend knows.
    check_ok(file_write_atomic(acme, "x", 1, &err));
    make(&test, acme, "acme", 1);
    check_ok(resolve(&test, &err));
    assert_string_equal(test.model[0].format, "acme");
    test_release(&test);
    make(&test, acme, "openvino", 1);
    check_fails(resolve(&test, &err), DLI_E_ARG, "unknown kind of model file");
    test_release(&test);
    free(xml);
    free(bin);
    free(acme);
}

// A journal outlives the cache: what the zoo made is made again, and must be the same.
static void restored(void **state)
{
    (void)state;
    struct test test;
    struct dli_error err;
    struct catalog_options options = {.cache = cache};
    make(&test, "squeezenet1.1?input=64", "openvino", 1);
    check_ok(resolve(&test, &err));
    struct test_model *model = &test.model[0];
    assert_int_equal(unlink(model->path), 0);
    assert_int_equal(unlink(model->reference_path), 0);
    char id[TEST_ID_SIZE];
    memcpy(id, test.id, sizeof(id));
    check_ok(catalog_restore(&test, 1, &options, &err));
    model = &test.model[0];
    assert_true(file_exists(model->path) && file_exists(model->reference_path));
    assert_string_equal(test.id, id);
    assert_int_equal(unlink(model->path), 0);
    model->sha256[0] = model->sha256[0] == '0' ? '1' : '0';
    check_fails(catalog_restore(&test, 1, &options, &err), DLI_E_MISMATCH, "SHA-256 differs");
    test_release(&test);
    make(&test, "own.onnx", "openvino", 1);
    test.model[0].path = strdup("/nowhere/own.onnx");
    test.model[0].format = strdup("onnx");
    check_fails(catalog_restore(&test, 1, &options, &err), DLI_E_NOTFOUND,
                "/nowhere/own.onnx is gone");
    test_release(&test);
}

static void refused(void **state)
{
    (void)state;
    static const struct {
        const char *model;
        int batch, code;
        const char *part;
    } table[] = {{"nothing.onnx", 1, DLI_E_NOTFOUND, "no such file"},
                 {"zoo:resnet-51", 1, DLI_E_NOTFOUND, "did you mean"},
                 {"zoo:resnet-50?batch=2", 4, DLI_E_ARG, "the test says 4"},
                 {"zoo:resnet-50?inptu=2", 1, DLI_E_ARG, "did you mean input"},
                 {"zoo:resnet-50?input=0", 1, DLI_E_ARG, "input=0"}};
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct test test;
        struct dli_error err;
        make(&test, table[i].model, "openvino", table[i].batch);
        check_fails(resolve(&test, &err), table[i].code, table[i].part);
        test_release(&test);
    }
    struct test test;
    struct dli_error err;
    make(&test, "zoo:squeezenet1.1", "acme", 1);
    check_fails(resolve(&test, &err), DLI_E_UNSUPPORTED, "no format that this framework reads");
    test_release(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zoo_models), cmocka_unit_test(null_models),
        cmocka_unit_test(files),      cmocka_unit_test(restored),
        cmocka_unit_test(refused),    cmocka_unit_test(models_that_a_format_lacks)};
    return cmocka_run_group_tests(tests, open_cache, close_cache);
}
