# The commands of the README; everything real is in CMakeLists.txt, tools/ and tests/.
.PHONY: help bench check check-quick build setup main-runtimes all-runtimes runtimes python bench-overhead bench-peers bench-python install format clean
.DEFAULT_GOAL := help

BUILD := build
JOBS ?= $(shell nproc)
# What the main job measures; the other frameworks are fetched when somebody asks for them.
MAIN_RUNTIMES := openvino onnxruntime models

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' Makefile

bench: build ## set up, build and measure: leaves results/bench/results.csv and results.html
	tools/bench-main $(BUILD)/dli results/bench

check: all-runtimes python ## set up, build and run every test, also under sanitizers
	tests/run-all

check-quick: build ## the tests of the release build only
	ctest --test-dir $(BUILD) --output-on-failure

build: main-runtimes $(BUILD)/build.ninja ## the program, with the frameworks that are in .runtimes: build/dli
	cmake --build $(BUILD) -j $(JOBS)

$(BUILD)/build.ninja: | main-runtimes
	cmake --preset release

setup: ## install missing Debian packages (prints them first; without root prints the line to run)
	@tools/setup

main-runtimes: setup
	@tools/fetch-runtimes $(addprefix --only ,$(MAIN_RUNTIMES))

all-runtimes: setup
	@tools/fetch-runtimes

runtimes: all-runtimes ## fetch every pinned framework into .runtimes (SHA-256 checked) and build with them
	$(MAKE) build

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
