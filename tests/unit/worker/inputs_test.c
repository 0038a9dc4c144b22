// What models are fed with: numbers that are the same everywhere, arrays from files, pictures.
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "worker/inputs.h"

static struct dli_tensor_desc desc_of(enum dli_type type, int64_t rows, int64_t columns)
{
    return (struct dli_tensor_desc){
        .name = "data", .type = type, .rank = 2, .dim = {rows, columns}};
}

static void random_numbers(void **state)
{
    (void)state;
    enum { COUNT = 20000 };
    static float all[COUNT], part[COUNT];
    struct dli_tensor_desc desc = desc_of(DLI_F32, 1, COUNT);
    double sum = 0, squares = 0;
    inputs_random(all, &desc, 1, 0, COUNT, 0, 0);
    for (int i = 0; i < COUNT; i++) {
        sum += (double)all[i];
        squares += (double)all[i] * (double)all[i];
    }
    assert_true(fabs(sum / COUNT) < 0.03); // four standard errors
    assert_true(fabs(squares / COUNT - 1) < 0.03);
    // Any part is the same numbers, another seed others.
    inputs_random(part, &desc, 1, 5000, 100, 0, 0);
    assert_memory_equal(part, all + 5000, 100 * sizeof(float));
    inputs_random(part, &desc, 2, 0, 100, 0, 0);
    assert_memory_not_equal(part, all, 100 * sizeof(float));
    inputs_random(part, &desc, 1, 0, COUNT, 5, 7);
    for (int i = 0; i < COUNT; i++)
        assert_true(part[i] >= 5 && part[i] < 7);
}

static void random_integers(void **state)
{
    (void)state;
    uint8_t bytes[4096];
    int64_t indices[4096];
    int seen[256] = {0}, ones = 0;
    struct dli_tensor_desc desc = desc_of(DLI_U8, 1, 4096);
    inputs_random(bytes, &desc, 1, 0, 4096, 0, 0);
    for (int i = 0; i < 4096; i++)
        seen[bytes[i]]++;
    assert_true(seen[0] > 0 && seen[255] > 0);
    desc.type = DLI_I64;
    inputs_random(indices, &desc, 1, 0, 4096, 0, 0);
    for (int i = 0; i < 4096; i++) {
        assert_true(indices[i] == 0 || indices[i] == 1);
        ones += indices[i] == 1;
    }
    assert_true(ones > 1800 && ones < 2300);
}

static void conversion(void **state)
{
    (void)state;
    const float from[6] = {1.5f, -300, 300, NAN, 65504, 1e-8f};
    uint8_t u8[6];
    int8_t i8[6];
    uint16_t half[6];
    inputs_convert(u8, DLI_U8, from, 6);
    assert_int_equal(u8[0], 2);
    assert_int_equal(u8[1], 0);
    assert_int_equal(u8[2], 255);
    inputs_convert(i8, DLI_I8, from, 6);
    assert_int_equal(i8[1], -128);
    assert_int_equal(i8[2], 127);
    assert_int_equal(i8[3], 0);
    inputs_convert(half, DLI_F16, from, 6);
    assert_int_equal(half[0], 0x3E00);
    assert_int_equal(half[4], 0x7BFF);
    assert_int_equal(half[5], 0);
    assert_true((half[3] & 0x7C00) == 0x7C00 && (half[3] & 0x3FF) != 0);
    inputs_convert(half, DLI_BF16, from, 1);
    assert_int_equal(half[0], 0x3FC0);
}

// A .npy file of version 1 around `data`.
static size_t make_npy(unsigned char *out, const char *header, const void *data, size_t bytes)
{
    size_t length = strlen(header);
    memcpy(out, "\x93NUMPY\x01\x00", 8);
    out[8] = (unsigned char)(length & 255);
    out[9] = (unsigned char)(length >> 8);
    memcpy(out + 10, header, length);
    memcpy(out + 10 + length, data, bytes);
    return 10 + length + bytes;
}

#define HEADER(descr, shape)                                                                       \
    "{'descr': '" descr "', 'fortran_order': False, 'shape': " shape ", }\n"

static void npy_files(void **state)
{
    (void)state;
    const float values[6] = {1, 2, 3, 4, 5, 6};
    const double wide[6] = {1, 2, 3, 4, 5, 6.5};
    float out[6] = {0};
    unsigned char file[512];
    struct dli_error err;
    struct dli_tensor_desc desc = desc_of(DLI_F32, 2, 3);
    size_t bytes = make_npy(file, HEADER("<f4", "(2, 3)"), values, sizeof(values));
    check_ok(inputs_parse_npy(out, sizeof(out), &desc, file, bytes, "a.npy", &err));
    assert_memory_equal(out, values, sizeof(values));
    bytes = make_npy(file, HEADER("<f8", "(2, 3)"), wide, sizeof(wide));
    check_ok(inputs_parse_npy(out, sizeof(out), &desc, file, bytes, "a.npy", &err));
    assert_true(out[5] == 6.5f);
    static const struct {
        const char *header;
        int cut;
        int code;
        const char *part;
    } bad[] = {
        {HEADER("<f4", "(3, 2)"), 0, DLI_E_ARG, "shape"},
        {HEADER("<f4", "(2, 3, 1)"), 0, DLI_E_ARG, "shape"},
        {HEADER("<i4", "(2, 3)"), 0, DLI_E_ARG, "needs f32"},
        {HEADER("<c8", "(2, 3)"), 0, DLI_E_PARSE, "element type"},
        {HEADER(">f4", "(2, 3)"), 0, DLI_E_PARSE, "element type"},
        {HEADER("<f4", "(2, -3)"), 0, DLI_E_PARSE, "shape"},
        {HEADER("<f4", "(2, 99999999999999999999)"), 0, DLI_E_ARG, ""},
        {"{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }\n", 0, DLI_E_PARSE, "C order"},
        {HEADER("<f4", "(2, 3)"), 1, DLI_E_PARSE, "bytes of data"},
        {"nonsense", 0, DLI_E_PARSE, "C order"}};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        bytes = make_npy(file, bad[i].header, values, sizeof(values)) - (size_t)bad[i].cut;
        check_fails(inputs_parse_npy(out, sizeof(out), &desc, file, bytes, "b.npy", &err),
                    bad[i].code, bad[i].part);
        check_contains(err.text, "b.npy");
    }
    check_fails(inputs_parse_npy(out, sizeof(out), &desc, "\x93NUMPY\x01", 7, "c.npy", &err),
                DLI_E_PARSE, "not a .npy");
}

static void raw_files(void **state)
{
    (void)state;
    char path[] = "/tmp/dli-raw-XXXXXX";
    const float values[2] = {1, 2};
    float out[2];
    struct dli_error err;
    struct dli_tensor_desc desc = desc_of(DLI_F32, 1, 2);
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, values, sizeof(values)) == (ssize_t)sizeof(values));
    check_ok(inputs_read_file(out, sizeof(out), &desc, path, &err));
    assert_memory_equal(out, values, sizeof(values));
    assert_true(write(fd, values, 1) == 1);
    check_fails(inputs_read_file(out, sizeof(out), &desc, path, &err), DLI_E_ARG, "takes 8");
    close(fd);
    unlink(path);
    check_fails(inputs_read_file(out, sizeof(out), &desc, path, &err), DLI_E_NOTFOUND, "dli-raw");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_numbers), cmocka_unit_test(random_integers),
        cmocka_unit_test(conversion), cmocka_unit_test(npy_files), cmocka_unit_test(raw_files)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
