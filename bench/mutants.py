"""Measure how well the tests guard the rules: mutate a rule, and see whether a test fails.

    .venv/bin/python bench/mutants.py RESULTS [--against bench/mutants.jsonl] [--tests N]

`make test` has to have installed the packages and built the styles before. A first run of the
tests without a browser, on SQLite, records which test executes which line, in `coverage.json` next
to RESULTS; it is repeated when code or tests have changed. Each of the MUTANTS mutants is then
tried in a copy of the checkout, with N of the tests that execute its line: the fastest case of each
test, then further cases. The outcome is appended to RESULTS at once, so a second call goes on where
a first one ended.

With `--against`, the mutants are those of an older results file that are still found, even on other
lines. One that was killed then and survives N tests is tried with all the others too, as other
tests may be the fastest now. The exit status is 1 if it survives them as well.
`bench/mutants.jsonl` holds the results of the last run.

What only PostgreSQL can show, such as a lock that is missing, survives here.
"""

import argparse
import ast
import hashlib
import json
import math
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import accumulate, pairwise
from multiprocessing.pool import ThreadPool
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple, TypedDict

import pytest

ROOT = Path(__file__).resolve().parent.parent
RULES = (
    "appointments/actions/*.py",
    "appointments/models/opening_hours.py",
    "appointments/models/slots.py",
    "core/accounts/acting_for.py",
    "core/accounts/codes.py",
    "core/catalogue/working_days.py",
    "requests_app/actions/*.py",
    "requests_app/pdf_*.py",
    "requests_app/sanitizer.py",
    "requests_app/uploads.py",
)
CODE_AND_TESTS = ("appointments", "core", "requests_app", "tawasul", "tests")
NOT_COPIED = (".git", ".venv", ".*_cache", ".hypothesis", "node_modules", "npm", "db.sqlite3*")
MUTANTS, SEED, COPIES = 120, 26, 2
MAX_MEMORY = 4 * 1024**3  # of a test process whose loop no longer ends
SWAPS: dict[type[ast.AST], str] = (
    {ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "=="}
    | {ast.In: "not in", ast.NotIn: "in", ast.Is: "is not", ast.IsNot: "is"}
    | {ast.And: "or", ast.Or: "and", ast.Add: "-", ast.Sub: "+"}
)
OPERATOR = re.compile(r"not\s+in|is\s+not|in|is|and|or|[<>=!]=|[<>+-]")
TRANSLATIONS = {"_", "gettext", "ngettext", "pgettext", "npgettext"}
LOGGERS = {"log", "logger", "logging"}
# A process that a test starts, such as the sanitizer, inherits the name of the test.
COVERAGE_SETTINGS = """[run]
parallel = true
data_file = {folder}/data
context = ${{PYTEST_CURRENT_TEST-}}
include = {include}
"""

PYTEST = [sys.executable, "-m", "pytest", "-q", "--tb=no"]
ENVIRONMENT = {**os.environ, "TAWASUL_DEMO": "1", "TAWASUL_TEST_DATABASE": "sqlite"}

Key = tuple[str | int, ...]


class Mutant(NamedTuple):
    """A change to one node of a file, whose whole new text is `source`.

    The first five fields identify it when lines have moved; `number` counts equal changes of one
    kind in a function from 1. A test that executes one of `lines` can notice the change.
    """

    file: str
    function: str
    kind: str
    text: str
    number: int
    new: str
    line: int
    lines: Sequence[int]
    source: bytes

    @property
    def key(self) -> Key:
        return self[:5]


class Covered(TypedDict):
    tree: str
    seconds: dict[str, float]
    tests: dict[str, dict[str, list[str]]]  # by file and line


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure how well the tests guard the rules.")
    parser.add_argument("results", type=Path)
    parser.add_argument("--against", type=Path, metavar="OLD")
    parser.add_argument("--tests", type=int, default=40, metavar="N")
    options = parser.parse_args()
    options.results.parent.mkdir(parents=True, exist_ok=True)
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    with tempfile.TemporaryDirectory(prefix="tawasul-") as folder:
        copies = [Path(folder, f"copy-{place}") for place in range(COPIES)]
        for source, copy in pairwise([ROOT, *copies]):
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns(*NOT_COPIED))
        found = [mutant for file in rule_files(copies[0]) for mutant in Rules(copies[0], file)]
        old = read_results(options.against) if options.against else {}
        if old:
            chosen = [mutant for mutant in found if mutant.key in old]
            print(f"{len(chosen)} of the {len(old)} mutants of {options.against} are found again")
        else:
            chosen = random.Random(SEED).sample(found, MUTANTS)
        covered = read_coverage(options.results.with_name("coverage.json"), copies[0])
        tried = read_results(options.results) if options.results.exists() else {}
        todo = [mutant for mutant in chosen if mutant.key not in tried]
        free: SimpleQueue[Path] = SimpleQueue()
        for copy in copies:
            free.put(copy)
        with ThreadPool(COPIES) as pool, options.results.open("a") as results:
            killed = {key for key, outcome in old.items() if outcome == "killed"}
            attempt = partial(
                try_mutant, free=free, covered=covered, most=options.tests, killed=killed
            )
            for mutant, outcome, by in pool.imap_unordered(attempt, todo):
                tried[mutant.key] = outcome
                print(json.dumps([*mutant.key, outcome, by]), file=results, flush=True)
    if not show(chosen, tried, old):
        sys.exit(1)


def show(chosen: list[Mutant], now: dict[Key, str], old: dict[Key, str]) -> bool:
    """Print the outcomes; return False if a mutant that was killed in `old` is not killed now."""
    counts = Counter(now[mutant.key] for mutant in chosen)
    print(", ".join(f"{counts[each]} {each}" for each in ("killed", "survived", "not covered")))
    alive = [mutant for mutant in chosen if now[mutant.key] != "killed"]
    lost = [mutant for mutant in alive if old.get(mutant.key) == "killed"]
    for heading, mutants in (("Not killed:", alive), ("Killed before, but not now:", lost)):
        if mutants:
            print(f"\n{heading}")
        for each in sorted(mutants):
            change = " ".join(f"{each.text} -> {each.new or 'nothing'}".split())
            print(f"{each.file}:{each.line} {each.function}, {now[each.key]}: {change}")
    return not lost


def read_results(path: Path) -> dict[Key, str]:
    lines = map(json.loads, path.read_text().splitlines())
    return {tuple(key): outcome for *key, outcome, _by in lines}


# Mutants


def rule_files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for rule in RULES for path in root.glob(rule))


class Rules:
    """The rules in one file; iterate for their mutants, in the order of the syntax tree."""

    def __init__(self, root: Path, file: str) -> None:
        self.file = file
        self.source = (root / file).read_bytes()
        self.lines = self.source.splitlines(keepends=True)
        self.starts = [0, *accumulate(map(len, self.lines))]
        self.numbers: Counter[tuple[str, str, str]] = Counter()

    def __iter__(self) -> Iterator[Mutant]:
        for statement in ast.parse(self.source).body:
            yield from self.walk(statement, statement, "")

    def walk(self, node: ast.AST, statement: ast.stmt, scope: str) -> Iterator[Mutant]:
        """Yield the mutants of a node, which is part of `statement`, and of all within it."""
        if is_left_alone(node):
            return
        statement = node if isinstance(node, ast.stmt) else statement
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            scope += f".{node.name}" + ("()" if isinstance(node, ast.FunctionDef) else "")
        for kind, (start, end), new in self.changes(node):
            text = self.source[start:end].decode()
            self.numbers[scope, kind, text] += 1
            yield Mutant(
                *(self.file, scope[1:], kind, text, self.numbers[scope, kind, text], new),
                line=self.source.count(b"\n", 0, start) + 1,
                lines=self.lines_of(statement, is_in_function="()" in scope),
                source=self.source[:start] + new.encode() + self.source[end:],
            )
        for field, value in ast.iter_fields(node):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST) and field not in ("annotation", "returns"):
                    yield from self.walk(child, statement, scope)

    def changes(self, node: ast.AST) -> Iterator[tuple[str, tuple[int, int], str]]:
        """Yield the changes to this very node: the kind, the span, and the new text of the span."""
        match node:
            case ast.Compare(left=left, ops=operators, comparators=others):
                for operator, parts in zip(operators, pairwise([left, *others]), strict=True):
                    yield "comparison", *self.swap(operator, *parts)
            case ast.BoolOp(op=operator, values=values):
                yield "and-or", *self.swap(operator, *values)
            case (
                ast.BinOp(left=left, op=ast.Add() | ast.Sub() as operator, right=right)
                | ast.AugAssign(target=left, op=ast.Add() | ast.Sub() as operator, value=right)
            ):
                yield "plus-minus", *self.swap(operator, left, right)
            case ast.UnaryOp(op=ast.Not()):
                text = self.source[slice(*self.span(node))].decode()
                yield "not", self.span(node), text.removeprefix("not").lstrip()
            case ast.Constant(value=bool(value)):
                yield "true-false", self.span(node), str(not value)
            case ast.Constant(value=int(value)):
                yield "integer", self.span(node), str(value + 1)
            case ast.Expr(value=ast.Call()):
                yield "call", self.span(node), "pass"
            case ast.Return(value=ast.Name() | ast.Call()):
                yield "return", self.span(node), "return None"
            case ast.Call(func=ast.Attribute(attr="filter" | "exclude"), args=args, keywords=named):
                spans = [self.span(argument) for argument in (*args, *named)]
                for this, after in pairwise(spans[len(args) :]):
                    yield "keyword", (this[0], after[0]), ""
                if named and len(spans) > 1:
                    yield "keyword", (spans[-2][1], spans[-1][1]), ""

    def swap(self, operator: ast.AST, *parts: ast.expr) -> tuple[tuple[int, int], str]:
        """Return the span of `parts`, and its text with the other operator between them."""
        spans = [self.span(part) for part in parts]
        text = self.source[slice(*spans[0])].decode()
        for (_start, end), (start, after) in pairwise(spans):
            text += OPERATOR.sub(SWAPS[type(operator)], self.source[end:start].decode(), count=1)
            text += self.source[start:after].decode()
        return (spans[0][0], spans[-1][1]), text

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Return where a node begins and ends, in bytes, as the columns of `ast` are in bytes."""
        at = vars(node)
        start = self.starts[at["lineno"] - 1] + at["col_offset"]
        return start, self.starts[at["end_lineno"] - 1] + at["end_col_offset"]

    def lines_of(self, statement: ast.stmt, is_in_function: bool) -> Sequence[int]:
        """Return the lines that are executed when `statement` matters, without those of its body.

        What is executed on import matters wherever the file uses its name, or else everywhere.
        """
        first, last = statement.lineno, statement.end_lineno or statement.lineno
        if isinstance(statement, ast.FunctionDef):
            return range(first, last + 1)
        if is_in_function:
            body = getattr(statement, "body", None)
            return range(first, max(first + 1, body[0].lineno) if body else last + 1)
        nodes = [node for node in ast.walk(statement) if isinstance(node, ast.Name)]
        names = "|".join(node.id for node in nodes if isinstance(node.ctx, ast.Store))
        uses = re.compile(rf"\b({names})\b".encode() if names else b"")
        numbers = range(1, len(self.lines) + 1)
        found = [number for number in numbers if uses.search(self.lines[number - 1])]
        return [number for number in found if not first <= number <= last] or numbers


def is_left_alone(node: ast.AST) -> bool:
    match node:
        case ast.JoinedStr():  # before Python 3.12, its nodes have wrong positions
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
        case ast.Call(func=ast.Name(id=name)):
            return name in TRANSLATIONS
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name)))):
            return name in LOGGERS
    return False


# Running the tests


def try_mutant(
    mutant: Mutant, *, free: SimpleQueue[Path], covered: Covered, most: int, killed: set[Key]
) -> tuple[Mutant, str, str]:
    """Return the mutant, its outcome, and the test that failed."""
    seconds = covered["seconds"]
    by_line = covered["tests"].get(mutant.file, {})
    executing = {test for line in mutant.lines for test in by_line.get(str(line), ())}
    cases: Counter[str] = Counter()
    order = {}
    for test in sorted(executing & set(seconds), key=lambda test: (seconds[test], test)):
        name = test.partition("[")[0]
        order[test] = cases[name]
        cases[name] += 1
    tests = sorted(order, key=lambda test: order[test])  # stable: still by time
    if not tests:
        return mutant, "not covered", ""
    copy = free.get()
    path = copy / mutant.file
    source, stat = path.read_bytes(), path.stat()
    path.write_bytes(mutant.source)
    outcome = by = ""
    try:
        for some in (tests[:most], tests[most:] if mutant.key in killed else []):
            if some and outcome != "killed":
                limit = 120 + 5 * sum(seconds[test] for test in some)
                outcome, by = run_tests(copy, some, limit)
    finally:
        path.write_bytes(source)
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))  # its bytecode is valid again
        free.put(copy)
    return mutant, outcome, by


def run_tests(copy: Path, tests: list[str], limit: float) -> tuple[str, str]:
    """Run the tests in `copy`, for at most `limit` seconds; return the outcome, and who failed."""
    command = [*PYTEST, "-x", "-p", "no:cacheprovider", *tests]
    # Bytecode of a mutant could pass for that of the next: it knows its source by size and second.
    environment = {**ENVIRONMENT, "PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen(
        command,
        cwd=copy,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as run:
        try:
            output, _errors = run.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)
            return "killed", "timeout"
    failed = re.search(r"(?m)^(?:FAILED|ERROR) .*|^ERROR: .*|^ImportError.*", output)
    return "killed" if run.returncode else "survived", failed[0] if failed else ""


# Which test executes which line

DURATIONS = "MUTANTS_DURATIONS"  # the variable of the environment that names their file
seconds: defaultdict[str, float] = defaultdict(float)


def read_coverage(path: Path, copy: Path) -> Covered:
    """Return what `path` says of the code and the tests in `copy`; find it out if they are new."""
    digest = hashlib.sha256()
    for file in sorted(file for name in CODE_AND_TESTS for file in (copy / name).rglob("*.py")):
        digest.update(file.read_bytes())
    tree = digest.hexdigest()
    if path.exists():
        covered: Covered = json.loads(path.read_text())
        if covered["tree"] == tree:
            return covered
    covered = record_coverage(copy, tree)
    path.write_text(json.dumps(covered))
    return covered


def record_coverage(copy: Path, tree: str) -> Covered:
    """Run the tests once, with this file as their plugin; those that fail are left out."""
    from coverage import Coverage

    with tempfile.TemporaryDirectory(prefix="tawasul-") as folder:
        settings, durations = Path(folder, "settings"), Path(folder, "seconds")
        include = ", ".join(str(copy / rule) for rule in RULES)
        settings.write_text(COVERAGE_SETTINGS.format(folder=folder, include=include))
        names = {"COVERAGE_PROCESS_START": str(settings), DURATIONS: str(durations)}
        command = [*PYTEST, "-n", str(COPIES), "-m", "not browser", "-p", "bench.mutants"]
        subprocess.run(command, cwd=copy, env={**ENVIRONMENT, **names}, check=False)
        seconds = json.loads(durations.read_text())
        recorder = Coverage(config_file=str(settings))
        recorder.combine([folder])
        data = recorder.get_data()
        # What a fixture of a module executes, such as a world, counts for each test of the module.
        by_module: defaultdict[str, set[str]] = defaultdict(set)
        for test in seconds:
            by_module[test.partition("::")[0]].add(test)
        tests = {
            file: {
                str(line): sorted(
                    set().union(*(by_module.get(name) or {name} for name in map(test_of, found)))
                )
                for line, found in data.contexts_by_lineno(str(copy / file)).items()
            }
            for file in rule_files(copy)
        }
    seconds = {test: duration for test, duration in seconds.items() if duration < math.inf}
    return {"tree": tree, "seconds": seconds, "tests": tests}


def test_of(context: str) -> str:
    """Return the test that pytest names in PYTEST_CURRENT_TEST, without its phase."""
    return re.sub(r" \(\w+\)$", "", context)


def pytest_runtest_logstart(nodeid: str) -> None:
    switch_context(nodeid)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest
) -> Iterator[None]:
    if fixturedef.scope != "module":
        return (yield)
    switch_context(request.node.nodeid)
    try:
        return (yield)
    finally:
        switch_context(test_of(os.environ["PYTEST_CURRENT_TEST"]))


def switch_context(context: str) -> None:
    from coverage import Coverage

    if recorder := Coverage.current():
        recorder.switch_context(context)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    seconds[report.nodeid] += report.duration if report.passed else math.inf


def pytest_sessionfinish(session: pytest.Session) -> None:
    from coverage import Coverage

    if recorder := Coverage.current():
        recorder.save()
    if not hasattr(session.config, "workerinput"):
        Path(os.environ[DURATIONS]).write_text(json.dumps(seconds))


if __name__ == "__main__":
    main()
