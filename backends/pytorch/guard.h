/**
 * guard.h - the border between C++ that throws and the C ABI.
 */
#ifndef BACKEND_PYTORCH_GUARD_H
#define BACKEND_PYTORCH_GUARD_H

#include <exception>
#include <new>
#include <string>

#include <dli/error.h>

/** The line of a TorchScript error that says what is wrong: the last, after its traceback. */
inline std::string guard_line(const std::string &text)
{
    size_t end = text.find_last_not_of(" \n");
    if (text.find("TorchScript interpreter") == std::string::npos || end == std::string::npos)
        return text;
    size_t begin = text.rfind('\n', end);
    return text.substr(begin == std::string::npos ? 0 : begin + 1,
                       end - (begin == std::string::npos ? 0 : begin + 1) + 1);
}

/** Runs body(), which returns 0 or a code; an exception becomes `code` with its text. */
template <class Body>
int guard(struct dli_error *err, int code, const char *what, Body body) noexcept
{
    try {
        return body();
    } catch (const std::bad_alloc &) {
        return dli_fail(err, DLI_E_NOMEM, "%s: no memory", what);
    } catch (const std::exception &e) {
        return dli_fail(err, code, "%s: %s", what, guard_line(e.what()).c_str());
    } catch (...) {
        return dli_fail(err, code, "%s: an exception of an unknown type", what);
    }
}

#endif
