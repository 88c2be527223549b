# ptrace-ns. `make` alone lists the targets.
#
#   make watch   builds the program and runs it, through sudo where needed
#   make check   sets the machine up and runs every test there is

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# The targets of check share the kernel and two cores: one after the other.
.NOTPARALLEL:

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
# By the linker, because GOFLAGS may have -buildvcs=false.
COMMIT ?= $(shell git rev-parse --verify HEAD 2>/dev/null)
PREFIX ?= /usr/local
DESTDIR ?=
FUZZTIME ?= 5
FUZZTIME_LONG ?= 600
VULN_DB ?= https://vuln.go.dev
BENCH ?= .
KERNEL ?= 6.1-cloud 6.12-cloud 6.1-cloud/arm64
KERNELS_ALL = 6.1-cloud 6.1-rt 6.12-cloud 6.12-rt 6.1-cloud/arm64 6.12-cloud/arm64 6.1-cloud:integrity 6.12-cloud:confidentiality
ARGS ?=

HELPERS = $(patsubst testdata/helpers/%.c,bin/helpers/pn-%,$(wildcard testdata/helpers/*.c))

CLANG_MAJOR := 19
CLANG := $(firstword $(foreach v,19 18 17 16 15 14,$(shell command -v clang-$(v))) clang)

GOTOOL := go tool -modfile=tools/go.mod
ROOT := $(shell [ "$$(id -u)" -eq 0 ] || echo sudo -E)
# Root without a single capability: what needs none must pass without.
UNPRIVILEGED := $(shell [ "$$(id -u)" -ne 0 ] || echo setpriv --bounding-set=-all --inh-caps=-all --no-new-privs)
# What reads recordings, tests included; the commands are built besides.
PORTABLE := ./events/... ./tracer/tree ./tracer/phases ./tracer/container ./internal/picture ./cmd/ptrace-ns ./cmd/ptrace-ns/picture ./cmd/ptrace-ns/progress \
	./cmd/ptrace-ns/recording ./cmd/ptrace-ns/view/... ./cmd/ptrace-ns/selection
# The packages whose tests use the live kernel are those that import its helpers.
KERNEL_PACKAGES = $(shell go list -f '{{range .TestImports}}{{.}} {{end}}{{range .XTestImports}}{{.}} {{end}}{{.ImportPath}}' ./... \
	| awk '/internal\/kerneltest / {print $$NF}')

.PHONY: help generate generate-check build watch portable helpers test test-kernel test-vm test-vm-all test-vm-quick test-vm-table race fuzz fuzz-long kills crowd lint vet vuln licenses \
	bench bench-go demo recordings images check check-all man completion install vagrant-validate clean

help: ## print the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-18s%s\n", $$1, $$2}' $(MAKEFILE_LIST)

generate: ## make what is generated again: BPF objects (clang 19), Go twins, schema
	BPF_CLANG=$(CLANG) BPF_STRIP=$(subst clang,llvm-strip,$(notdir $(CLANG))) go generate ./...

generate-check: ## generate the BPF half, and fail when that changes anything
	scripts/generate-check.sh $(notdir $(CLANG)) $(CLANG_MAJOR)

build: ## build bin/ptrace-ns (needs no clang)
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT)' -o bin/ptrace-ns ./cmd/ptrace-ns

watch: build ## build and run `ptrace-ns watch $(ARGS)`
	$(ROOT) bin/ptrace-ns watch $(ARGS)

vet: ## go vet
	go vet ./...

portable: ## what reads recordings builds for other systems
	@for os in darwin windows; do echo "portable: $$os"; \
		CGO_ENABLED=0 GOOS=$$os go build -o /dev/null ./cmd/ptrace-ns && GOOS=$$os go vet $(PORTABLE) || exit 1; done

lint: ## golangci-lint with the house's import rules (.golangci.yml)
	$(GOTOOL) golangci-lint run ./...

test: ## unit tests; needs no root and uses none
	PTRACE_NS_REQUIRE_KERNEL= go test -exec '$(UNPRIVILEGED)' ./...

helpers: $(HELPERS) ## the programs that provoke the scenarios (tests make them, too)

bin/helpers/pn-nothing: HELPER_FLAGS = -nostdlib
# Test processes run side by side: each builds a file of its own and renames it.
bin/helpers/pn-%: testdata/helpers/%.c $(wildcard testdata/helpers/*.h)
	@mkdir -p $(@D)
	gcc -std=gnu11 -O1 -Wall -Wextra -static -pthread $(HELPER_FLAGS) -o $@.$$$$ $< && mv $@.$$$$ $@

test-kernel: helpers ## tests against the live kernel and container runtimes, as root
	go test -count=1 -p 1 -exec '$(ROOT)' $(KERNEL_PACKAGES)

test-vm: ## tests in emulated machines with other kernels; KERNEL="6.1-cloud 6.1-cloud/arm64" (docs/testing.md)
	scripts/setup.sh --vm
	scripts/vm-test.sh $(KERNEL)

test-vm-all: ## the same on every kernel of the table in docs/kernels.md: hours without KVM; goes on where it was
	$(MAKE_COMMAND) --no-print-directory test-vm KERNEL="$(KERNELS_ALL)"

test-vm-quick: ## of test-vm what check has: programs on three kernels, podman and crun on one
	scripts/vm-test.sh --quick

test-vm-table: ## write what test-vm saw into docs/kernels.md
	go run ./internal/vm/table docs/kernels.md bin/vm/results/*.txt

# Of the tests of the whole program, those that have goroutines of its own at work.
race: helpers ## tests under the race detector, with the rights of the caller
	go test -race -p 1 $$(go list ./... | grep -v /e2e$$)
	go test -race ./cmd/ptrace-ns/e2e -run 'N10|Record|Replay|API|Name|R04|F08|TimelineLive|TopLive'

fuzz: ## every fuzz target for FUZZTIME seconds
	scripts/fuzz.sh $(FUZZTIME)

fuzz-long: ## all fuzz targets in turn, 10 min each, on in spite of what is found
	scripts/fuzz.sh --long $(FUZZTIME_LONG)

kills: helpers ## kill the recorder a thousand times at any moment, as root, 15 min
	PTRACE_NS_KILLS=1000 go test -count=1 -timeout 60m -exec '$(ROOT)' ./cmd/ptrace-ns/e2e -run 'TestR04Killed$$' -v

crowd: helpers ## begin to trace amid 100 000 processes, as root; kernel.pid_max is raised meanwhile, 12 GiB
	PTRACE_NS_CROWD=100000 go test -count=1 -timeout 30m -exec '$(ROOT)' ./cmd/ptrace-ns/e2e -run 'TestT19Crowd$$' -v

bench: build helpers ## measure what tracing costs, as root, 20 min; BENCH_PAIRS=n for fewer (docs/performance.md)
	go build -trimpath -o bin/bench ./internal/bench
	$(ROOT) bin/bench

bench-go: ## Go benchmarks: BENCH=regexp, BASE=old output to compare with
	@mkdir -p bin
	go test -run '^$$' -bench '$(BENCH)' -benchmem -p 1 -exec '$(ROOT)' ./... | tee bin/bench.txt
	@[ -z "$(BASE)" ] || $(GOTOOL) benchstat "$(BASE)" bin/bench.txt

demo: build helpers ## capture again what the documents show (docker, as root)
	scripts/runtimes.sh run scripts/demo.sh

recordings: build helpers ## make testdata/recordings anew, by daemons of its own (as root)
	$(ROOT) scripts/recordings.sh
	go test ./cmd/ptrace-ns -run Recordings -update
	go test ./cmd/ptrace-ns ./cmd/ptrace-ns/e2e -run 'TestTopPicture|TestTopScreens' -update

images: ## draw the pictures of the documents again, from testdata/recordings
	go test ./cmd/ptrace-ns -run 'TestTopPicture|TestExportPictures' -update
	PTRACE_NS_REQUIRE_BROWSER=1 go test ./cmd/ptrace-ns/view/html -run TestPicture -update

vuln: ## known vulnerabilities in what is linked; VULN_DB=file:///DIR asks a copy and no network
	$(GOTOOL) govulncheck -db '$(VULN_DB)' ./...

licenses: ## list what is linked and under which licence (docs/licenses.md)
	go run ./internal/licenses

check: ## set up this machine and run everything: THE test command
	scripts/setup.sh --vm
	PTRACE_NS_REQUIRE_BROWSER=1 scripts/runtimes.sh run $(MAKE_COMMAND) --no-print-directory check-all

check-all: vet portable lint generate-check build test race test-kernel test-vm-quick fuzz vagrant-validate
	@echo "check: all passed"

vagrant-validate: ## check the Vagrantfile, where vagrant is installed
	@if command -v vagrant >/dev/null; then \
		home=$$(mktemp -d); trap 'rm -rf "$$home"' EXIT; \
		VAGRANT_HOME="$$home" VAGRANT_CHECKPOINT_DISABLE=1 vagrant validate --ignore-provider; \
	else echo "vagrant-validate: vagrant is not installed, the Vagrantfile was not checked"; fi

man: build ## man pages into bin/man
	@rm -rf bin/man && mkdir -p bin/man
	bin/ptrace-ns man bin/man

completion: build ## shell completions into bin/completion
	@mkdir -p bin/completion
	bin/ptrace-ns completion bash >bin/completion/ptrace-ns
	bin/ptrace-ns completion zsh >bin/completion/_ptrace-ns
	bin/ptrace-ns completion fish >bin/completion/ptrace-ns.fish

install: build man completion ## install under PREFIX (/usr/local), DESTDIR for packagers
	install -D -m 755 bin/ptrace-ns $(DESTDIR)$(PREFIX)/bin/ptrace-ns
	install -D -m 644 LICENSES/third-party.txt $(DESTDIR)$(PREFIX)/share/doc/ptrace-ns/third-party.txt
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man1 bin/man/*.1
	install -D -m 644 bin/completion/ptrace-ns $(DESTDIR)$(PREFIX)/share/bash-completion/completions/ptrace-ns
	install -D -m 644 bin/completion/_ptrace-ns $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_ptrace-ns
	install -D -m 644 bin/completion/ptrace-ns.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/ptrace-ns.fish

clean: ## remove what make made
	rm -rf bin
