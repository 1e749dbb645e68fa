# make demo      set up a virtual environment, compare the three forms and write the report
# make test      the whole suite, without the slow tests
# make lint      ruff, mypy, and the floors that modules may import from
# make slow      the slow tests: an installed wheel, statistics over many runs
# make evidence  hold the model against measurements and published directions, and say so in the ODD
# make calibrate find the values that the evidence allows, keep them, and say so in the ODD (a quarter of an hour)
# make notebooks execute the notebooks, and write what comes out into them
# make bench     how fast it is on this machine
# make core      the floors that every number rests on: what a second Python is checked with
# make digests   a line for each shipped scenario and one for a study: the same on every Python
# make same      compare every bit that BASE=COMMIT and the working tree compute on this machine
# make mutants  change the rules one place at a time, and report whether any test notices (an hour)
# make golden    write the golden numbers and the README's minutes and sheet anew, after a change that is meant
# make clean     remove the virtual environment and the caches
#
# Another Python, elsewhere:  make test PYTHON=python3.12 VENV=.venv-3.12
# What people read counts as well:  make same BASE=main OPTIONS=--words

PYTHON ?= python3
VENV ?= .venv

# A module is compiled once, when it is first imported, and not again in each of the many processes
# that the tests start.
unexport PYTHONDONTWRITEBYTECODE

bin := $(VENV)/bin
runs := $(VENV)/.installed-to-run
checks := $(VENV)/.installed-to-check

# What is never imported need not be compiled: half the time of an installation.
install := $(bin)/python -m pip install --quiet --no-compile --editable
# As many tests at once as there are processors.
at_once := -n logical --dist worksteal
core_tests := $(wildcard tests/test_*.py tests/scenario tests/rules tests/engine)

.DEFAULT_GOAL := help
.PHONY: help demo test core digests lint slow evidence calibrate notebooks bench same has-base mutants golden clean

help:
	@sed -n 's/^# \{0,1\}//p' Makefile

# The stamps are written last, so that an interrupted installation is taken up again.
$(runs): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(install) .
	@touch $@

$(checks): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(install) '.[test,dev]'
	@touch $(runs) $@

demo: $(runs)
	$(bin)/mufakat warm-up
	$(bin)/mufakat compare team community network --runs 2000 --parameters shipped

test: $(checks)
	$(bin)/python -m pytest $(at_once)

core: $(checks)
	$(bin)/python -m pytest $(at_once) $(core_tests)

digests: $(checks)
	$(bin)/python tests/digests.py

lint: $(checks)
	$(bin)/python -m ruff check
	$(bin)/python -m ruff format --check
	$(bin)/python -m mypy
	$(bin)/lint-imports --no-logo --no-cache

slow: $(checks)
	$(bin)/python -m pytest -m slow --ignore=tests/benchmarks

evidence: $(runs)
	$(bin)/python -m docs.build evidence

notebooks: $(checks)
	$(bin)/python -m notebooks.refresh

calibrate: $(runs)
	$(bin)/python -m docs.build calibration

bench: $(checks)
	$(bin)/python -m pytest -m slow -s tests/benchmarks

same: has-base $(checks)
	$(bin)/python -m tests.same $(BASE) $(OPTIONS)

has-base:
	@test -n "$(BASE)" || { echo "make same BASE=COMMIT: the commit to compare with is missing"; exit 2; }

mutants: $(checks)
	$(bin)/python -m tests.mutants

golden: $(checks)
	GOLDEN=write $(bin)/python -m pytest -q tests/engine/test_golden.py tests/view/test_golden_story.py

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
	find sim docs notebooks tests -name __pycache__ -type d -exec rm -rf {} +
