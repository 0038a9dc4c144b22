// JPEG and PNG pictures: decoded or refused, then resized.
#include <stdlib.h>

#include "worker/image.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t bytes);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t bytes)
{
    struct image image;
    struct dli_error err = {0};
    float planes[3 * 5 * 7];
    int result = image_decode(&image, data, bytes, &err);
    if (result == DLI_OK && (int64_t)image.width * image.height <= 1 << 20)
        image_resize(planes, &image, 7, 5);
    else if (result != DLI_OK && err.text[0] == '\0')
        abort();
    image_release(&image);
    return 0;
}
