PORT = 8000
HOST = 127.0.0.1
PYTHON ?= python3

install = @$(PYTHON) deploy/install.py
python = .venv/bin/python
pictures = var/screenshots
pytest = $(python) -m pytest -n 2 --dist loadgroup --durations 10
compile = $(python) -m uv pip compile --universal --python-version 3.11 --generate-hashes --no-header

# Settings that pass for production; nothing connects to the database they name.
production = env -u TAWASUL_DEMO DATABASE_URL='postgres://nobody@/nothing?host=/nowhere' \
	SECRET_KEY="$$($(python) -c 'import secrets; print(secrets.token_urlsafe(64))')" \
	ALLOWED_HOSTS=example.org SMS_HTTP_URL=https://sms.example.org/ \
	MAIL_URL=smtp+tls://mail.example.org MAIL_FROM=tawasul@example.org \
	SCANNER=clamd+unix:///run/clamav/clamd.ctl

.PHONY: run test test-looks screenshots weight bench bench-peers bench-flat bench-desk corpus check messages texts locks clean

# The one switch that allows the demo is set here and nowhere else.
run test test-looks screenshots weight bench bench-peers bench-flat bench-desk corpus texts: export TAWASUL_DEMO = 1

# Whoever tries the demo sees a decision arrive after a minute, not after ten.
run: export DECISION_MINUTES ?= 1
run:
	$(install) run
	@exec $(python) deploy/demo.py --host $(HOST) --port $(PORT)

test:
	$(install) dev
	@$(python) deploy/build.py
	$(pytest)
	TAWASUL_TEST_DATABASE=sqlite $(pytest) -m both_engines

# Every page and state in both languages, where `test` sees each in one.
test-looks:
	$(install) dev
	@$(python) deploy/build.py
	LOOKS=all $(pytest) tests/browser/test_look.py

screenshots:
	$(install) dev
	@$(python) deploy/build.py
	SCREENSHOTS=$(pictures) TAWASUL_TEST_DATABASE=sqlite $(pytest) -q tests/browser/test_look.py -k every_look
	@echo "The pictures are in $(pictures)/."

weight:
	$(install) dev
	@$(python) bench/weight.py
	@$(python) bench/slow_line.py

# How fast the portal is beside the least Django that does the same, and whether that meets the goals.
bench:
	$(install) dev
	@$(python) -m bench.run

# Beside two others that do a part of it, too.
bench-peers:
	$(install) dev
	@$(python) -m bench.peers.run

# What becomes of the files of a folder when they are sent. With COMPARE=1, whether their pages look
# as before.
corpus:
	$(if $(DIR),,$(error Say which folder: make corpus DIR=...))
	$(install) dev
	@$(python) bench/corpus.py "$(DIR)" $(if $(COMPARE),--compare)

# What every path of the public takes of the database at 10,000 rows and at 1,000,000.
bench-flat:
	$(install) dev
	@$(python) deploy/build.py
	@$(python) bench/flat.py

# The officers' desk at 10,000 inquiries and at 1,000,000, beside Django's own admin list.
bench-desk:
	$(install) dev
	@$(python) deploy/build.py
	@$(python) bench/desk.py

check:
	$(install) dev
	$(python) -m ruff check --quiet
	$(python) -m ruff format --check --quiet
	.venv/bin/lint-imports --no-logo
	TAWASUL_DEMO=1 $(python) -m mypy
	$(python) deploy/messages.py check
	$(python) deploy/house.py
	@$(production) $(python) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	@$(production) $(python) manage.py check --deploy --fail-level WARNING

messages:
	$(install) run
	$(python) deploy/messages.py update

# Every text and mail about an appointment, made with the longest names.
texts:
	$(install) run
	@$(python) deploy/texts.py

locks:
	$(install) dev
	$(compile) --quiet --group build pyproject.toml -o requirements/run.txt
	$(compile) --quiet --group build --group test --group check -c requirements/run.txt \
		pyproject.toml -o requirements/dev.txt
	$(compile) --quiet bench/peers/helpdesk.in -o bench/peers/helpdesk.txt
	$(compile) --quiet bench/peers/appointment.in -o bench/peers/appointment.txt

# As it was cloned: the demo's data go too.
clean:
	rm -rf .venv var static/built core/accounts/recordings .hypothesis .*_cache locale/*/LC_MESSAGES/*.mo
	find . -name __pycache__ -prune -exec rm -rf {} +
