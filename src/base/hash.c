#include "base/hash.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "base/strbuf.h"

struct sha256 {
    EVP_MD_CTX *context;
};

struct sha256 *sha256_new(void)
{
    struct sha256 *hash = xcalloc(1, sizeof(*hash));
    hash->context = EVP_MD_CTX_new();
    if (!hash->context || EVP_DigestInit_ex(hash->context, EVP_sha256(), NULL) != 1)
        abort();
    return hash;
}

void sha256_add(struct sha256 *hash, const void *data, size_t bytes)
{
    if (EVP_DigestUpdate(hash->context, data, bytes) != 1)
        abort();
}

void sha256_finish(struct sha256 *hash, char out[SHA256_HEX_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int bytes = 0;
    if (EVP_DigestFinal_ex(hash->context, digest, &bytes) != 1)
        abort();
    for (unsigned int i = 0; i < 32; i++) {
        out[2 * i] = digits[digest[i] >> 4];
        out[2 * i + 1] = digits[digest[i] & 15];
    }
    out[64] = '\0';
    sha256_free(hash);
}

void sha256_free(struct sha256 *hash)
{
    if (!hash)
        return;
    EVP_MD_CTX_free(hash->context);
    free(hash);
}

void sha256_memory(char out[SHA256_HEX_SIZE], const void *data, size_t bytes)
{
    struct sha256 *hash = sha256_new();
    sha256_add(hash, data, bytes);
    sha256_finish(hash, out);
}

int sha256_file(char out[SHA256_HEX_SIZE], const char *path, struct dli_error *err)
{
    enum { CHUNK = 1 << 20 };
    int result = DLI_OK;
    struct sha256 *hash = NULL;
    char *chunk = NULL;
    FILE *file = fopen(path, "rb");
    if (!file)
        return dli_fail(err, errno == ENOENT ? DLI_E_NOTFOUND : DLI_E_IO, "%s: %s", path,
                        strerror(errno));
    hash = sha256_new();
    chunk = xmalloc(CHUNK);
    for (;;) {
        size_t bytes = fread(chunk, 1, CHUNK, file);
        sha256_add(hash, chunk, bytes);
        if (bytes < CHUNK)
            break;
    }
    if (ferror(file)) {
        result = dli_fail(err, DLI_E_IO, "%s: cannot read: %s", path, strerror(errno));
        sha256_free(hash);
    } else {
        sha256_finish(hash, out);
    }
    free(chunk);
    fclose(file);
    return result;
}
