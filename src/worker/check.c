#include "worker/check.h"

#include <math.h>

// An output whose values are all smaller counts as zero: a sigmoid that says «nothing here» is 1e-9 in one framework
// and exactly 0 in another.
#define SMALLEST_SCALE 1e-4

double check_tolerance(enum dli_type precision)
{
    switch (precision) {
    case DLI_F32:
    case DLI_F64:
        return 2e-3;
    case DLI_F16:
        return 2e-2;
    case DLI_I8:
    case DLI_U8:
        return 2e-1;
    default:
        return 5e-2;
    }
}

static double from_f16(uint16_t half)
{
    int exponent = half >> 10 & 31;
    double fraction = half & 0x3FF;
    double magnitude = exponent == 31 ? (fraction != 0 ? NAN : INFINITY)
                       : exponent     ? ldexp(1024 + fraction, exponent - 25)
                                      : ldexp(fraction, -24);
    return half & 0x8000 ? -magnitude : magnitude;
}

static double from_bf16(uint16_t value)
{
    uint32_t bits = (uint32_t)value << 16;
    float number;
    memcpy(&number, &bits, sizeof(number));
    return number;
}

double check_element(const struct dli_tensor *tensor, size_t index)
{
    size_t bytes = dli_type_bytes(tensor->desc.type);
    union {
        float f32;
        double f64;
        uint16_t half;
        int8_t i8;
        int16_t i16;
        int32_t i32;
        int64_t i64;
        uint64_t u64;
    } value = {.u64 = 0};
    memcpy(&value, (const char *)tensor->data + index * bytes, bytes);
    switch (tensor->desc.type) {
    case DLI_F32:
        return value.f32;
    case DLI_F64:
        return value.f64;
    case DLI_F16:
        return from_f16(value.half);
    case DLI_BF16:
        return from_bf16(value.half);
    case DLI_I8:
        return value.i8;
    case DLI_I16:
        return value.i16;
    case DLI_I32:
        return value.i32;
    case DLI_I64:
        return (double)value.i64;
    default: // unsigned types and bool: the upper bytes are zero
        return (double)value.u64;
    }
}

static int check_shape(const struct dli_tensor *ours, const struct dli_tensor *reference, struct dli_error *err)
{
    const struct dli_tensor_desc *a = &ours->desc, *b = &reference->desc;
    bool is_fitting = a->rank == b->rank && a->type == b->type;
    for (int i = 0; is_fitting && i < a->rank; i++)
        is_fitting = i == 0 ? b->dim[0] <= a->dim[0] : b->dim[i] == a->dim[i];
    if (is_fitting && reference->bytes <= ours->bytes)
        return DLI_OK;
    return dli_fail(err, DLI_E_MISMATCH, "output '%s' has another type or shape than the reference", a->name);
}

// By name; a framework that renames outputs keeps their order.
static const struct dli_tensor *find_reference(const struct reference_file *reference, const char *name, int index)
{
    for (int i = 0; i < reference->output_count; i++)
        if (strcmp(reference->output[i].desc.name, name) == 0)
            return &reference->output[i];
    return &reference->output[index];
}

static void compare_output(struct check_result *result, int index, const struct dli_tensor *ours,
                           const struct dli_tensor *reference)
{
    size_t count = reference->bytes / dli_type_bytes(reference->desc.type);
    double largest = 0, difference = 0;
    bool is_finite = true;
    for (size_t i = 0; i < count; i++) {
        double expected = check_element(reference, i), got = check_element(ours, i);
        if (isfinite(expected) && isfinite(got)) {
            largest = fmax(largest, fabs(expected));
            difference = fmax(difference, fabs(got - expected));
        } else if (!(expected == got || (isnan(expected) && isnan(got)))) {
            is_finite = false;
        }
    }
    double relative = difference / fmax(largest, SMALLEST_SCALE);
    if (!is_finite)
        relative = difference = INFINITY;
    if (relative >= result->max_rel_error) {
        result->max_rel_error = relative;
        result->max_abs_error = difference;
        result->worst_output = index;
    }
}

int check_compare(struct check_result *result, const struct reference_file *reference, const struct dli_tensor *output,
                  int count, struct dli_error *err)
{
    if (reference->output_count != count)
        return dli_fail(err, DLI_E_MISMATCH, "%d outputs, the reference has %d", count, reference->output_count);
    for (int i = 0; i < count; i++) {
        const struct dli_tensor *expected = find_reference(reference, output[i].desc.name, i);
        int status = check_shape(&output[i], expected, err);
        if (status != DLI_OK)
            return status;
        compare_output(result, i, &output[i], expected);
    }
    result->agrees = result->max_rel_error <= result->tolerance_frac;
    return DLI_OK;
}
