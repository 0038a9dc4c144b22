#include "worker/image.h"

#include <math.h>
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>

#include <jpeglib.h>

#include "base/file.h"
#include "base/strbuf.h"

enum { MAX_FILE_BYTES = 256 << 20 };

static int allocate(struct image *out, int64_t width, int64_t height, struct dli_error *err)
{
    if (width < 1 || height < 1 || width > IMAGE_MAX_PIXELS / height)
        return dli_fail(err, DLI_E_PARSE, "a picture of %lld x %lld pixels is refused", (long long)width, (long long)height);
    out->rgb = malloc((size_t)(width * height) * 3);
    if (!out->rgb)
        return dli_fail(err, DLI_E_NOMEM, "no memory for %lld x %lld pixels", (long long)width, (long long)height);
    out->width = (int)width;
    out->height = (int)height;
    return DLI_OK;
}

static int decode_png(struct image *out, const void *data, size_t bytes, struct dli_error *err)
{
    png_image png = {.version = PNG_IMAGE_VERSION};
    if (!png_image_begin_read_from_memory(&png, data, bytes))
        return dli_fail(err, DLI_E_PARSE, "PNG: %s", png.message);
    png.format = PNG_FORMAT_RGB;
    int result = allocate(out, png.width, png.height, err);
    const png_color white = {255, 255, 255};
    if (result == DLI_OK && !png_image_finish_read(&png, &white, out->rgb, 0, NULL))
        result = dli_fail(err, DLI_E_PARSE, "PNG: %s", png.message);
    png_image_free(&png);
    return result;
}

struct jpeg_failure {
    struct jpeg_error_mgr manager;
    jmp_buf jump;
    char text[JMSG_LENGTH_MAX];
};

static void fail_jpeg(j_common_ptr info)
{
    struct jpeg_failure *failure = (struct jpeg_failure *)info->err;
    info->err->format_message(info, failure->text);
    longjmp(failure->jump, 1);
}

// A warning means damaged data: half a picture is no input.
static void warn_jpeg(j_common_ptr info, int level)
{
    if (level < 0)
        fail_jpeg(info);
}

static int decode_jpeg_rows(struct image *out, struct jpeg_decompress_struct *info, struct dli_error *err)
{
    jpeg_read_header(info, TRUE);
    info->out_color_space = JCS_RGB;
    int result = allocate(out, info->image_width, info->image_height, err);
    if (result != DLI_OK)
        return result;
    jpeg_start_decompress(info);
    while (info->output_scanline < info->output_height) {
        JSAMPROW row = out->rgb + (size_t)info->output_scanline * (size_t)out->width * 3;
        jpeg_read_scanlines(info, &row, 1);
    }
    jpeg_finish_decompress(info);
    return DLI_OK;
}

static int decode_jpeg(struct image *out, const void *data, size_t bytes, struct dli_error *err)
{
    struct jpeg_decompress_struct info;
    struct jpeg_failure failure;
    volatile int result = DLI_OK;
    info.err = jpeg_std_error(&failure.manager);
    failure.manager.error_exit = fail_jpeg;
    failure.manager.emit_message = warn_jpeg;
    jpeg_create_decompress(&info);
    if (setjmp(failure.jump)) {
        result = dli_fail(err, DLI_E_PARSE, "JPEG: %.150s", failure.text);
    } else {
        jpeg_mem_src(&info, data, bytes);
        result = decode_jpeg_rows(out, &info, err);
    }
    jpeg_destroy_decompress(&info);
    return result;
}

int image_decode(struct image *out, const void *data, size_t bytes, struct dli_error *err)
{
    static const unsigned char png[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    const unsigned char *begin = data;
    int result;
    memset(out, 0, sizeof(*out));
    if (bytes >= sizeof(png) && memcmp(begin, png, sizeof(png)) == 0)
        result = decode_png(out, data, bytes, err);
    else if (bytes >= 3 && begin[0] == 0xFF && begin[1] == 0xD8 && begin[2] == 0xFF)
        result = decode_jpeg(out, data, bytes, err);
    else
        result = dli_fail(err, DLI_E_PARSE, "neither JPEG nor PNG");
    if (result != DLI_OK)
        image_release(out);
    return result;
}

int image_read(struct image *out, const char *path, struct dli_error *err)
{
    struct strbuf text = STRBUF_INIT;
    memset(out, 0, sizeof(*out));
    int result = file_read(&text, path, MAX_FILE_BYTES, err);
    if (result == DLI_OK) {
        result = image_decode(out, text.text, text.length, err);
        if (result != DLI_OK)
            dli_error_prepend(err, "%s", path);
    }
    strbuf_release(&text);
    return result;
}

void image_release(struct image *image)
{
    free(image->rgb);
    memset(image, 0, sizeof(*image));
}

// Weights of the source pixels first … first+count-1 that make up one target pixel.
struct kernel {
    int first, count;
    float *weight;
};

static void make_kernel(struct kernel *k, int at, int from, int to)
{
    double factor = (double)from / to;
    double reach = factor > 1 ? factor : 1;
    double centre = (at + 0.5) * factor;
    int first = (int)floor(centre - reach), last = (int)ceil(centre + reach);
    double sum = 0;
    first = first < 0 ? 0 : first;
    last = last > from ? from : last;
    k->first = first;
    k->count = last - first;
    for (int i = 0; i < k->count; i++) {
        double distance = fabs((first + i + 0.5 - centre) / reach);
        k->weight[i] = distance < 1 ? (float)(1 - distance) : 0;
        sum += k->weight[i];
    }
    for (int i = 0; i < k->count; i++)
        k->weight[i] = (float)(k->weight[i] / sum);
}

static int kernel_size(int from, int to)
{
    return 2 * (from / to + 2) + 2;
}

// Rows first: source height x target width x 3.
static float *resize_rows(const struct image *image, int width)
{
    size_t row = (size_t)width * 3;
    float *out = xmalloc(row * (size_t)image->height * sizeof(*out));
    struct kernel k = {.weight = xmalloc((size_t)kernel_size(image->width, width) * sizeof(float))};
    for (int x = 0; x < width; x++) {
        make_kernel(&k, x, image->width, width);
        for (int y = 0; y < image->height; y++) {
            const uint8_t *pixel = image->rgb + ((size_t)y * (size_t)image->width + (size_t)k.first) * 3;
            for (int c = 0; c < 3; c++) {
                float sum = 0;
                for (int i = 0; i < k.count; i++)
                    sum += k.weight[i] * pixel[i * 3 + c];
                out[(size_t)y * row + (size_t)x * 3 + (size_t)c] = sum;
            }
        }
    }
    free(k.weight);
    return out;
}

void image_resize(float *out, const struct image *image, int width, int height)
{
    float *rows = resize_rows(image, width);
    struct kernel k = {.weight = xmalloc((size_t)kernel_size(image->height, height) * sizeof(float))};
    for (int y = 0; y < height; y++) {
        make_kernel(&k, y, image->height, height);
        for (int x = 0; x < width; x++)
            for (int c = 0; c < 3; c++) {
                float sum = 0;
                for (int i = 0; i < k.count; i++)
                    sum += k.weight[i] * rows[((size_t)(k.first + i) * (size_t)width + (size_t)x) * 3 + (size_t)c];
                out[((size_t)c * (size_t)height + (size_t)y) * (size_t)width + (size_t)x] = sum;
            }
    }
    free(k.weight);
    free(rows);
}
