"""What is compiled, once each, and that an old compilation never masks a changed rule."""

import ast
import importlib
import io
import json
import os
import pkgutil
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import numba
import pytest

import sim.rules
import sim.scenario
from sim.engine import loop, runs
from sim.engine.arrays import arrays
from sim.rules import compile, decision, draws, listening, state
from sim.rules.state import ARRAYS, R
from sim.scenario import Scenario
from tests.rules.staged import COMPILED

pytestmark = pytest.mark.skipif(not COMPILED, reason="nothing is compiled")


def modules() -> Iterator[ModuleType]:
    for found in pkgutil.iter_modules(sim.rules.__path__, "sim.rules."):
        yield importlib.import_module(found.name)
    yield loop


def compiled() -> dict[str, Any]:
    """Every compiled function of the rules, by module and name."""
    return {
        f"{module.__name__}.{name}": value
        for module in modules()
        for name, value in vars(module).items()
        if hasattr(value, "py_func") and value.py_func.__module__ == module.__name__
    }


def declared(function: Any) -> Any:
    """The signature that the names and annotations of its parameters declare."""
    return compile.signature_of(function.py_func, ARRAYS)


def uses(function: Any) -> set[str]:
    """The compiled functions that one calls, and those that they call."""
    seen: set[str] = set()
    waiting = [function]
    while waiting:
        python = waiting.pop().py_func
        name = f"{python.__module__}.{python.__name__}"
        if name not in seen:
            seen.add(name)
            waiting += [value for value in _named(python) if hasattr(value, "py_func")]
    return seen


def _named(python: Any) -> Iterator[Any]:
    """What the names in a function's code stand for, also behind the name of a module."""
    names = {name for code in _codes(python.__code__) for name in code.co_names}
    values = [python.__globals__[name] for name in names if name in python.__globals__]
    yield from values
    for value in values:
        if isinstance(value, ModuleType):
            yield from (getattr(value, name) for name in names if hasattr(value, name))


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def test_every_function_that_is_a_rule_or_helper_is_found() -> None:
    functions = compiled()
    assert len(functions) > 150
    reached = uses(loop.play_runs)
    assert reached <= set(functions)
    assert {
        "sim.rules.decision.deadlock",
        "sim.rules.draws.philox",
        "sim.rules.events.note",
    } < reached


def test_nothing_is_compiled_twice() -> None:
    """A rule has the signature that it declares, and does not get a second one by being used."""
    runs.play(arrays(Scenario().variant({"form.kind": "team"})), 1, 0)
    runs.play(arrays(Scenario(), 2**64 - 1, 2**32 - 1, 100, 100), 2**64 - 1, 2**32 - 1)
    functions = {name: function for name, function in compiled().items() if function.signatures}
    assert "sim.engine.loop.play_runs" in functions
    for name, function in functions.items():
        assert function.nopython_signatures == [declared(function)], name


def test_a_declared_signature_reads_words_as_words() -> None:
    """64 bits without a sign, not a number that may be negative (``explain`` once said ``int``)."""
    about = declared(listening.explain).args[-1]
    assert about == numba.uint64
    assert declared(draws.philox).return_type == numba.types.UniTuple(numba.uint64, 4)


def test_numbers_are_converted_and_arrays_are_not() -> None:
    a = arrays(Scenario())
    assert draws.size(5) == 2
    with pytest.raises(TypeError, match="count_votes takes"):
        decision.count_votes(a.run, a.people)
    with pytest.raises(TypeError, match="count_votes takes"):
        decision.count_votes(a.people[::2], a.run)


def test_numbas_own_cache_folder_is_left_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numba.config, "CACHE_DIR", "/where/numba/was/told")

    @compile.helper
    def double(value: float) -> float:
        return 2 * value

    assert double(2.0) == 4
    assert numba.config.CACHE_DIR == "/where/numba/was/told"

    def nonsense(unknown: R) -> float:
        return float(unknown[0].power)

    with pytest.raises(KeyError, match="unknown"):
        compile.helper(nonsense)
    assert numba.config.CACHE_DIR == "/where/numba/was/told"


def test_every_source_of_a_rule_is_in_the_digest() -> None:
    """What a rule is made of: its own file, and every file of this package that those import."""
    home = Path(compile.__file__).parents[1]
    known = {file for pattern in compile.SOURCES for file in home.glob(pattern)}
    sources = {Path(function.py_func.__code__.co_filename) for function in compiled().values()}
    assert sources <= known


def imported(module: ModuleType) -> Iterator[tuple[str, str]]:
    """The module and name of everything that a module imports from this package."""
    for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("sim."):
            yield from ((str(node.module), alias.name) for alias in node.names)


def test_every_value_that_a_rule_takes_from_scenarios_is_in_the_digest() -> None:
    """Also from elsewhere below the rules: there are only the functions that mark texts."""
    found = {pair for module in modules() for pair in imported(module)}
    below = {pair for pair in found if not pair[0].startswith(("sim.rules", "sim.engine"))}
    texts = {("sim.base.text", "_"), ("sim.base.text", "N_")}
    not_compiled = {("sim.scenario", "Scenario"), ("sim.scenario", "parameters")}
    for where, name in below - texts - not_compiled:
        assert where == "sim.scenario"
        assert getattr(sim.scenario, name) in compile.FROM_SCENARIO, name
    layout = [name for name in state.PAR.names or () if name in state.SCALARS]
    assert layout == [name for name in compile.FROM_SCENARIO[-1] if name not in state.NEEDS]


def test_another_value_from_a_scenario_has_another_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    present = compile.cache_folder()
    assert present == compile.CACHE_FOLDER
    swapped = tuple(values[::-1] for values in compile.FROM_SCENARIO)
    monkeypatch.setattr(compile, "FROM_SCENARIO", swapped)
    assert compile.cache_folder() != present


# In processes of their own, with an empty cache. Each compiles anew.

PLAY = """
import json, sys
from sim.engine import loop, runs
from sim.engine.arrays import arrays
from sim.scenario import Scenario
from tests.rules.test_compiling import compiled, uses
runs.play(arrays(Scenario()), 1, 0)
counts = {name: len(function.signatures) for name, function in compiled().items()}
print(json.dumps({name: counts[name] for name in uses(loop.play_runs)}))
"""

DEADLOCK = """
from sim.rules.course import close_debate_round
from tests.rules.staged import table_of, trust
state = table_of(3, deadline=1, setback=.25)
trust(state, .5)
state.people["accepts"] = 0
state.people["expectation"] = .8
state.run[0].leading, state.run[0].phase_round = 0, 1
close_debate_round(state.people, state.ties, state.options, state.par, state.run, state.log)
print(state.ties[0].trust, state.people[0].expectation)
"""


def python(code: str, home: Path, cache: Path) -> str:
    """What some code prints, with the package and tests of this folder."""
    ended = run_python(code, home, cache)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


def run_python(code: str, home: Path, cache: Path) -> subprocess.CompletedProcess[str]:
    folders = {"PYTHONPATH": str(home), "XDG_CACHE_HOME": str(cache)}
    variables = {**os.environ, **folders, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=home,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_every_rule_of_a_run_is_compiled_for_one_signature(root: Path, tmp_path: Path) -> None:
    counts = json.loads(python(PLAY, root, tmp_path))
    assert len(counts) > 100
    assert {name: count for name, count in counts.items() if count != 1} == {}


@pytest.mark.slow
def test_a_change_in_a_callee_of_another_file_is_never_masked(root: Path, tmp_path: Path) -> None:
    copy, cache = tmp_path / "copy", tmp_path / "cache"
    for folder in ("sim", "tests"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(root / folder, copy / folder, ignore=ignored)
    decision = copy / "sim" / "rules" / "decision.py"
    original = decision.read_text()
    changed = original.replace("DEADLOCK_COSTS_TRUST = 0.05", "DEADLOCK_COSTS_TRUST = 0.25")
    assert changed != original

    trusted = 0.95 * 0.5
    assert python(DEADLOCK, copy, cache) == f"{trusted} 0.6000000000000001"
    decision.write_text(changed)
    assert python(DEADLOCK, copy, cache) == "0.375 0.6000000000000001"
    decision.write_text(original)
    assert python(DEADLOCK, copy, cache) == f"{trusted} 0.6000000000000001"
    assert len(list((cache / "mufakat").iterdir())) == 2

    # A text of the floor below is not part of compiled code.
    schema, stored = copy / "sim" / "scenario" / "schema.py", sorted(cache.rglob("*.nb?"))
    schema.write_text(f"{schema.read_text()}\n# A remark.\n")
    assert python(DEADLOCK, copy, cache) == f"{trusted} 0.6000000000000001"
    assert sorted(cache.rglob("*.nb?")) == stored


def test_what_was_compiled_from_older_sources_is_forgotten(tmp_path: Path) -> None:
    for age in range(6):
        folder = tmp_path / f"sources {age}"
        (folder / "deep").mkdir(parents=True)
        os.utime(folder, (1_000_000 - age, 1_000_000 - age))
    present = tmp_path / "sources 5"
    compile.forget_older(present, kept=2)
    left = {folder.name for folder in tmp_path.iterdir()}
    assert left == {"sources 0", "sources 1", "sources 5"}
    compile.forget_older(tmp_path / "not there" / "at all")


# Damaged and full disks: in processes of their own, with a rule that compiles quickly.

SMALL = """
from sim.rules import draws
print(draws.size(5))
"""


@pytest.fixture
def cache(root: Path, tmp_path: Path) -> Path:
    """A folder where one rule is compiled already."""
    assert python(SMALL, root, tmp_path) == "2"
    assert [file.suffix for file in stored(tmp_path)] == [".nbc", ".nbi"]
    return tmp_path


def stored(cache: Path) -> list[Path]:
    return sorted(cache.rglob("draws.size*"), key=lambda file: file.suffix)


@pytest.mark.parametrize("length", [0, 1, 20, -1], ids=["emptied", "one byte", "cut", "last byte"])
@pytest.mark.parametrize("kind", [".nbi", ".nbc"])
def test_a_damaged_file_is_compiled_again(root: Path, cache: Path, kind: str, length: int) -> None:
    before = {file: file.read_bytes() for file in stored(cache)}
    damaged = next(file for file in before if file.suffix == kind)
    damaged.write_bytes(before[damaged][:length])
    assert python(SMALL, root, cache) == "2"
    after = {file: len(file.read_bytes()) for file in stored(cache)}
    assert after.keys() == before.keys()
    # It is whole again, and read again.
    assert after[damaged] > len(before[damaged][:length])
    assert python(SMALL, root, cache) == "2"


FULL = """
import builtins, errno
from sim.rules import draws
real = builtins.open

def full(file, mode="r", *rest, **options):
    if "w" in mode and ".nb" in str(file):
        raise OSError(errno.ENOSPC, "No space left on device")
    return real(file, mode, *rest, **options)

builtins.open = full
print(draws.size(5), draws.size(5))
"""


def test_a_full_disk_costs_time_and_nothing_else(root: Path, tmp_path: Path) -> None:
    ended = run_python(FULL, root, tmp_path)
    assert (ended.returncode, ended.stdout) == (0, "2 2\n")
    assert ended.stderr.count("No space left on device") == 1
    assert "The next start compiles it again." in ended.stderr
    assert stored(tmp_path) == []


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def compile_slowly(monkeypatch: pytest.MonkeyPatch, stream: io.StringIO) -> str:
    """What a user sees of three functions, one of which calls another."""
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(compile, "SOON", 0.0)
    progress = compile.Progress()
    progress.functions += [(None, ())] * 3
    with progress.of_one():
        progress.show()
        with progress.of_one():
            progress.show()
    with progress.of_one():
        progress.show()
    return stream.getvalue()


def test_progress_on_a_terminal_counts_and_clears_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = compile_slowly(monkeypatch, Terminal()).split("\r")
    counts = [line.split(": ")[1] for line in lines if ": " in line]
    assert counts == [f"{ready} of about 3 functions" for ready in (0, 0, 2)]
    assert lines[-1] == "\033[K"


def test_progress_in_a_file_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    text = compile_slowly(monkeypatch, io.StringIO())
    assert text.count("\n") == 1
    assert text.startswith("Compiling the model; this happens once")


def test_what_is_quick_or_compiled_already_says_nothing(root: Path, cache: Path) -> None:
    assert run_python(SMALL, root, cache).stderr == ""
