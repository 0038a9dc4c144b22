// .npy files: never more than the input's own bytes, whatever the header says.
#include <stdlib.h>

#include "worker/inputs.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t bytes);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t bytes)
{
    static const enum dli_type types[] = {DLI_F32, DLI_U8, DLI_I64, DLI_F16};
    struct dli_tensor_desc desc = {.name = "data", .rank = 2, .dim = {2, 6}};
    struct dli_error err = {0};
    desc.type = types[bytes % 4];
    size_t room = 12 * dli_type_bytes(desc.type);
    char *out = malloc(room); // the sanitizer watches its end
    int result = inputs_parse_npy(out, room, &desc, data, bytes, "fuzz.npy", &err);
    if (result != DLI_OK && err.text[0] == '\0')
        abort();
    free(out);
    return 0;
}
