/**
 * hash.h - SHA-256 of memory and files, as lower-case hexadecimal. OpenSSL's libcrypto underneath.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>

#include <dli/error.h>

#define SHA256_HEX_SIZE 65 /**< 64 digits and the NUL */

struct sha256; /**< a running hash; heap only */

struct sha256 *sha256_new(void);
void sha256_add(struct sha256 *hash, const void *data, size_t bytes);
/** Writes the digest and frees `hash`. */
void sha256_finish(struct sha256 *hash, char out[SHA256_HEX_SIZE]);
/** Frees without a digest; accepts NULL. */
void sha256_free(struct sha256 *hash);

void sha256_memory(char out[SHA256_HEX_SIZE], const void *data, size_t bytes);
/** DLI_E_NOTFOUND or DLI_E_IO with the path in the text. */
DLI_MUST_CHECK int sha256_file(char out[SHA256_HEX_SIZE], const char *path, struct dli_error *err);

#endif
