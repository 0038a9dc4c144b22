# The commands of the README; everything real is in CMakeLists.txt, tools/ and tests/.
.PHONY: help bench check check-quick build setup runtimes python bench-overhead bench-peers bench-python install format clean
.DEFAULT_GOAL := help

BUILD := build
JOBS ?= $(shell nproc)

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' Makefile

bench: build ## set up, build and measure: leaves results/bench/results.csv and results.html
	tools/bench-main $(BUILD)/dli results/bench

check: setup runtimes python ## set up, build and run every test, also under sanitizers
	tests/run-all

check-quick: build ## the tests of the release build only
	ctest --test-dir $(BUILD) --output-on-failure

build: $(BUILD)/build.ninja ## the program: build/dli
	cmake --build $(BUILD) -j $(JOBS)

$(BUILD)/build.ninja: | setup runtimes
	cmake --preset release

setup: ## install missing Debian packages (prints them first; without root prints the line to run)
	@tools/setup

runtimes: setup ## fetch the pinned frameworks into .runtimes (SHA-256 checked)
	@tools/fetch-runtimes

python: setup ## make .venv-dli, the Python of `--host python`: NumPy and the frameworks' wheels, hashes checked
	@tools/setup-python

bench-overhead: build ## cost of the harness per request, beside MLPerf LoadGen
	bench/overhead/run.sh $(BUILD)

bench-peers: build ## frame rates beside the frameworks' own benchmark tools
	bench/peers/run.sh $(BUILD)

bench-python: build ## cost of dli.loop per iteration, beside timeit
	bench/python-loop/run.sh $(BUILD)

install: build ## install the program, backends and headers (PREFIX=/usr/local)
	cmake --install $(BUILD) $(if $(PREFIX),--prefix $(PREFIX))

format: ## lay the C sources out by .clang-format
	git ls-files '*.c' '*.h' | xargs clang-format-14 -i

clean: ## remove what was built (fetched runtimes stay)
	rm -rf build build-dev build-tsan
