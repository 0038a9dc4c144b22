#include "worker/inputs.h"

#include <dirent.h>
#include <math.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/random.h"
#include "host/context.h"
#include "worker/image.h"

static uint16_t to_bf16(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    if (isnan(value))
        return 0x7FC0;
    return (uint16_t)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16); // round to nearest even
}

// IEEE 754 binary16, round to nearest even.
static uint16_t to_f16(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
    float magnitude = fabsf(value);
    if (isnan(value))
        return 0x7E00;
    if (magnitude >= 65520.0f)
        return sign | 0x7C00;
    if (magnitude < 6.103515625e-05f) // subnormal: multiples of 2^-24
        return (uint16_t)(sign | (uint16_t)lrintf(magnitude * 16777216.0f));
    uint32_t exponent = (bits >> 23 & 0xFF) - 112;
    uint32_t half = exponent << 10 | (bits >> 13 & 0x3FF);
    uint32_t rest = bits & 0x1FFF;
    half += rest > 0x1000 || (rest == 0x1000 && (half & 1));
    return (uint16_t)(sign | half);
}

static int64_t clamp_round(float value, double low, double high)
{
    double rounded = nearbyint(isnan(value) ? 0 : value);
    return (int64_t)(rounded < low ? low : rounded > high ? high : rounded);
}

static void convert_one(char *out, enum dli_type type, float value)
{
    int64_t whole;
    uint16_t half;
    double wide = value;
    switch (type) {
    case DLI_F32:
        memcpy(out, &value, 4);
        return;
    case DLI_F64:
        memcpy(out, &wide, 8);
        return;
    case DLI_F16:
    case DLI_BF16:
        half = type == DLI_F16 ? to_f16(value) : to_bf16(value);
        memcpy(out, &half, 2);
        return;
    case DLI_U8:
        whole = clamp_round(value, 0, 255);
        break;
    case DLI_I8:
        whole = clamp_round(value, -128, 127);
        break;
    case DLI_BOOL:
        whole = value != 0;
        break;
    case DLI_U16:
        whole = clamp_round(value, 0, 65535);
        break;
    case DLI_I16:
        whole = clamp_round(value, -32768, 32767);
        break;
    case DLI_U32:
    case DLI_U64:
        whole = clamp_round(value, 0, 4294967295.0);
        break;
    default:
        whole = clamp_round(value, -2147483648.0, 2147483647.0);
    }
    memcpy(out, &whole, dli_type_bytes(type)); // little-endian: the low bytes
}

void inputs_convert(void *out, enum dli_type type, const float *from, size_t count)
{
    size_t bytes = dli_type_bytes(type);
    if (type == DLI_F32) {
        memcpy(out, from, count * bytes);
        return;
    }
    for (size_t i = 0; i < count; i++)
        convert_one((char *)out + i * bytes, type, from[i]);
}

void inputs_random(void *out, const struct dli_tensor_desc *desc, uint64_t seed, uint64_t first, size_t count, double low,
                   double high)
{
    enum { CHUNK = 4096 };
    float value[CHUNK];
    bool is_float = desc->type == DLI_F32 || desc->type == DLI_F64 || desc->type == DLI_F16 || desc->type == DLI_BF16;
    uint64_t key = random_key(seed, desc->name);
    if (low == 0 && high == 0) {
        low = is_float ? -1.7320508f : 0;
        high = is_float ? 1.7320508f : desc->type == DLI_U8 ? 256 : 2;
    }
    for (size_t done = 0; done < count; done += CHUNK) {
        size_t part = count - done < CHUNK ? count - done : CHUNK;
        random_fill_f32(value, part, key, first + done, (float)low, (float)high);
        for (size_t i = 0; i < part && !is_float; i++)
            value[i] = floorf(value[i]);
        inputs_convert((char *)out + done * dli_type_bytes(desc->type), desc->type, value, part);
    }
}

static const struct test_input *source_of(const struct test_model *model, const char *name)
{
    const struct test_input *general = NULL;
    for (int i = 0; i < model->input_count; i++) {
        if (!model->input[i].input)
            general = &model->input[i];
        else if (strcmp(model->input[i].input, name) == 0)
            return &model->input[i];
    }
    return general;
}

static int fill_images(void *out, const struct dli_tensor_desc *desc, const struct test_input *input, int set,
                       struct dli_error *err)
{
    size_t count = 1;
    for (int i = 0; i < desc->rank; i++)
        count *= (size_t)desc->dim[i];
    float *value = malloc(count * sizeof(*value));
    if (!value)
        return dli_fail(err, DLI_E_NOMEM, "no memory for the pictures of '%s'", desc->name);
    int result = inputs_read_images(value, desc, input, (int64_t)set * desc->dim[0], err);
    if (result == DLI_OK)
        inputs_convert(out, desc->type, value, count);
    free(value);
    return result;
}

static int fill(struct inputs *inputs, int set, const struct dli_io *io, const struct test *test,
                const struct test_model *model, struct dli_error *err)
{
    int result = DLI_OK;
    for (int i = 0; i < io->input_count && result == DLI_OK; i++) {
        const struct dli_tensor_desc *desc = &io->input[i];
        const struct test_input *source = source_of(model, desc->name);
        void *data = inputs->data[set][i];
        size_t bytes = 0;
        result = dli_tensor_bytes(&bytes, desc, err);
        if (result != DLI_OK)
            return result;
        size_t count = bytes / dli_type_bytes(desc->type);
        if (!source || source->source == TEST_INPUT_RANDOM)
            inputs_random(data, desc, test->seed, (uint64_t)set * count, count, source ? source->low : 0, source ? source->high : 0);
        else if (source->source == TEST_INPUT_FILE)
            result = inputs_read_file(data, bytes, desc, source->path, err);
        else
            result = fill_images(data, desc, source, set, err);
    }
    return result;
}

int inputs_open(struct inputs *out, const struct dli_io *io, const struct test *test, const struct test_model *model,
                struct dli_error *err)
{
    size_t set_bytes = 0;
    memset(out, 0, sizeof(*out));
    for (int i = 0; i < io->input_count; i++) {
        size_t bytes = 0;
        int result = dli_tensor_bytes(&bytes, &io->input[i], err);
        if (result != DLI_OK)
            return result;
        set_bytes += bytes;
    }
    size_t further = INPUTS_MAX_BYTES / (set_bytes ? set_bytes : 1);
    out->set_count = 1 + (int)(further < INPUTS_MAX_SETS - 1 ? further : INPUTS_MAX_SETS - 1);
    for (int set = 0; set < out->set_count; set++) {
        for (int i = 0; i < io->input_count; i++) {
            size_t bytes = 0;
            int result = dli_tensor_bytes(&bytes, &io->input[i], err);
            if (result == DLI_OK && !(out->data[set][i] = host_buffer(bytes)))
                result = dli_fail(err, DLI_E_NOMEM, "no memory for %zu bytes of input '%s'", bytes, io->input[i].name);
            if (result != DLI_OK)
                return result;
            out->borrowed[set][i] = out->data[set][i];
        }
        out->set[set].data = out->borrowed[set];
    }
    return fill(out, 0, io, test, model, err);
}

int inputs_fill_rest(struct inputs *inputs, const struct dli_io *io, const struct test *test, const struct test_model *model,
                     struct dli_error *err)
{
    int result = DLI_OK;
    for (int set = 1; set < inputs->set_count && result == DLI_OK; set++)
        result = fill(inputs, set, io, test, model, err);
    return result;
}

void inputs_close(struct inputs *inputs)
{
    for (int set = 0; set < INPUTS_MAX_SETS; set++)
        for (int i = 0; i < DLI_MAX_IO; i++)
            free(inputs->data[set][i]);
    memset(inputs, 0, sizeof(*inputs));
}

void inputs_describe(struct strbuf *out, const struct test_model *model)
{
    static const char *const names[] = {"random", "images", "file"};
    if (model->input_count == 0)
        strbuf_adds(out, "random");
    for (int i = 0; i < model->input_count; i++) {
        const struct test_input *input = &model->input[i];
        strbuf_addf(out, "%s%s%s%s", i ? "; " : "", input->input ? input->input : "", input->input ? "=" : "",
                    names[input->source]);
        if (input->path)
            strbuf_addf(out, ":%s", file_name(input->path));
        else if (input->low != 0 || input->high != 0)
            strbuf_addf(out, ":%g:%g", input->low, input->high);
    }
}
