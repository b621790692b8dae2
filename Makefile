# Needs make and a Python that pyproject.toml allows; everything else is installed below this folder.
MINORS := $(shell sed -n 's/^requires-python = ">=3\.\([0-9]*\),<3\.\([0-9]*\)"/\1 \2/p' pyproject.toml \
	| { read first end; seq $$first $$((end - 1)); })
# The first that runs, is of one of these versions and can make an environment (Debian: python3-venv).
PYTHON ?= $(shell for python in python3 $(MINORS:%=python3.%); do \
	$$python -c 'import ensurepip, sys; sys.exit(str(sys.version_info[1]) not in "$(MINORS)".split())' \
	2>/dev/null && echo $$python && break; done)
UV := .uv/bin/uv
RUN := .venv/bin
PYTEST := $(RUN)/pytest -n auto --dist worksteal
# Python reads many thousand files of its packages faster than it compiles them, in every process anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-all test-fast bench check install format bundle release

install: .venv/.installed

.venv/.installed: pyproject.toml uv.lock
	@test -n "$(PYTHON)" || { echo "No Python $(MINORS:%=3.%) that can make an environment was found:" \
		"install one with its venv package, or name it: make install PYTHON=/path/to/python" >&2; exit 1; }
	@test -x $(UV) || ( $(PYTHON) -m venv .uv && .uv/bin/pip install --quiet "uv>=0.8" )
	$(UV) sync --frozen --quiet --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')"
	@touch $@

demo: install
	$(RUN)/minzheng demo

# The usual run; its last line says what it leaves out.
test: install
	$(PYTEST) -m "not airflow and not soak"

# Further seeds, longer histories, a live Airflow and other versions of PostgreSQL too.
test-all: install
	$(UV) sync --frozen --quiet --inexact --only-group postgresql
	$(PYTEST)

# What needs no database, for the inner loop.
test-fast: install
	$(PYTEST) -m "not database and not builds and not airflow and not soak"

# What a run costs, by step and size; takes minutes for every ten thousand residents.
RESIDENTS ?= 30000 100000
bench: install
	$(RUN)/python -m benchmarks.build --residents $(RESIDENTS)

# Each by itself, the longest first, as many at once as there are cores.
CHECKS := check-models check-types check-statements check-dbt check-derived check-style check-compose
.PHONY: $(CHECKS)
check: install
	@$(MAKE) --no-print-directory --output-sync=target --jobs=$$(nproc) $(CHECKS)

check-models: install
	$(RUN)/sqlfluff lint dbt_project/models
check-types: install
	$(RUN)/mypy
check-statements: install
	$(RUN)/sqlfluff lint --templater placeholder warehouse
check-dbt: install
	$(RUN)/dbt parse --quiet --project-dir dbt_project --profiles-dir dbt_project
check-derived: install
	$(RUN)/minzheng sync --check
check-style: install
	$(RUN)/ruff check
	$(RUN)/ruff format --check
	$(RUN)/lint-imports
check-compose: install
	$(RUN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml

# One archive to install from where there is no network (docs/operations.md).
bundle: install
	$(RUN)/python deploy/bundle/make.py dist

# Number, changelog, commit, tag, archive, checksum: make release VERSION=1.4.0 (docs/versions.md).
release: check
	$(RUN)/python deploy/release.py "$(VERSION)"

format: install
	$(RUN)/ruff check --fix
	$(RUN)/ruff format
	$(RUN)/sqlfluff fix dbt_project/models
	$(RUN)/sqlfluff fix --templater placeholder warehouse
