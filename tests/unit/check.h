/**
 * check.h - what every unit test includes: cmocka, and assertions that print an error's text.
 */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <dli/error.h>

/** The call succeeds; otherwise its error is printed. Needs a local `struct dli_error err`. */
#define check_ok(call)                                                                             \
    do {                                                                                           \
        if ((call) != DLI_OK)                                                                      \
            fail_msg("%s: %s", #call, err.text);                                                   \
    } while (0)

/** The call fails with `expected_code` and a text that contains `part`. */
#define check_fails(call, expected_code, part)                                                     \
    do {                                                                                           \
        memset(&err, 0, sizeof(err));                                                              \
        int check_result = (call);                                                                 \
        if (check_result != (expected_code) || !strstr(err.text, part))                            \
            fail_msg("%s: code %d (%s), text '%s'; expected %d and '%s'", #call, check_result,     \
                     dli_code_name(check_result), err.text, (expected_code), part);                \
    } while (0)

/** `text` contains `part`. */
#define check_contains(text, part)                                                                 \
    do {                                                                                           \
        if (!strstr((text), (part)))                                                               \
            fail_msg("'%s' is not in:\n%s", (part), (text));                                       \
    } while (0)

#endif
