// Pictures: decoded by content, resized as Pillow does, refused when damaged.
#include "check.h"

#include <math.h>
#include <stdlib.h>

#include "base/file.h"
#include "worker/image.h"
#include "worker/inputs.h"

#define SEEDS DLI_SOURCE_DIR "/tests/fuzz/seeds/image/"

static void pictures(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        int width, height;
    } table[] = {{SEEDS "rgb.png", 9, 6},
                 {SEEDS "gray.png", 5, 5},
                 {SEEDS "rgba.png", 4, 3},
                 {SEEDS "small.jpg", 12, 9},
                 {SEEDS "gray.jpg", 12, 9}};
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct image image;
        struct dli_error err;
        check_ok(image_read(&image, table[i].path, &err));
        assert_int_equal(image.width, table[i].width);
        assert_int_equal(image.height, table[i].height);
        image_release(&image);
    }
}

static void pixels(void **state)
{
    (void)state;
    struct image image;
    struct dli_error err;
    check_ok(image_read(&image, SEEDS "rgb.png", &err));
    // As it was made: (x * 31 + y * 7 + channel) modulo 256.
    for (int y = 0; y < 6; y++)
        for (int x = 0; x < 9; x++)
            for (int c = 0; c < 3; c++)
                assert_int_equal(image.rgb[(y * 9 + x) * 3 + c], (x * 31 + y * 7 + c) % 256);
    image_release(&image);
    check_ok(image_read(&image, SEEDS "gray.png", &err));
    assert_int_equal(image.rgb[3], image.rgb[4]);
    assert_int_equal(image.rgb[3], image.rgb[5]);
    image_release(&image);
}

static void resizing(void **state)
{
    (void)state;
    uint8_t rgb[4 * 4 * 3];
    struct image image = {4, 4, rgb};
    float same[3 * 16], half[3 * 4], one[3], larger[3 * 64];
    for (int i = 0; i < 16; i++)
        for (int c = 0; c < 3; c++)
            rgb[i * 3 + c] = (uint8_t)(10 * i + c);
    image_resize(same, &image, 4, 4);
    for (int i = 0; i < 16; i++)
        assert_true(fabsf(same[i] - (float)(10 * i)) < 1e-3f);
    assert_true(fabsf(same[16 + 5] - 51) < 1e-3f); // the green plane
    // By a half the kernel is a triangle of 4 pixels, cut at the border: weights 3, 3, 1 of 7.
    image_resize(half, &image, 2, 2);
    float column = (3 * 0 + 3 * 10 + 1 * 20) / 7.0f, row = (3 * 0 + 3 * 40 + 1 * 80) / 7.0f;
    assert_true(fabsf(half[0] - (column + row)) < 1e-2f);
    // To one pixel: symmetric weights, so the mean of a ramp.
    image_resize(one, &image, 1, 1);
    assert_true(fabsf(one[0] - 75) < 1e-2f);
    // Larger: linear between pixel centres, constant beyond the outermost.
    image_resize(larger, &image, 8, 8);
    assert_true(fabsf(larger[0] - 0) < 1e-3f);
    assert_true(fabsf(larger[2] - 7.5f) < 1e-3f);
    assert_true(fabsf(larger[63] - 150) < 1e-3f);
}

static void damaged(void **state)
{
    (void)state;
    struct strbuf text = STRBUF_INIT;
    struct dli_error err;
    struct image image;
    check_ok(file_read(&text, SEEDS "rgb.png", 1 << 20, &err));
    for (size_t cut = 0; cut + 12 < text.length; cut += 3) {
        assert_int_equal(image_decode(&image, text.text, cut, &err), DLI_E_PARSE);
        assert_true(err.text[0] != '\0');
        image_release(&image);
    }
    check_fails(image_decode(&image, "GIF89a", 6, &err), DLI_E_PARSE, "");
    check_fails(image_read(&image, SEEDS "nothing.png", &err), DLI_E_NOTFOUND, "nothing.png");
    strbuf_release(&text);
}

static void tensors(void **state)
{
    (void)state;
    float nchw[3 * 36], nhwc[3 * 36];
    struct dli_error err;
    char path[] = SEEDS "rgb.png";
    struct dli_tensor_desc desc = {.name = "data", .type = DLI_F32, .rank = 4, .dim = {1, 3, 6, 6}};
    struct test_input input = {
        .source = TEST_INPUT_IMAGES, .path = path, .mean = {1, 2, 3}, .scale = {2, 2, 2}};
    check_ok(inputs_read_images(nchw, &desc, &input, 0, &err));
    input.is_nhwc = true;
    desc.dim[1] = desc.dim[2] = 6;
    desc.dim[3] = 3;
    check_ok(inputs_read_images(nhwc, &desc, &input, 0, &err));
    for (int i = 0; i < 36; i++)
        for (int c = 0; c < 3; c++)
            assert_true(nchw[c * 36 + i] == nhwc[i * 3 + c]);
    input.is_bgr = true; // means belong to the channels as the model sees them
    float bgr[3 * 36];
    check_ok(inputs_read_images(bgr, &desc, &input, 0, &err));
    assert_true(fabsf((bgr[0] * 2 + 1) - (nhwc[2] * 2 + 3)) < 1e-3f);
    desc.rank = 3;
    check_fails(inputs_read_images(bgr, &desc, &input, 0, &err), DLI_E_ARG, "need 4");
    desc.rank = 4;
    desc.dim[3] = 5;
    check_fails(inputs_read_images(bgr, &desc, &input, 0, &err), DLI_E_ARG, "5 channels");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(pictures), cmocka_unit_test(pixels),
                                       cmocka_unit_test(resizing), cmocka_unit_test(damaged),
                                       cmocka_unit_test(tensors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
