# Only forwards: packages and builds are .ci/'s work, tests those of tests/run, the rest build/bin/initlab's.
# make itself exits with 0 or 2 only; the last line printed names the real status.
.PHONY: all help deps fuzz test test-full check coverage mutants bench install clean
MAKEFLAGS += --no-print-directory
PREFIX ?= /usr/local

# What is given goes on in the environment, never as text of a recipe: there a quote in a value would be the shell's.
variables := TARGET ENGINE TIME JOBS RUNTIME PREFIX DESTDIR
export $(variables)
# A misspelt one would be ignored without a word.
unknown := $(foreach v,$(.VARIABLES),$(if $(filter command line,$(origin $(v))),$(filter-out $(variables),$(v))))
ifneq ($(strip $(unknown)),)
quoted = '$(subst ','\'',$(1))'
$(error $(shell .ci/nearest $(call quoted,$(variables)) $(call quoted,$(firstword $(unknown)))))
endif
# $(call report,NAME,COMMAND): runs it and names its exit status
report = @$(2); rc=$$?; echo "make $(1): exit status $$rc"; exit $$rc

all:
	@.ci/deps build
	@.ci/build release

help:
	@sed -n 's/^#: //p' Makefile

#: make                        the release build, in build/bin
#: make deps                   install the Debian packages that are missing (.ci/packages)
#: make fuzz [TARGET=] [ENGINE=libfuzzer|afl|both] [TIME=seconds] [JOBS=]
#:                             replay the corpora, then fuzz every target
#: make test                   every test but the slow ones, with seconds for each suite
#: make test-full              the slow ones too
#: make check [RUNTIME=/path]  real containers with labrun, runc and crun: invariants down, runtimes across
#: make coverage               line coverage of the fuzzed modules from the committed corpora
#: make mutants                mechanical mutants of core's pure modules: do corpora and properties see them
#: make bench                  speed as ratios: containers against a floor by hand, crun and runc; ways to seal;
#:                             cases of a property a second
#: make install [PREFIX=/usr/local] [DESTDIR=]
#: make clean                  remove build/ (what was found lies in .initlab/ and stays)
deps:
	@.ci/deps

fuzz:
	$(call report,fuzz,.ci/fuzz)

test:
	@.ci/deps
	@.ci/build release asan libfuzzer afl
	$(call report,test,tests/run)

test-full:
	@.ci/deps
	@.ci/build release asan libfuzzer afl
	$(call report,test-full,tests/run --full)

check:
	@.ci/deps build check
	@.ci/build release
	$(call report,check,build/bin/initlab check $${RUNTIME:+--runtime "$$RUNTIME"})

coverage:
	@.ci/deps
	@.ci/build coverage
	$(call report,coverage,tests/coverage)

mutants:
	@.ci/deps
	@.ci/build release asan
	$(call report,mutants,build/tests/mutants)

bench:
	@.ci/deps build check
	@.ci/build release asan
	$(call report,bench,tests/bench/run)

install:
	@.ci/install

clean:
	@rm -rf build
