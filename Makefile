# make bench   measure the newest zarr of each line, publish, and print the table
# make bench-s3   the same over S3, with the round trips of a network (SERVER=ceph: on Ceph RGW)
# make history   measure every release that is not measured yet, and race the key cells; it can be stopped and given again
# make test    run the tests
# make prove   how good is the race? STEPS='truth quiet …' and OPTIONS=… go to python -m studies.proof
# make claims  the claims of the reference report, checked against the results
# All do all they need on a fresh clone. VOLUME=FILE-or-id chooses the tomogram, MACHINE=NAME names the machine,
# PYTHON=PATH the Python.

.DELETE_ON_ERROR:
.PHONY: help setup bench bench-s3 history test prove claims lock clean
BIN := .venv/bin
COMPILE := uv pip compile --quiet --generate-hashes --universal --python-version 3.12 --no-header --no-annotate \
  --no-emit-index-url --upgrade
VOLUME ?= phantom-128
export TOMOBENCH_MACHINE := $(or $(MACHINE),$(TOMOBENCH_MACHINE))
export TOMOBENCH_S3_SERVER := $(or $(SERVER),$(TOMOBENCH_S3_SERVER))

help:
	@sed -n 's/^# //p' Makefile | head -8

setup: .venv/ready node_modules/ready

# .venv is made anew when the lock changes; tomobench itself is installed in place.
.venv/ready: requirements/desk.txt pyproject.toml
	@python=$$(PYTHON="$(PYTHON)" tools/find-python) && echo "Making .venv with $$python" && \
	rm -rf .venv && "$$python" -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/desk.txt
	$(BIN)/python -m pip install --quiet --no-build-isolation --no-deps --editable .
	@touch $@

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

test: setup
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile -m "not alone and not faults"
	$(BIN)/python -m pytest -m alone

prove: setup
	$(BIN)/python -m studies.proof $(STEPS) $(OPTIONS)

claims: setup
	$(BIN)/python -m studies.reference_report $(OPTIONS)

# Resolve the locks anew, from the .in files.
lock:
	for name in requirements/desk requirements/line-2.18 requirements/line-3 studies/proof/requirements/pytest-benchmark; do \
	  $(COMPILE) $$name.in -o $$name.txt || exit 1; done
	for name in requirements/readers studies/proof/requirements/otava; do \
	  $(COMPILE) --no-deps $$name.in -o $$name.txt || exit 1; done

clean:
	rm -rf .venv .asv node_modules
