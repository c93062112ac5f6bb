# The front door; Meson and Ninja do the work. `make help` lists the targets.
BUILD   := build
SAN     := build-san
TSAN    := build-tsan
PREFIX  ?= /usr/local
QUIET   := --quiet
# Meson must run under the system's Python, whatever other one is first on the PATH.
MESON   := /usr/bin/python3 /usr/bin/meson

.PHONY: all run test check soak bench peers fuzz cover format install help clean
all: ## build both programs into build/
	@tools/setup
	@[ -f $(BUILD)/build.ninja ] || $(MESON) setup $(BUILD) -Dbuildtype=release >/dev/null
	@ninja -C $(BUILD) -n | grep -q 'no work to do' || ninja -C $(BUILD) $(QUIET)

run: all ## build and start on 127.0.0.1:8080 with SQLite and three demonstration interviews
	@tools/run $(BUILD)

$(SAN)/build.ninja:
	@$(MESON) setup $(SAN) -Dbuildtype=debug -Doptimization=1 -Db_sanitize=address,undefined -Db_lundef=false -Dtests=true >/dev/null

$(TSAN)/build.ninja:
	@$(MESON) setup $(TSAN) -Dbuildtype=debug -Doptimization=1 -Db_sanitize=thread -Db_lundef=false -Dtests=true >/dev/null

test: all ## build with sanitizers and run every test; last line: N passed, N failed
	@tools/setup test
	@$(MAKE) --no-print-directory $(SAN)/build.ninja $(TSAN)/build.ninja
	@ninja -C $(SAN) $(QUIET)
	@tools/test $(BUILD) $(SAN) $(TSAN)

check: ## static analysis: compilers, clang-tidy, cppcheck, include rules, banned calls, sizes
	@tools/setup test check
	@tools/check

soak: all ## the long counts of crash, race and fault tests
	@tools/setup test
	@$(MAKE) --no-print-directory $(SAN)/build.ninja $(TSAN)/build.ninja
	@ninja -C $(SAN) $(QUIET)
	@CHANCERY_TEST_SOAK=1 tools/test $(BUILD) $(SAN) $(TSAN)

bench: ## benchmarks, as ratios to a peer or to the machine's own limit
	@tools/setup test bench
	@[ -f build-bench/build.ninja ] || $(MESON) setup build-bench -Dbuildtype=release -Dtests=true >/dev/null
	@ninja -C build-bench $(QUIET)
	@tools/bench build-bench

peers: all ## clients and servers that others have written: schemathesis, generated clients, a real LiveKit (fetched into build-peers)
	@tools/setup peers
	@tests/peers/run $(BUILD) build-peers

fuzz: ## every fuzz target for a bounded time (FUZZ_SECONDS each, default 60)
	@tools/setup fuzz
	@[ -f build-fuzz/build.ninja ] || CC=clang $(MESON) setup build-fuzz -Dbuildtype=debug -Doptimization=1 -Dtests=true -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false >/dev/null
	@tools/fuzz build-fuzz

cover: ## line coverage of the tests
	@tools/setup test cover
	@[ -f build-cover/build.ninja ] || $(MESON) setup build-cover -Dbuildtype=debug -Db_coverage=true -Dtests=true >/dev/null
	@ninja -C build-cover $(QUIET)
	@$(MESON) test -C build-cover --quiet --suite unit --suite engine --suite api || true
	@gcovr --root . --filter src/ build-cover

format: ## format the sources
	@tools/setup check
	@git ls-files 'src/*.[ch]' 'tests/*.[ch]' | xargs clang-format -i

install: all ## install under PREFIX (default /usr/local)
	@$(MESON) configure $(BUILD) --prefix=$(PREFIX) >/dev/null && $(MESON) install -C $(BUILD) $(QUIET)

clean: ## remove what was built
	@rm -rf build build-san build-tsan build-hostile build-bench build-fuzz build-cover build-peers

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1	/p' Makefile | expand -t 10
