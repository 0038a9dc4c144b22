/**
 * dli/options.h - one table type for the options of a backend, of the command line and of plans.
 *
 * A table describes the fields of one struct. The core parses text into that struct, checks ranges,
 * suggests the nearest name for an unknown one, and generates --help, man pages, completion and
 * reference pages from the same table. A backend never parses a string. Tables are constant and
 * end with DLI_OPTIONS_END. Example:
 *
 *     #define DLI_OPT_BASE struct priv
 *     static const struct dli_option options[] = {
 *         {"intra-threads", DLI_OPT_INT(intra_threads), DLI_RANGE(0, 1024), .unit = "threads",
 *          .help = "threads inside one operator; 0: the framework decides"},
 *         DLI_OPTIONS_END};
 */
#ifndef DLI_OPTIONS_H
#define DLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum dli_option_type {
    DLI_OPTION_END,
    DLI_OPTION_BOOL,   /**< bool: yes/no, true/false, on/off, 1/0 */
    DLI_OPTION_INT,    /**< int, within [min, max] */
    DLI_OPTION_DOUBLE, /**< double, within [min, max] */
    DLI_OPTION_STRING, /**< const char *, owned by the core for the life of the struct; default NULL */
    DLI_OPTION_CHOICE, /**< int: index into `choices` */
    DLI_OPTION_LIST    /**< struct dli_list: may be given again and again; command line only */
};

/** Texts of a repeatable option in the order given; owned by the core. */
struct dli_list {
    int count;
    const char **text;
};

struct dli_option {
    const char *name; /**< as the user types it: lower case, words joined by '-' */
    enum dli_option_type type;
    size_t offset; /**< of the field in the options struct */
    double min;    /**< inclusive, for INT and DOUBLE; min == max == 0 means unlimited */
    double max;
    const char *const *choices; /**< for CHOICE: NULL-terminated */
    const char *unit;           /**< shown in help and documents, e.g. "threads", "ms"; may be NULL */
    const char *help;           /**< one sentence, no full stop; says what 0 or empty means */
    char letter;                /**< one-letter alias on the command line, 0: none */
};

#define DLI_OPT_BOOL(field) DLI_OPTION_BOOL, offsetof(DLI_OPT_BASE, field)
#define DLI_OPT_INT(field) DLI_OPTION_INT, offsetof(DLI_OPT_BASE, field)
#define DLI_OPT_DOUBLE(field) DLI_OPTION_DOUBLE, offsetof(DLI_OPT_BASE, field)
#define DLI_OPT_STRING(field) DLI_OPTION_STRING, offsetof(DLI_OPT_BASE, field)
#define DLI_OPT_CHOICE(field) DLI_OPTION_CHOICE, offsetof(DLI_OPT_BASE, field)
#define DLI_OPT_LIST(field) DLI_OPTION_LIST, offsetof(DLI_OPT_BASE, field)
#define DLI_RANGE(low, high) (low), (high)
#define DLI_OPTIONS_END                                                                            \
    {                                                                                              \
        NULL, DLI_OPTION_END, 0, 0, 0, NULL, NULL, NULL, 0                                           \
    }

#ifdef __cplusplus
}
#endif
#endif
