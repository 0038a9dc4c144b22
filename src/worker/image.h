/**
 * image.h - JPEG and PNG pictures as RGB bytes, and their bilinear reduction.
 */
#ifndef WORKER_IMAGE_H
#define WORKER_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include <dli/error.h>

#define IMAGE_MAX_PIXELS (INT64_C(1) << 28) /**< 256 megapixels: beyond it a picture is taken for an attack */

struct image {
    int width, height;
    uint8_t *rgb; /**< height x width x 3 */
};

/** By content, not by name. DLI_E_PARSE for what is damaged or no picture; grey and alpha become RGB. */
DLI_MUST_CHECK int image_decode(struct image *out, const void *data, size_t bytes, struct dli_error *err);
DLI_MUST_CHECK int image_read(struct image *out, const char *path, struct dli_error *err);
void image_release(struct image *image);

/**
 * Resizes to width x height floats per channel (planes R, G, B) by separable linear interpolation with pixel centres
 * at half-integers; when shrinking, the kernel widens by the factor (antialiasing), as Pillow's BILINEAR does.
 */
void image_resize(float *out, const struct image *image, int width, int height);

#endif
