// Inputs from .npy and raw files, and from folders of pictures.
#include <dirent.h>
#include <stdlib.h>

#include "base/file.h"
#include "worker/image.h"
#include "worker/inputs.h"

enum { MAX_PICTURES = 100000 };

// NumPy's descr, e.g. "<f4"; one-byte types have '|'.
static enum dli_type npy_type(const char *descr)
{
    static const struct {
        const char *descr;
        enum dli_type type;
    } known[] = {{"<f4", DLI_F32}, {"<f2", DLI_F16}, {"<f8", DLI_F64}, {"|i1", DLI_I8},  {"|u1", DLI_U8},  {"<i2", DLI_I16},
                 {"<u2", DLI_U16}, {"<i4", DLI_I32}, {"<u4", DLI_U32}, {"<i8", DLI_I64}, {"<u8", DLI_U64}, {"|b1", DLI_BOOL}};
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strncmp(known[i].descr, descr, 3) == 0)
            return known[i].type;
    return DLI_TYPE_NONE;
}

// The header is a Python dictionary: {'descr': '<f4', 'fortran_order': False, 'shape': (1, 3, 8, 8), }
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
static int parse_npy_header(struct dli_tensor_desc *out, const char *header, const char *name, struct dli_error *err)
{
    const char *descr = strstr(header, "'descr': '");
    const char *shape = strstr(header, "'shape': (");
    if (!descr || !shape || !strstr(header, "'fortran_order': False"))
        return dli_fail(err, DLI_E_PARSE, "%s: only plain arrays in C order are read", name);
    out->type = npy_type(descr + strlen("'descr': '"));
    if (out->type == DLI_TYPE_NONE)
        return dli_fail(err, DLI_E_PARSE, "%s: element type %.5s is not read", name, descr + strlen("'descr': '"));
    const char *next = shape + strlen("'shape': (");
    while (*next && *next != ')') {
        char *end = NULL;
        long long dim = strtoll(next, &end, 10);
        if (end == next || dim < 0 || out->rank == DLI_MAX_RANK)
            return dli_fail(err, DLI_E_PARSE, "%s: damaged shape", name);
        out->dim[out->rank++] = dim;
        next = end + strspn(end, ", ");
    }
    return DLI_OK;
}

static int check_shape(const struct dli_tensor_desc *wanted, const struct dli_tensor_desc *found, const char *name,
                       struct dli_error *err)
{
    bool is_same = wanted->rank == found->rank;
    for (int i = 0; is_same && i < wanted->rank; i++)
        is_same = wanted->dim[i] == found->dim[i];
    if (!is_same)
        return dli_fail(err, DLI_E_ARG, "%s: its shape is not that of input '%s'", name, wanted->name);
    bool is_narrowed = found->type == DLI_F64 && wanted->type == DLI_F32;
    bool is_converted = found->type == DLI_F32 && (wanted->type == DLI_F16 || wanted->type == DLI_BF16);
    if (found->type == wanted->type || is_narrowed || is_converted)
        return DLI_OK;
    return dli_fail(err, DLI_E_ARG, "%s: holds %s, input '%s' needs %s", name, dli_type_name(found->type), wanted->name,
                    dli_type_name(wanted->type));
}

int inputs_parse_npy(void *out, size_t bytes, const struct dli_tensor_desc *desc, const void *text, size_t text_bytes,
                     const char *name, struct dli_error *err)
{
    const unsigned char *begin = text;
    struct dli_tensor_desc found = {.name = ""};
    if (text_bytes < 12 || memcmp(begin, "\x93NUMPY", 6) != 0 || begin[6] < 1 || begin[6] > 3)
        return dli_fail(err, DLI_E_PARSE, "%s: not a .npy file", name);
    size_t start = begin[6] == 1 ? 10 : 12;
    size_t length = begin[6] == 1 ? begin[8] | (size_t)begin[9] << 8
                                  : begin[8] | (size_t)begin[9] << 8 | (size_t)begin[10] << 16 | (size_t)begin[11] << 24;
    if (length > 65536 || start + length > text_bytes)
        return dli_fail(err, DLI_E_PARSE, "%s: damaged header", name);
    char *header = xasprintf("%.*s", (int)length, (const char *)begin + start);
    size_t found_bytes = 0;
    int result = parse_npy_header(&found, header, name, err);
    free(header);
    if (result == DLI_OK)
        result = check_shape(desc, &found, name, err);
    if (result == DLI_OK)
        result = dli_tensor_bytes(&found_bytes, &found, err);
    if (result != DLI_OK)
        return result;
    const char *data = (const char *)begin + start + length;
    if (text_bytes - start - length != found_bytes)
        return dli_fail(err, DLI_E_PARSE, "%s: %zu bytes of data, %zu expected", name, text_bytes - start - length, found_bytes);
    if (found.type == desc->type) {
        memcpy(out, data, bytes);
        return DLI_OK;
    }
    for (size_t i = 0; i < bytes / dli_type_bytes(desc->type); i++) {
        float value;
        double wide;
        if (found.type == DLI_F64) {
            memcpy(&wide, data + i * sizeof(wide), sizeof(wide));
            value = (float)wide;
        } else {
            memcpy(&value, data + i * sizeof(value), sizeof(value));
        }
        inputs_convert((char *)out + i * dli_type_bytes(desc->type), desc->type, &value, 1);
    }
    return DLI_OK;
}

int inputs_read_file(void *out, size_t bytes, const struct dli_tensor_desc *desc, const char *path, struct dli_error *err)
{
    struct strbuf text = STRBUF_INIT;
    bool is_npy = strcmp(file_extension(path), "npy") == 0;
    int result = file_read(&text, path, 2 * bytes + 70000, err);
    if (result == DLI_OK && is_npy)
        result = inputs_parse_npy(out, bytes, desc, strbuf_text(&text), text.length, path, err);
    else if (result == DLI_OK && text.length != bytes)
        result = dli_fail(err, DLI_E_ARG, "%s: %zu bytes, input '%s' takes %zu", path, text.length, desc->name, bytes);
    else if (result == DLI_OK)
        memcpy(out, text.text, bytes);
    strbuf_release(&text);
    return result;
}

static int is_picture(const struct dirent *entry)
{
    static const char *const extensions[] = {"jpg", "jpeg", "png", "JPG", "JPEG", "PNG"};
    for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++)
        if (strcmp(file_extension(entry->d_name), extensions[i]) == 0)
            return 1;
    return 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int list_pictures(struct dirent ***entries, const char *path, struct dli_error *err)
{
    int count = scandir(path, entries, is_picture, by_name);
    if (count < 1)
        return dli_fail(err, DLI_E_NOTFOUND, "%s: no .jpg or .png in this folder", path);
    if (count > MAX_PICTURES)
        return dli_fail(err, DLI_E_ARG, "%s: more than %d pictures", path, MAX_PICTURES);
    return count;
}

// Where the model has its channels, rows and columns.
struct layout {
    int64_t channels, height, width;
    bool is_nhwc;
};

static int find_layout(struct layout *out, const struct dli_tensor_desc *desc, bool is_nhwc, struct dli_error *err)
{
    if (desc->rank != 4)
        return dli_fail(err, DLI_E_ARG, "input '%s' has %d dimensions: pictures need 4", desc->name, desc->rank);
    *out = is_nhwc ? (struct layout){desc->dim[3], desc->dim[1], desc->dim[2], true}
                   : (struct layout){desc->dim[1], desc->dim[2], desc->dim[3], false};
    if (out->channels != 3 && out->channels != 1)
        return dli_fail(err, DLI_E_ARG, "input '%s' has %lld channels as %s: pictures have 3 or 1 (see --layout)", desc->name,
                        (long long)out->channels, is_nhwc ? "nhwc" : "nchw");
    return DLI_OK;
}

static float pixel(const float *planes, size_t plane, size_t at, int64_t channel, const struct layout *l, bool is_bgr)
{
    if (l->channels == 1) // luma of ITU-R BT.601
        return 0.299f * planes[at] + 0.587f * planes[plane + at] + 0.114f * planes[2 * plane + at];
    return planes[(size_t)(is_bgr ? 2 - channel : channel) * plane + at];
}

static int add_picture(float *out, const struct layout *l, const struct test_input *input, const char *path,
                       struct dli_error *err)
{
    struct image image;
    size_t plane = (size_t)l->height * (size_t)l->width;
    int result = image_read(&image, path, err);
    if (result != DLI_OK)
        return result;
    float *planes = calloc(plane, 3 * sizeof(*planes));
    if (!planes) {
        image_release(&image);
        return dli_fail(err, DLI_E_NOMEM, "no memory for a picture of %lldx%lld", (long long)l->width, (long long)l->height);
    }
    image_resize(planes, &image, (int)l->width, (int)l->height);
    for (int64_t c = 0; c < l->channels; c++) {
        double scale = input->scale[c] != 0 ? input->scale[c] : 1;
        for (size_t at = 0; at < plane; at++) {
            float value = (float)((pixel(planes, plane, at, c, l, input->is_bgr) - input->mean[c]) / scale);
            out[l->is_nhwc ? at * (size_t)l->channels + (size_t)c : (size_t)c * plane + at] = value;
        }
    }
    free(planes);
    image_release(&image);
    return DLI_OK;
}

int inputs_read_images(float *out, const struct dli_tensor_desc *desc, const struct test_input *input, int64_t first,
                       struct dli_error *err)
{
    struct layout layout = {0, 0, 0, false};
    struct dirent **entry = NULL;
    int count = 0;
    int result = find_layout(&layout, desc, input->is_nhwc, err);
    if (result != DLI_OK)
        return result;
    if (file_is_folder(input->path)) {
        count = list_pictures(&entry, input->path, err);
        result = count < 0 ? count : DLI_OK;
    }
    size_t item = (size_t)(layout.channels * layout.height * layout.width);
    for (int64_t i = 0; i < desc->dim[0] && result == DLI_OK; i++) {
        char *path = count ? xasprintf("%s/%s", input->path, entry[(first + i) % count]->d_name) : xstrdup(input->path);
        result = add_picture(out + (size_t)i * item, &layout, input, path, err);
        free(path);
    }
    for (int i = 0; i < count; i++)
        free(entry[i]);
    free(entry);
    return result;
}
