"""Change one thing in the rules at a time, and report whether any test notices.

    python -m tests.mutants [--count 60] [--seed 1] [--only sim/rules/planning.py]

Each mutant is one small change of a compiled function in ``sim/rules``: another number, operator or
comparison, or a statement left out. The tests of rules and engines run in a copy of the checkout,
first those that know the right value, and for mutants that survive these the golden numbers. The
exit code is 1 if fewer than ``MIN_CAUGHT`` of the mutants were caught without the golden numbers.
"""

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
RULES = ("sim/rules", "sim/engine/loop.py")
# Their functions change how fast a run is, never what it returns.
SAME_RESULTS = ("sim/rules/memory.py", "sim/rules/compile.py")
DECORATORS = frozenset({"rule", "inner_rule", "course_rule", "helper"})
KNOWING = ("tests/rules", "tests/engine", "tests/evidence", "--ignore=tests/engine/test_golden.py")
GOLDEN = ("tests/engine/test_golden.py",)
MIN_CAUGHT = 0.9
TOO_LONG = 1200  # seconds; a mutant whose loop never ends counts as caught

COMPARISONS: Mapping[type[ast.cmpop], str] = {
    ast.Lt: ">=", ast.GtE: "<", ast.Gt: "<=", ast.LtE: ">", ast.Eq: "!=", ast.NotEq: "==",
}  # fmt: skip
OPERATORS: Mapping[type[ast.operator], str] = {
    ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*",
}  # fmt: skip


class Mutant(NamedTuple):
    """One change: the text from ``start`` to ``end`` of a file becomes ``after``."""

    file: str
    function: str
    line: int
    start: int
    end: int
    before: str
    after: str

    def __str__(self) -> str:
        change = f"{self.before} -> {self.after}".replace("\n", " ")
        return f"{self.file}:{self.line} {self.function}: {change}"


class Source:
    """A file of rules: its compiled functions, and the place of each node in its text."""

    def __init__(self, path: Path) -> None:
        self.text = path.read_text(encoding="utf-8")
        self.tree = ast.parse(self.text)
        lines = self.text.splitlines(keepends=True)
        self._starts = [sum(map(len, lines[:n])) for n in range(len(lines))]

    def functions(self) -> Iterator[ast.FunctionDef]:
        """Yield the functions that are compiled."""
        for node in self.tree.body:
            if isinstance(node, ast.FunctionDef) and any(
                isinstance(mark, ast.Name) and mark.id in DECORATORS for mark in node.decorator_list
            ):
                yield node

    def place(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Return where a node begins and ends in the text, which is ASCII within rules."""
        last = node.end_lineno or node.lineno
        start = self._starts[node.lineno - 1] + node.col_offset
        return start, self._starts[last - 1] + (node.end_col_offset or 0)


def mutants_of(file: str) -> Iterator[Mutant]:
    """Yield every mutant of a file of rules."""
    source = Source(ROOT / file)
    for function in source.functions():
        body = function.body[1:] if ast.get_docstring(function) else function.body
        for statement in body:
            for node in _walk(statement):
                for start, end, after in _changes(source, node):
                    before = source.text[start:end]
                    line = source.text.count("\n", 0, start) + 1
                    yield Mutant(file, function.name, line, start, end, before, after)


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and what is inside it, without the index of a record: ``run[0]``."""
    yield node
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return
    for child in ast.iter_child_nodes(node):
        yield from _walk(child)


def _changes(source: Source, node: ast.AST) -> Iterator[tuple[int, int, str]]:
    """Yield the changes of one node, as places in the text and what stands there instead."""
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        number = node.value
        yield *source.place(node), repr(number + 1 if number in (0, 1) else number * 2)
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARISONS:
        yield *_between(source, node.left, node.comparators[0]), COMPARISONS[type(node.ops[0])]
    elif isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        yield *_between(source, node.left, node.right), OPERATORS[type(node.op)]
    elif isinstance(node, ast.BoolOp):
        other = "or" if isinstance(node.op, ast.And) else "and"
        yield *_between(source, node.values[0], node.values[1]), other
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not):
        start = source.place(node)[0]
        yield start, start + len("not " if isinstance(node.op, ast.Not) else "-"), ""
    elif isinstance(node, ast.AugAssign) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    ):
        yield *source.place(node), "pass"


def _between(source: Source, left: ast.expr, right: ast.expr) -> tuple[int, int]:
    """Return the place of the operator between two operands, without brackets and blanks."""
    start, end = source.place(left)[1], source.place(right)[0]
    gap = source.text[start:end]
    return start + len(gap) - len(gap.lstrip(" )\n")), end - (len(gap) - len(gap.rstrip(" (\n")))


def sample(count: int, seed: int, only: str | None) -> list[Mutant]:
    """Return a random sample of mutants, spread over the files by their size."""
    files = [
        path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "sim/rules").glob("*.py"))
    ]
    wanted = [file for file in files if file not in SAME_RESULTS and only in (None, file)]
    everything = [mutant for file in wanted for mutant in mutants_of(file)]
    return random.Random(seed).sample(everything, min(count, len(everything)))


class Workshop:
    """A copy of the checkout with a cache of compiled rules of its own."""

    def __init__(self, folder: Path) -> None:
        self.checkout, self.cache = folder / "checkout", folder / "cache"
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, capture_output=True, check=True,
        )  # fmt: skip
        for name in filter(None, listed.stdout.decode().split("\0")):
            if (ROOT / name).is_file():
                (self.checkout / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self.checkout / name)
        self.callers = _callers(self.checkout)
        self.compiled: Path | None = None

    def prepare(self) -> None:
        """Compile the unchanged rules and check that the tests pass."""
        if not (self._passes(KNOWING) and self._passes(GOLDEN)):
            raise RuntimeError("the tests fail before anything is changed")
        self.compiled = next(path for path in (self.cache / "mufakat").iterdir() if path.is_dir())

    def verdict(self, mutant: Mutant) -> str:
        """Return ``caught``, ``golden`` (caught by golden numbers alone) or ``survived``."""
        path = self.checkout / mutant.file
        before, stamp = path.read_text(encoding="utf-8"), path.stat()
        changed = before[: mutant.start] + mutant.after + before[mutant.end :]
        path.write_text(changed, encoding="utf-8")
        try:
            compile(changed, mutant.file, "exec")
            self._reuse_compiled(mutant)
            if not self._passes(KNOWING):
                return "caught"
            return "survived" if self._passes(GOLDEN) else "golden"
        finally:
            path.write_text(before, encoding="utf-8")
            # numba knows a source file by its time and size.
            os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))

    def _reuse_compiled(self, mutant: Mutant) -> None:
        """Put what the change cannot reach of the compiled rules where the mutant looks for it."""
        assert self.compiled is not None
        for folder in (self.cache / "mufakat").iterdir():
            if folder != self.compiled:
                shutil.rmtree(folder)
        named = subprocess.run(
            [sys.executable, "-c", "from sim.rules.compile import CACHE_FOLDER as f; print(f)"],
            cwd=self.checkout, env=self._environment(), capture_output=True, text=True, check=True,
        )  # fmt: skip
        folder = Path(named.stdout.strip())
        shutil.copytree(self.compiled, folder)
        for file in folder.rglob("*.nb?"):
            if file.name.split(".")[1].rpartition("-")[0] in self.callers[mutant.function]:
                file.unlink()

    def _passes(self, tests: tuple[str, ...]) -> bool:
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
        try:
            done = subprocess.run(
                command, cwd=self.checkout, env=self._environment(), timeout=TOO_LONG,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0

    def _environment(self) -> dict[str, str]:
        places = {"PYTHONPATH": str(self.checkout), "XDG_CACHE_HOME": str(self.cache)}
        return {**os.environ, **places}


def _callers(checkout: Path) -> dict[str, set[str]]:
    """Return the names of each rule and of all compiled functions that call it in the end."""
    names: dict[str, set[str]] = {}
    for place in RULES:
        path = checkout / place
        for file in path.glob("*.py") if path.is_dir() else [path]:
            for function in Source(file).functions():
                names[function.name] = {
                    getattr(node.func, "attr", getattr(node.func, "id", ""))
                    for node in ast.walk(function)
                    if isinstance(node, ast.Call)
                }
    callers = {name: {name} for name in names}
    for name, group in callers.items():
        more = {name}
        while more:
            more = {other for other in names if other not in group and names[other] & more}
            group |= more
        callers[name] = group
    return callers


def main() -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--count", type=int, default=60, help="mutants to try")
    parser.add_argument("--seed", type=int, default=1, help="which sample of mutants")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="mutants at a time")
    parser.add_argument("--only", help="a single file, such as sim/rules/planning.py")
    arguments = parser.parse_args()
    mutants = sample(arguments.count, arguments.seed, arguments.only)
    verdicts: dict[str, list[Mutant]] = {"caught": [], "golden": [], "survived": []}
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        workshops = [Workshop(Path(folder, str(n))) for n in range(arguments.jobs)]
        idle: Queue[Workshop] = Queue()

        def prepare(workshop: Workshop) -> None:
            workshop.prepare()
            idle.put(workshop)

        def judge(mutant: Mutant) -> None:
            workshop, start = idle.get(), time.monotonic()
            try:
                verdict = workshop.verdict(mutant)
            finally:
                idle.put(workshop)
            verdicts[verdict].append(mutant)
            print(f"{verdict:9s}{time.monotonic() - start:5.0f} s  {mutant}", flush=True)

        with ThreadPoolExecutor(arguments.jobs) as pool:
            list(pool.map(prepare, workshops))
            print(f"{len(mutants)} mutants; the tests pass on the unchanged rules", flush=True)
            list(pool.map(judge, mutants))
    return _report(verdicts)


def _report(verdicts: Mapping[str, list[Mutant]]) -> int:
    count = sum(map(len, verdicts.values()))
    caught, golden = len(verdicts["caught"]), len(verdicts["golden"])
    print(f"caught {caught} of {count}; {caught + golden} with the golden numbers")
    return int(caught < MIN_CAUGHT * count)


if __name__ == "__main__":
    sys.exit(main())
