"""The one exception of the package."""

CODES = ("OK", "ARG", "NOMEM", "IO", "PARSE", "NOTFOUND", "UNSUPPORTED", "UNAVAILABLE", "RUNTIME", "TIMEOUT", "CRASHED",
         "MISMATCH", "PROTOCOL")


class Error(Exception):
    """`code` is one of CODES, as in the column error_code."""

    def __init__(self, text, code="RUNTIME"):
        super().__init__(text)
        self.code = code
