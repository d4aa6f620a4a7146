# SPDX-License-Identifier: GPL-2.0-or-later
# rp: rootless containers from small programs. `make help` lists the targets.
B       ?= build
PREFIX  ?= /usr/local
CC      ?= gcc
# link-time optimization makes the programs a twentieth smaller; clang's needs other tools
CFLAGS  ?= -Oz -g $(if $(findstring clang,$(CC)),,-flto=auto)
DESTDIR ?=

# What the programs need to build, then what only tests, lint and bench need (Debian names).
BUILD_PACKAGES = gcc make pkg-config libc6-dev libseccomp-dev libjson-c-dev \
	libcurl4-openssl-dev libselinux1-dev libzstd-dev libisal-dev \
	libssl-dev libsystemd-dev uidmap busybox-static python3
CHECK_PACKAGES = $(BUILD_PACKAGES) libcmocka-dev bats jq fuse-overlayfs slirp4netns passt crun runc \
	conmon podman catatonit containerd skopeo umoci buildah docker-registry mmdebstrap mandoc shellcheck strace \
	golang-github-opencontainers-specs-dev python3-jsonschema clang libclang-rt-14-dev \
	clang-format clang-tidy cppcheck apache2-utils iproute2 socat xz-utils zstd openssl \
	netcat-openbsd libcap2-bin util-linux procps curl qemu-system-x86 e2fsprogs

WARN = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wpointer-arith \
	-Wwrite-strings -Wundef -Wno-unused-parameter -Wno-missing-field-initializers
ALL_CFLAGS = -std=gnu17 $(WARN) -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -D_FORTIFY_SOURCE=2 -Ilib -I$(B) \
	-ffunction-sections -fdata-sections -fstack-protector-strong -fno-plt \
	-fno-asynchronous-unwind-tables $(CFLAGS)
FREESTANDING = -ffreestanding -fno-lto -fno-stack-protector -fno-sanitize=all -U_FORTIFY_SOURCE
# optimized at link time, a function is judged without what its callers promise
ALL_LDFLAGS = -Wno-maybe-uninitialized -Wl,--gc-sections -Wl,--as-needed -Wl,-z,relro,-z,now -Wl,-z,noexecstack,-z,noseparate-code \
	$(LDFLAGS)

LIB_SRC  := $(wildcard lib/*/*.c)
LIB_OBJ  := $(LIB_SRC:%.c=$(B)/%.o)
LIB      := $(B)/librp.a
# a program's files may stand in folders of it, whose headers are "FOLDER/file.h" to them
CMD_SRC  := $(sort $(shell find cmd -name '*.c'))
PROGRAMS := $(sort $(notdir $(patsubst %/,%,$(dir $(wildcard cmd/*/*.c)))))
BINS     := $(PROGRAMS:%=$(B)/bin/%)
UNIT     := $(patsubst tests/unit/%.c,$(B)/unit/%,$(wildcard tests/unit/*.c))
TESTPROG := $(patsubst tests/lib/%.c,$(B)/tests/%,$(wildcard tests/lib/*.c))

libs_of   = $(shell cat cmd/$(1)/libs 2>/dev/null)
sources_of = $(filter cmd/$(1)/%,$(CMD_SRC))
# of a file, cmd/PROGRAM/...; of a unit test that includes such a file
program   = $(if $(filter cmd/%,$(1)),$(word 2,$(subst /, ,$(1))))
borrows   = $(sort $(shell sed -n 's|^\#include "../../\(cmd/[^/]*\)/.*|-I\1|p' $(1)))
pkgs      = $(filter-out static nolibc multi,$(call libs_of,$(1)))
# a sanitizer's library cannot be linked statically
SAN      := $(findstring -fsanitize,$(CFLAGS))
# "multi" in libs: the programs that a start runs are one static file under several names (lib/multi.c)
MULTI    := $(if $(SAN),,$(patsubst cmd/%/libs,%,$(shell grep -lw multi cmd/*/libs)))
main_of   = main_$(subst -,_,$(1))
is_static = $(filter $(if $(SAN),,static) nolibc,$(call libs_of,$(1)))
# "nolibc" in libs: a freestanding program with its own _start
link_libs = $(if $(filter nolibc,$(call libs_of,$(1))),-nostdlib -fno-sanitize=all,$(LIB) \
	$(call pkg,$(if $(call is_static,$(1)),--static) --libs,$(call pkgs,$(1))) $(call json,$(1)))
STATIC_LD = -Wl,-T,lib/static.ld
pkg       = $(if $(strip $(2)),$(shell pkg-config $(1) $(2)))
JSON_A   := $(shell pkg-config --variable=libdir json-c 2>/dev/null)/libjson-c.a
json      = $(if $(call is_static,$(1)),$(JSON_A),-ljson-c)

.PHONY: all check check-long lint asan fuzz coverage bench demo deps install uninstall clean help walk-through
all: $(BINS) ## build all programs into build/bin

# which programs are ours: rp replays no others
$(B)/cmd/rp/trace.o: override CFLAGS += -DRP_PROGRAMS='"$(PROGRAMS)"'
$(B)/cmd/rp/trace.o: $(wildcard cmd)
# a program that is one of several in a file has a main() of its own name there
MULTI_MAIN = -D'main=$(call main_of,$(1))(int, char **); int $(call main_of,$(1))'
$(B)/lib/multi.o: override CFLAGS += -DMULTI_PROGRAMS='$(foreach p,$(MULTI),PROGRAM($(call main_of,$(p)), "$(p)"))'
$(B)/lib/multi.o: $(wildcard cmd cmd/*/libs)

.SECONDEXPANSION:
$(B)/%.o: %.c $$(wildcard $$(dir $$*)libs)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CC) $(ALL_CFLAGS) $(if $(filter nolibc,$(call libs_of,$(call program,$<))),$(FREESTANDING)) \
		$(if $(filter $(foreach p,$(MULTI),cmd/$(p)/$(p).c),$<),$(call MULTI_MAIN,$(call program,$<))) \
		$(addprefix -Icmd/,$(call program,$<)) $(call pkg,--cflags,$(call pkgs,$(call program,$<))) \
		-MMD -MP -c -o $@ $<

$(LIB): $(LIB_OBJ)
	@rm -f $@ && ar rcs $@ $^

$(filter-out $(MULTI:%=$(B)/bin/%),$(BINS)): $(B)/bin/%: $$(addprefix $$(B)/,$$(addsuffix .o,$$(basename $$(call sources_of,$$*)))) $$(LIB) $$(wildcard cmd/$$*/libs) lib/static.ld
	@mkdir -p $(@D)
	@echo "  LINK    $*"
	@$(CC) $(if $(call is_static,$*),-static) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) \
		$(call link_libs,$*) $(if $(filter static,$(call is_static,$*)),$(STATIC_LD))

$(B)/multi: $(patsubst %.c,$(B)/%.o,lib/multi.c $(foreach p,$(MULTI),$(call sources_of,$(p)))) $(LIB) lib/static.ld
	@echo "  LINK    $(MULTI)"
	@$(CC) -static $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LIB) $(JSON_A) $(STATIC_LD)

$(MULTI:%=$(B)/bin/%): $(B)/multi
	@mkdir -p $(@D)
	@ln -f $< $@

$(B)/unit/%: tests/unit/%.c $(LIB)
	@mkdir -p $(@D)
	@echo "  UNIT    $*"
	@$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -MMD -MP -Itests $(call borrows,$<) -o $@ $< $(LIB) \
		$(shell pkg-config --libs cmocka libseccomp libselinux libcrypto libzstd) -lisal $(JSON_A)

# what runs inside containers: always static and without sanitizers
$(B)/tests/%: tests/lib/%.c
	@mkdir -p $(@D)
	@echo "  TEST    $*"
	@$(CC) -std=gnu17 $(WARN) -D_GNU_SOURCE -O1 -static -o $@ $<

check: all $(UNIT) $(TESTPROG) ## run all tests; T=NAME for those whose name contains it
	@B=$(abspath $(B)) T='$(T)' tests/run

check-long: ## the same with races and fault injection at their full count
	@ROUNDS=5000 STEP=1 TIME_LIMIT=7200 $(MAKE) --no-print-directory check

lint: all ## formatting, static analysis, house rules
	@B=$(abspath $(B)) contrib/lint

asan: ## the tests with AddressSanitizer and UndefinedBehaviorSanitizer
	@ASAN_OPTIONS=detect_leaks=0:$(ASAN_OPTIONS) $(MAKE) B=build/asan CFLAGS='-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
		-fno-sanitize-recover=undefined -U_FORTIFY_SOURCE' check

fuzz: ## 60 s of libFuzzer for each target in tests/fuzz
	@B=$(abspath $(B)) SECONDS_EACH=$(or $(S),60) tests/fuzz/run

coverage: ## the tests with gcov, a summary a file
	@$(MAKE) B=build/coverage CFLAGS='-O0 -g --coverage' check
	@contrib/coverage build/coverage

bench: all $(B)/tests/peak $(B)/tests/account ## compare with podman and crun, medians and ratios
	@B=$(abspath $(B)) tests/bench/run

demo: deps-build ## build, make a small image, run a container from it
	@$(MAKE) --no-print-directory all
	@B=$(abspath $(B)) contrib/demo

walk-through: all ## the example of the design: buildah in a container, from a registry on loopback
	@B=$(abspath $(B)) tests/run --walk-through

deps: ## install the Debian packages that build and tests need
	@contrib/deps $(CHECK_PACKAGES)
deps-build:
	@contrib/deps $(BUILD_PACKAGES)

install: all ## into DESTDIR and PREFIX
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 \
		$(DESTDIR)$(PREFIX)/share/man/man5 $(DESTDIR)$(PREFIX)/share/man/man7
	install -s -m 755 $(filter-out $(MULTI:%=$(B)/bin/%),$(BINS)) $(DESTDIR)$(PREFIX)/bin
	$(if $(MULTI),cd $(DESTDIR)$(PREFIX)/bin && rm -f $(MULTI) && install -s -m 755 $(abspath $(B)/multi) $(firstword $(MULTI)) && \
		for p in $(wordlist 2,99,$(MULTI)); do ln $(firstword $(MULTI)) $$p; done)
	for m in man/*.[157]; do install -m 644 $$m $(DESTDIR)$(PREFIX)/share/man/man$${m##*.}/; done
uninstall: ## remove what install put there
	cd $(DESTDIR)$(PREFIX)/bin && rm -f $(PROGRAMS)
	for m in man/*.[157]; do rm -f $(DESTDIR)$(PREFIX)/share/man/man$${m##*.}/$${m#man/}; done

clean: ## remove build/
	rm -rf build

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "%-14s %s\n", $$1, $$2}' Makefile

-include $(LIB_OBJ:.o=.d) $(CMD_SRC:%.c=$(B)/%.d) $(wildcard $(B)/unit/*.d)
