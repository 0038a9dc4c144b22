// Outputs against a reference: what agrees, what does not, what cannot be compared.
#include "check.h"

#include <math.h>

#include "worker/check.h"

static struct dli_tensor tensor(const char *name, enum dli_type type, int64_t rows, void *data)
{
    struct dli_tensor t = {.data = data};
    snprintf(t.desc.name, sizeof(t.desc.name), "%s", name);
    t.desc.type = type;
    t.desc.rank = 2;
    t.desc.dim[0] = rows;
    t.desc.dim[1] = 2;
    t.bytes = (size_t)rows * 2 * dli_type_bytes(type);
    return t;
}

struct outcome {
    int result;
    struct check_result check;
    struct dli_error err;
};

static struct outcome compare(const float *expected, const float *got, double tolerance)
{
    float a[2], b[2];
    struct outcome o = {.check = {.tolerance_frac = tolerance}};
    memcpy(a, expected, sizeof(a));
    memcpy(b, got, sizeof(b));
    struct reference_file reference = {.output_count = 1};
    reference.output[0] = tensor("prob", DLI_F32, 1, a);
    struct dli_tensor output = tensor("prob", DLI_F32, 1, b);
    o.result = check_compare(&o.check, &reference, &output, 1, &o.err);
    return o;
}

static void differences(void **state)
{
    (void)state;
    static const struct {
        float expected[2], got[2];
        bool agrees;
        double relative;
    } table[] = {
        {{1, 2}, {1, 2}, true, 0},
        {{1, 2}, {1, 2.001f}, true, 0.0005},
        {{1, 2}, {1, 2.01f}, false, 0.005},
        {{-4, 2}, {-4, 2.003f}, true, 0.00075}, // relative to the largest magnitude
        {{0, 0}, {1e-9f, 0}, true, 1e-5},       // nothing is nothing
        {{0, 0}, {1e-3f, 0}, false, 10},
        {{1, INFINITY}, {1, INFINITY}, true, 0},
        {{1, NAN}, {1, NAN}, true, 0},
        {{1, 2}, {1, NAN}, false, INFINITY},
        {{1, INFINITY}, {1, -INFINITY}, false, INFINITY},
        {{1, 2}, {1, INFINITY}, false, INFINITY},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct outcome o = compare(table[i].expected, table[i].got, 1e-3);
        assert_int_equal(o.result, DLI_OK);
        if (o.check.agrees != table[i].agrees)
            fail_msg("%zu: agrees %d, error %g", i, o.check.agrees, o.check.max_rel_error);
        if (isinf(table[i].relative))
            assert_true(isinf(o.check.max_rel_error));
        else
            assert_true(fabs(o.check.max_rel_error - table[i].relative) <
                        1e-3 * (table[i].relative + 1e-3));
    }
}

static void shapes(void **state)
{
    (void)state;
    float a[6] = {1, 2, 3, 4, 5, 6}, b[6] = {1, 2, 3, 4, 9, 9};
    struct dli_error err;
    struct reference_file reference = {.output_count = 1};
    struct check_result check = {.tolerance_frac = 1e-3};
    // A reference of the first samples judges those.
    reference.output[0] = tensor("prob", DLI_F32, 2, a);
    struct dli_tensor output = tensor("prob", DLI_F32, 3, b);
    check_ok(check_compare(&check, &reference, &output, 1, &err));
    assert_true(check.agrees);
    reference.output[0] = tensor("prob", DLI_F32, 3, a);
    check_ok(check_compare(&check, &reference, &output, 1, &err));
    assert_false(check.agrees);
    // Fewer samples than the reference, another type, another number of outputs: nothing can be
    // compared.
    output = tensor("prob", DLI_F32, 2, b);
    check_fails(check_compare(&check, &reference, &output, 1, &err), DLI_E_MISMATCH, "shape");
    output = tensor("prob", DLI_I32, 3, b);
    check_fails(check_compare(&check, &reference, &output, 1, &err), DLI_E_MISMATCH, "type");
    check_fails(check_compare(&check, &reference, &output, 0, &err), DLI_E_MISMATCH, "0 outputs");
}

// Frameworks order and name outputs as they like: by name first, by order else.
static void names(void **state)
{
    (void)state;
    float a[2] = {1, 2}, b[2] = {30, 40};
    struct dli_error err;
    struct reference_file reference = {.output_count = 2};
    struct check_result check = {.tolerance_frac = 1e-3};
    reference.output[0] = tensor("a", DLI_F32, 1, a);
    reference.output[1] = tensor("b", DLI_F32, 1, b);
    struct dli_tensor swapped[2] = {tensor("b", DLI_F32, 1, b), tensor("a", DLI_F32, 1, a)};
    check_ok(check_compare(&check, &reference, swapped, 2, &err));
    assert_true(check.agrees);
    struct dli_tensor renamed[2] = {tensor("x", DLI_F32, 1, a), tensor("y", DLI_F32, 1, b)};
    check_ok(check_compare(&check, &reference, renamed, 2, &err));
    assert_true(check.agrees);
}

static void elements(void **state)
{
    (void)state;
    uint16_t half[4] = {0x3C00, 0xC000, 0x0001, 0x7C00};
    uint16_t bf16[2] = {0x3F80, 0xC040};
    int8_t i8[2] = {-128, 127};
    uint8_t u8[2] = {200, 255};
    struct dli_tensor t = tensor("h", DLI_F16, 2, half);
    assert_true(check_element(&t, 0) == 1 && check_element(&t, 1) == -2);
    assert_true(check_element(&t, 2) == ldexp(1, -24) && isinf(check_element(&t, 3)));
    t = tensor("b", DLI_BF16, 1, bf16);
    assert_true(check_element(&t, 0) == 1 && check_element(&t, 1) == -3);
    t = tensor("i", DLI_I8, 1, i8);
    assert_true(check_element(&t, 0) == -128 && check_element(&t, 1) == 127);
    t = tensor("u", DLI_U8, 1, u8);
    assert_true(check_element(&t, 0) == 200 && check_element(&t, 1) == 255);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(differences), cmocka_unit_test(shapes),
                                       cmocka_unit_test(names), cmocka_unit_test(elements)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
