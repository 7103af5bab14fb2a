# The commands of this project. Each sets up what it needs; `make run` and `make test` work on a bare Debian.
.DEFAULT_GOAL := help
.PHONY: help run test unit e2e lint types contracts check bench soak shots demo package site translations

# Children of tests and of `make run` read what is compiled once, also where Python is told to keep nothing.
unexport PYTHONDONTWRITEBYTECODE

# With the C locale alone Python 3.11 reads no path of its own that has more than ASCII in it, such as a folder's umlaut.
ifneq (,$(filter C POSIX,$(LC_ALL)))
export LC_ALL := C.UTF-8
endif

PY := .venv/bin/python
ARGS ?=

help:  ## show this list
	@grep -hE '^[a-z0-9]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: .setup-run  ## open the Studio (ARGS="--workspace DIR"); without a display: the offscreen demo
	@packaging/run.sh $(ARGS)

test: unit e2e  ## every test: headless, then the real window on a virtual screen

unit: .setup-test
	QT_QPA_PLATFORM=offscreen $(PY) -m pytest -n logical --maxprocesses 4 --dist worksteal \
	  -m "not e2e and not bundle" $(ARGS)

e2e: .setup-test
	packaging/on-virtual-screen.sh $(PY) -m pytest -m e2e $(ARGS)

lint: .setup-lint  ## ruff, codespell, dead code
	.venv/bin/ruff check .
	.venv/bin/codespell loom loom_studio benchmarks packaging *.md
	.venv/bin/vulture

types: .setup-lint  ## pyright, strict
	.venv/bin/pyright

contracts: .setup-lint  ## the import contracts
	.venv/bin/lint-imports --no-cache --no-logo

check: lint types contracts test  ## everything that CI checks

demo: .setup-run  ## one prompt to the local model without a screen; the picture is shots/demo.png
	@mkdir -p shots
	QT_QPA_PLATFORM=offscreen .venv/bin/loom-studio --offscreen-demo shots/demo.png

bench: .setup-run  ## measure, with peers from PyPI beside (ARGS=--quick without them)
	$(PY) -m benchmarks $(ARGS)

soak: .setup-test  ## kill sessions at random moments, 5,000 times (ARGS="--seed 7")
	@rm -rf .soak && mkdir .soak
	$(PY) -m tests.support.crash_trials --trials 5000 .soak $(ARGS)

package: .setup-package  ## the bundle and the Debian package, in dist/; then they are tried
	packaging/bundle.sh
	packaging/on-virtual-screen.sh $(PY) -m pytest -m bundle -s $(ARGS)

shots: .setup-test  ## pictures of the window in shots/, and the README's
	packaging/on-virtual-screen.sh $(PY) -m tests.e2e.shots $(ARGS)

site: .setup-run  ## the manual as pages, in dist/site
	$(PY) packaging/site.py dist/site

translations: .setup-run  ## bring the languages up to date with the source, and compile them
	$(PY) packaging/translations.py

.PHONY: .setup-run .setup-lint .setup-test .setup-package
.setup-run:
	@packaging/bootstrap.sh run
.setup-lint:
	@packaging/bootstrap.sh lint
.setup-test:
	@packaging/bootstrap.sh test
.setup-package:
	@packaging/bootstrap.sh package
