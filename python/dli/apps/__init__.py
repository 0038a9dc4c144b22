"""One application per framework: app_<framework>.py, copied from backends/<framework>/ when the package is built."""
