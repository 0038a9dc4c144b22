// Finding and loading modules: what is no module of ours is refused with the reason.
#include "check.h"

#include <stdlib.h>
#include <unistd.h>

#include "host/module.h"

static void test_a_path_is_taken_as_it_is(void **state)
{
    (void)state;
    struct dli_error err;
    struct strbuf path = STRBUF_INIT;
    check_fails(module_find(&path, "./no/such.so", &err), DLI_E_NOTFOUND, "no such file");
    strbuf_release(&path);
    check_ok(module_find(&path, "/proc/self/exe", &err));
    assert_string_equal(strbuf_text(&path), "/proc/self/exe");
    strbuf_release(&path);
}

static void test_an_unknown_name_gets_the_nearest(void **state)
{
    (void)state;
    struct dli_error err;
    struct strbuf path = STRBUF_INIT;
    char folder[] = "/tmp/dli-modules-XXXXXX";
    char file[64];
    assert_non_null(mkdtemp(folder));
    snprintf(file, sizeof(file), "%s/openvino.so", folder);
    fclose(fopen(file, "w"));
    setenv("DLI_BACKEND_PATH", folder, 1);
    check_ok(module_find(&path, "openvino", &err));
    assert_string_equal(strbuf_text(&path), file);
    check_fails(module_find(&path, "openvimo", &err), DLI_E_NOTFOUND, "did you mean 'openvino'");
    check_fails(module_find(&path, "zzzzzzzz", &err), DLI_E_NOTFOUND, "there are: ");
    unsetenv("DLI_BACKEND_PATH");
    unlink(file);
    rmdir(folder);
    strbuf_release(&path);
}

static void test_what_is_no_module_is_refused(void **state)
{
    (void)state;
    struct dli_error err;
    const struct dli_backend *backend;
    char file[] = "/tmp/dli-no-module-XXXXXX";
    int fd = mkstemp(file);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "text", 4), 4);
    close(fd);
    check_fails(module_load(&backend, file, &err), DLI_E_UNAVAILABLE, file);
    check_fails(module_load(&backend, "libm.so.6", &err), DLI_E_PROTOCOL, "not a backend of dli");
    unlink(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_path_is_taken_as_it_is),
        cmocka_unit_test(test_an_unknown_name_gets_the_nearest),
        cmocka_unit_test(test_what_is_no_module_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
