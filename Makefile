# Needs Python 3.11 or later, git and make; everything else goes into .venv.
.POSIX:
.SUFFIXES:

VENV = .venv
BIN = $(VENV)/bin
PIP_INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check
INSTALLED = $(VENV)/.installed
INSTALLED_DEV = $(VENV)/.installed-dev
WORKERS = auto
ARGS =

.PHONY: help install dev test demo lint format check bench matrix clean

help:
	@echo "make demo     build a small shop's repository and walk through it"
	@echo "make test     run the tests, those on real databases included"
	@echo "make lint     ruff, mypy, import directions"
	@echo "make format   let ruff mend what it can"
	@echo "make check    lint and test"
	@echo "make bench    measure mig against its peers and its floor"
	@echo "make matrix   run all pairs of operations on all databases, and write the figures (hours)"
	@echo "make clean    remove the environment, caches and builds"

test: $(INSTALLED_DEV)
	$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

demo: $(INSTALLED)
	$(BIN)/python demo/demo.py $(ARGS)

lint: $(INSTALLED_DEV)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(INSTALLED_DEV)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

check: lint test

bench: $(INSTALLED_DEV)
	$(BIN)/python bench/run.py $(ARGS)

matrix: $(INSTALLED_DEV)
	$(BIN)/python -m tests.matrix $(ARGS)
	$(BIN)/python -m tests.matrix.page

install: $(INSTALLED)

dev: $(INSTALLED_DEV)

# What the development environment installs is more than what the demo needs.
$(INSTALLED_DEV): pyproject.toml constraints.txt Makefile
	@sh .ci/venv $(VENV)
	@echo "installing mig and its development tools into $(VENV)"
	@$(PIP_INSTALL) -c constraints.txt -e '.[dev,postgresql,mysql]'
	@touch $(INSTALLED) $(INSTALLED_DEV)

$(INSTALLED): pyproject.toml constraints.txt Makefile
	@sh .ci/venv $(VENV)
	@echo "installing mig into $(VENV)"
	@$(PIP_INSTALL) -c constraints.txt -e .
	@touch $(INSTALLED)

clean:
	rm -rf $(VENV) build dist demo-shop .coverage* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
