// The .pt emitter beside PyTorch, which judges its files in tests/conformance: the archive by
// another program, the same bytes each time, and what the format cannot express.
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
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

static int stop_at_the_third(const void *data, size_t bytes, void *sink, struct dli_error *err)
{
    int *calls = sink;
    (void)data;
    (void)bytes;
    return ++*calls == 3 ? dli_fail(err, DLI_E_IO, "full") : DLI_OK;
}

static void emit_model(struct strbuf *out, const char *spec)
{
    struct zoo_model model;
    struct graph g;
    struct dli_error err = {0};
    check_ok(zoo_find(&model, spec, &err));
    check_ok(zoo_build(&g, &model, &err));
    check_ok(emitter_torchscript.emit(&g, keep, out, &err));
    graph_release(&g);
}

static void bytes_are_the_same_each_time(void **state)
{
    struct strbuf file[2] = {STRBUF_INIT, STRBUF_INIT};
    (void)state;
    for (int k = 0; k < 2; k++)
        emit_model(&file[k], "mobilenet-v2?width=0.25");
    assert_int_equal(file[0].length, file[1].length);
    assert_memory_equal(file[0].text, file[1].text, file[0].length);
    strbuf_release(&file[0]);
    strbuf_release(&file[1]);
}

// Python's zipfile checks every checksum, and pickletools the pickle. Tensor data are aligned to 64
// bytes.
static void python_reads_the_archive(void **state)
{
    static const char script[] = "import pickletools, sys, zipfile\n"
                                 "z = zipfile.ZipFile(sys.argv[1])\n"
                                 "assert z.testzip() is None\n"
                                 "for i in z.infolist():\n"
                                 "    z.fp.seek(i.header_offset + 26)\n"
                                 "    n, e = z.fp.read(2), z.fp.read(2)\n"
                                 "    at = i.header_offset + 30 + int.from_bytes(n, 'little') + "
                                 "int.from_bytes(e, 'little')\n"
                                 "    assert at % 64 == 0, i.filename\n"
                                 "ops = list(pickletools.genops(z.read('model/data.pkl')))\n"
                                 "assert sum(o.name == 'BINPERSID' for o, _, _ in ops) == 2, ops\n"
                                 "assert sum(n.startswith('model/data/') for n in z.namelist()) == 2, z.namelist()\n"
                                 "assert b'torch.linear(' in z.read('model/code/__torch__.py')\n";
    struct strbuf file = STRBUF_INIT;
    struct dli_error err = {0};
    char folder[] = "/tmp/dli-torchscript-test-XXXXXX", path[96], program[96], command[256];
    (void)state;
    assert_non_null(mkdtemp(folder));
    emit_model(&file, "gemm");
    snprintf(path, sizeof(path), "%s/model.pt", folder);
    snprintf(program, sizeof(program), "%s/check.py", folder);
    check_ok(file_write_atomic(path, file.text, file.length, &err));
    check_ok(file_write_atomic(program, script, sizeof(script) - 1, &err));
    snprintf(command, sizeof(command), "python3 %s %s", program, path);
    FILE *python = popen(command, "r");
    assert_non_null(python);
    assert_int_equal(pclose(python), 0);
    unlink(path);
    unlink(program);
    rmdir(folder);
    strbuf_release(&file);
}

static void a_full_disk_ends_it(void **state)
{
    struct zoo_model model;
    struct graph g;
    struct dli_error err = {0};
    int calls = 0;
    (void)state;
    check_ok(zoo_find(&model, "gemm", &err));
    check_ok(zoo_build(&g, &model, &err));
    assert_int_equal(emitter_torchscript.emit(&g, stop_at_the_third, &calls, &err), DLI_E_IO);
    assert_int_equal(calls, 3);
    graph_release(&g);
}

static void what_the_format_lacks_is_named(void **state)
{
    static const int64_t dim[4] = {1, 4, 8, 8};
    struct graph g;
    struct strbuf file = STRBUF_INIT;
    struct dli_error err = {0};
    struct pool pool = {.kernel = 3, .stride = 2, .is_same = true, .excludes_pad = true};
    (void)state;
    graph_init(&g, "odd", 1);
    struct graph_value *x = build_input(&g, "data", 4, dim);
    build_output(&g, build_average_pool(&g, x, "pool", pool), "out");
    check_ok(g.error.code);
    check_fails(emitter_torchscript.emit(&g, keep, &file, &err), DLI_E_UNSUPPORTED,
                "AveragePool 'pool'");
    assert_int_equal(file.length, 0);
    strbuf_release(&file);
    graph_release(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_the_same_each_time),
        cmocka_unit_test(python_reads_the_archive),
        cmocka_unit_test(a_full_disk_ends_it),
        cmocka_unit_test(what_the_format_lacks_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
