"""Computes what ``tests/same.py`` compares between two versions of the package.

    PYTHONPATH=VERSION python -P tests/same_driver.py VERSION RESULTS

``VERSION`` is the folder of the version to run, ``RESULTS`` an existing folder. The script writes
one file for each group of items: a pickled dictionary from the item's name to a table, a text or
bytes. It uses only what ``import sim`` offers and the command line, so that it also runs in
versions whose modules have other names.
"""

import contextlib
import gzip
import inspect
import io
import json
import os
import pickle
import re
import runpy
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import sim

Item = pd.DataFrame | str | bytes
Items = Iterator[tuple[str, Any]]

TABLES = ("outcomes", "rounds", "stakeholders", "events", "paths", "ties", "options")
SEEDS_AND_RUNS = ((3, 2), (1, 0), (2**64 - 1, 7))
FORMS = ("team", "community", "network")
CLAIMS = Path(__file__).resolve().parent / "evidence" / "claims.toml"
TARGETS = """
title = "A small calibration"
[[parameters]]
field = "debate.concession"
low = 0.5
high = 3.0
[[parameters]]
field = "trust.prehistory"
[[parameters]]
field = "problem.conflict"
low = 0.2
high = 0.8
[[targets]]
id = "T1"
says = "months until they agreed"
outcome = "months_to_agreement"
statistic = "median"
value = 35
band = [20, 50]
[[targets]]
id = "T2"
says = "share that agreed"
outcome = "agreement"
value = 0.8
sd = 0.1
[[targets]]
id = "T3"
says = "team was quicker"
outcome = "months_to_agreement"
statistic = "difference"
scenario = "team"
against = "base"
below = 0
sd = 5
"""

# Random scenarios: how many, from which seed, and how large they are at most.
RANDOM, RANDOM_SEED, MANY_TRIES, MOST_PEOPLE = 200, 20261201, 1000, 14
HIGHEST = {
    "cycles": 3,
    "horizon": 60,
    "form.deadline": 12,
    "form.seats": MOST_PEOPLE + 1,
    "form.k": MOST_PEOPLE + 2,
    "listening.rounds": 8,
    "planning.rounds": 8,
    "action.rounds": 8,
    "problem.fact_count": 64,
}
OTHERWISE_HIGHEST = 20
SECTORS = ("government", "private", "community", "civil_society")
PHASES = ("listening", "debate", "planning", "action", "renewal")
LENGTHS = ("form.deadline", "listening.rounds", "planning.rounds", "action.rounds")
ALWAYS = ("form.kind", "form.invite", "decision.rule", "cycles", *LENGTHS)


def public() -> Items:
    """Every public name, and of classes every public attribute, with its parameters."""
    for name in sorted(sim.__all__):
        thing = getattr(sim, name)
        yield name, _parameters(thing)
        if not isinstance(thing, type):
            continue
        fields = [*getattr(thing, "model_fields", ()), *getattr(thing, "__dataclass_fields__", ())]
        for attribute in sorted({*dir(thing), *fields}):
            if not attribute.startswith("_"):
                yield f"{name}.{attribute}", _parameters(getattr(thing, attribute, None))


def shipped() -> Items:
    """The shipped scenarios: every value, and all tables of a few runs."""
    for name in sim.shipped():
        scenario = sim.load(name)
        yield from _values_of(name, scenario)
        for seed, run in SEEDS_AND_RUNS:
            yield from _tables(f"{name}/{seed}-{run}", sim.run(scenario, seed=seed, run=run))


def mesa() -> Items:
    """Runs through Mesa: two small scenarios, some random ones, a stakeholder class of our own."""
    small = {name: sim.load(name) for name in ("team", "mandated")}
    for name, scenario in (small | dict(list(_random_scenarios().items())[:20])).items():
        yield from _tables(name, _through_mesa(scenario))

    class Stubborn(sim.PrivateFirm):
        def accepts(self) -> bool:
            return False

    yield from _tables("stubborn", _through_mesa(small["mandated"], {"private": Stubborn}))


def random() -> Items:
    """200 random scenarios: every value, and all tables of a run."""
    for place, (name, scenario) in enumerate(_random_scenarios().items()):
        yield from _values_of(name, scenario)
        yield from _tables(name, sim.run(scenario, seed=place, run=place % 5))


def study() -> Items:
    """A stored study: its tables, its files, and what ``export`` makes of them."""
    asked = {name: sim.load(name) for name in (*FORMS, "river_basin", "election")}
    asked |= dict(list(_random_scenarios().items())[20:60])
    done = sim.study(asked, runs=40, seed=5, store="study", keep=["rounds"], progress=False)
    yield "runs", done.runs
    yield "rounds", done.rounds
    yield "summary", done.summary()
    yield "failures", done.failures
    _command("export", "study")
    yield from _files(Path(), "*.csv")
    yield from _files(Path("study"), "*")


def compare() -> Items:
    """Comparisons: of the forms, with each reference, with an interval that is too narrow."""
    plain: dict[str, Any] = {"runs": 300, "seed": 2, "progress": False}
    precise = {"agreement": 0.08, "delivery": 0.001}
    asked: dict[str, dict[str, Any]] = {
        "forms": {},
        "network": {"reference": "network", "outcomes": ["agreement", "trust", "delivery"]},
        "precise": {"runs": 100, "precision": precise, "max_runs": 250},
    }
    for name, options in asked.items():
        yield from _comparison(name, sim.compare(FORMS, **(plain | options)))


def robust() -> Items:
    """A comparison over the shipped parameter sets."""
    posterior = sim.read_posterior("shipped")
    yield "posterior", posterior.table()
    yield "posterior as text", posterior.text()
    found = sim.compare(FORMS, runs=300, seed=3, parameters="shipped", progress=False)
    yield from _comparison("forms", found)
    yield "robust", found.robust()


def sweep() -> Items:
    """A sweep over two fields."""
    vary = {"principles.deliberation": "0:1:3", "leadership.facilitation": [0.1, 0.9]}
    found = sim.sweep(["team", "network"], vary, runs=100, seed=4, progress=False)
    yield "fields", found.fields
    yield "bases", found.bases
    yield "variants", found.variants
    yield "summary", found.summary()
    yield "means", found.means("agreement", at={"leadership.facilitation": 0.9})
    for outcome in ("agreement", "months_to_agreement", "delivery"):
        yield f"flips/{outcome}", found.flips(outcome, unsure=True)


def claims() -> Items:
    """The claims of ``tests/evidence/claims.toml``, on few runs."""
    checked = sim.check_claims(CLAIMS, runs=200, progress=False)
    yield "table", checked.table().drop(columns=["claim", "because"])
    yield "error_rate", checked.error_rate
    yield "exit_code", checked.exit_code


def validate() -> Items:
    """The quick validation."""
    found = sim.validate(quick=True, progress=False)
    yield "targets", found.targets().drop(columns=["target", "quantity", "source"])
    yield "directions", found.directions().drop(columns=["claim", "part", "cells", "source"])
    yield "verdicts", found.verdicts()[["id", "verdict"]]
    yield "groups", found.groups()
    yield "counts", found.counts()


def calibrate() -> Items:
    """A small calibration."""
    Path("targets.toml").write_text(TARGETS, encoding="utf-8")
    found = sim.calibrate(
        "community", "targets.toml", runs=10, sets=32, waves=3, store="waves", progress=False
    )
    for name in ("parameters", "constrains", "targets", "left_out", "pulls"):
        yield name, getattr(found, name)()
    yield "missed", found.missed()
    yield "effective", found.effective
    yield "weights", found.weights
    yield "posterior", found.posterior.table()
    yield "posterior as text", found.posterior.text()
    yield from _files(Path("waves"), "*")


def words() -> Items:
    """What people read: the command line's answers, minutes, pictures and reports."""
    for name in sim.shipped():
        for options in ((), ("--resolved",)):
            words = ("check", name, *options)
            yield " ".join(words), _command(*words)
    few = ("--runs", "60")
    for words in (
        ("list",),
        ("schema",),
        ("run", "musrenbang", "--out", "run", "--full"),
        ("study", "team", "network", *few, "--out", "study", "--keep", "rounds"),
        ("reproduce", "study"),
        ("compare", *FORMS, *few, "--out", "compare"),
        ("compare", *FORMS, *few, "--out", "over_sets", "--parameters", "shipped"),
        ("claims", str(CLAIMS), *few),
        ("new", "case"),
    ):
        yield " ".join(map(str, words)).replace(str(CLAIMS), CLAIMS.name), _command(*words)
    for folder in ("run", "compare", "over_sets", "case"):
        yield from _files(Path(folder), "*")
    found = sim.validate(runs=10, progress=False)
    yield "validate", found.told()
    yield "validate/targets", found.targets()
    yield "validate/directions", found.directions()
    yield "validate/verdicts", found.verdicts()


GROUPS: tuple[Callable[[], Items], ...] = (
    public, shipped, random, mesa, study, compare, robust, sweep, claims, validate, calibrate, words
)  # fmt: skip


def _parameters(thing: Any) -> str:
    """The names and plain defaults of what a function takes, in the order of the names."""
    try:
        taken = inspect.signature(thing).parameters.values()
    except (TypeError, ValueError):
        return type(thing).__name__
    plain = (bool, int, float, str, tuple, type(None))
    return ", ".join(
        sorted(
            f"{item.name}={item.default!r}" if isinstance(item.default, plain) else item.name
            for item in taken
        )
    )


def _values_of(name: str, scenario: Any) -> Items:
    yield f"{name}/resolved", json.dumps(scenario.resolved(), indent=1)
    yield f"{name}/digest", scenario.digest()


def _tables(name: str, run: Any) -> Items:
    for table in TABLES:
        yield f"{name}/{table}", getattr(run, table)


def _through_mesa(scenario: Any, behaviours: Mapping[str, type] | None = None) -> Any:
    model = sim.CollaborationModel(scenario, seed=3, run=2, behaviours=behaviours or {})
    while model.running:
        model.step()
    return model.result()


def _comparison(name: str, found: Any) -> Items:
    """The numbers and decisions of a comparison, without its sentences."""
    yield f"{name}/differences", found.differences()
    yield f"{name}/verdicts", found.verdicts()[["scenario", "outcome", "kind"]]
    for outcome in ("trust", "agreement"):
        yield f"{name}/quantiles/{outcome}", found.quantiles(outcome)
    yield f"{name}/placebo", tuple(map(float, found.placebo))
    yield f"{name}/unreached", found.unreached()
    yield f"{name}/tests", found.tests


def _command(*words: str) -> str:
    """What ``python -m sim`` prints, and its exit code."""
    printed, before, code = io.StringIO(), sys.argv, 0
    sys.argv = ["sim", *words]
    try:
        with contextlib.redirect_stdout(printed):
            runpy.run_module("sim", run_name="__main__")
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.argv = before
    return f"{printed.getvalue()}{code}"


def _files(folder: Path, pattern: str) -> Items:
    """The files of a folder, byte by byte; of a manifest what follows from the input alone."""
    for file in sorted(folder.rglob(pattern)):
        if file.is_file():
            content = file.read_bytes()
            if file.name == "manifest.json":
                content = _without_versions(content)
            yield file.as_posix(), content


def _without_versions(manifest: bytes) -> bytes:
    """A manifest without the version of the package and the digests that rest on it or on code.

    These are ``asked``, of a calibration, and the digests of a run's files, some of which hold
    words: the files are compared themselves.
    """
    text = re.sub(rb'"(version|mufakat|asked|digest)": "[^"]*"', rb'"\1": ""', manifest)
    return re.sub(rb'"files": \{[^}]*\}', b'"files": {}', text)


@cache
def _random_scenarios() -> dict[str, Any]:
    """Random scenarios: the same in every version whose schema has the same fields and bounds."""
    bounds = _bounds(sim.Scenario.model_json_schema())
    return {
        f"random {place}": _random_scenario(np.random.default_rng([RANDOM_SEED, place]), bounds)
        for place in range(RANDOM)
    }


def _bounds(schema: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """By dotted path, what a number, flag or choice may be, in the order of the paths."""
    found = {}

    def walk(table: dict[str, Any], above: str) -> None:
        for name, field in table["properties"].items():
            if "$ref" in field:
                walk(schema["$defs"][field["$ref"].rpartition("/")[2]], f"{above}{name}.")
                continue
            kinds = [kind for kind in field.get("anyOf", [field]) if _drawable(kind)]
            if kinds:
                found[above + name] = kinds

    walk(schema, "")
    return dict(sorted(found.items()))


def _drawable(kind: dict[str, Any]) -> bool:
    return bool({"enum", "const", "maximum"} & kind.keys()) or kind.get("type") == "boolean"


def _value(draws: np.random.Generator, path: str, kinds: list[dict[str, Any]]) -> Any:
    """A value within its bounds, sometimes a bound itself."""
    kind = kinds[draws.integers(len(kinds))]
    if kind.get("type") == "boolean":
        return bool(draws.integers(2))
    if "maximum" not in kind:
        return _one_of(draws, kind.get("enum") or [kind["const"]])
    whole = kind["type"] == "integer"
    step = kind.get("multipleOf", 1) if whole else 0.001
    most = min(kind["maximum"], HIGHEST.get(path, OTHERWISE_HIGHEST))
    least = kind["minimum"] if "minimum" in kind else kind["exclusiveMinimum"]
    low, high = round(least / step), round(most / step)
    number = _one_of(draws, [low, high]) if draws.random() < 0.1 else draws.integers(low, high + 1)
    return int(number * step) if whole else round(float(number) * step, 3)


def _one_of(draws: np.random.Generator, values: Iterable[Any]) -> Any:
    values = list(values)
    return values[draws.integers(len(values))]


def _some_of(draws: np.random.Generator, values: Iterable[Any], share: float = 0.5) -> list[Any]:
    return [value for value in values if draws.random() < share]


def _random_scenario(draws: np.random.Generator, bounds: dict[str, list[dict[str, Any]]]) -> Any:
    """A random valid scenario; one that the schema refuses is drawn again."""
    for _try in range(MANY_TRIES):
        try:
            scenario = sim.Scenario().variant(_changes(draws, bounds))
        except sim.ScenarioError:
            continue
        for _event in range(draws.integers(4)):
            event = _event_in(draws, bounds, scenario)
            with contextlib.suppress(sim.ScenarioError):  # not every field may change in a run
                events = [*scenario.resolved().get("events", []), event]
                scenario = scenario.variant({"events": events})
        return scenario
    raise RuntimeError(f"no valid scenario in {MANY_TRIES} tries")


def _changes(draws: np.random.Generator, bounds: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """What differs from the baseline, by dotted path."""
    often = _one_of(draws, [0.05, 0.2, 0.5])  # fields that differ, beside those that always do
    changes = {
        path: _value(draws, path, kinds)
        for path, kinds in bounds.items()
        if draws.random() < (1 if path in ALWAYS else often)
    }
    members = draws.choice(SECTORS, draws.integers(3, MOST_PEOPLE + 1)).tolist()
    changes |= {f"stakeholders.{sector}.count": members.count(sector) for sector in SECTORS}
    changes["decision.veto"] = _some_of(draws, SECTORS, 0.15)
    if draws.random() < 0.4:
        changes["phases"] = _some_of(draws, PHASES, 0.7)
    if draws.random() < 0.3:
        names = [f"option {letter}" for letter in "ABCDEFGH"[: draws.integers(2, 9)]]
        places = [_some_of(draws, [draws.random(2).round(2).tolist()]) for _name in names]
        changes["problem.option_count"] = len(names)
        changes["problem.options"] = [
            {"name": name} | (dict(zip("xy", place[0], strict=True)) if place else {})
            for name, place in zip(names, places, strict=True)
        ]
    if draws.random() < 0.35:
        changes |= _listed(draws, members)
    if draws.random() < 0.25:
        changes["uncertain"] = _uncertain(draws, bounds)
    return changes


def _listed(draws: np.random.Generator, members: list[str]) -> dict[str, Any]:
    """Stakeholders by name, with some of the columns, and perhaps their ties."""
    known = {
        name: [kind for kind in field.get("anyOf", [field]) if _drawable(kind)]
        for name, field in sorted(
            sim.Scenario.model_json_schema()["$defs"]["ListedStakeholder"]["properties"].items()
        )
    }
    columns = _some_of(draws, [name for name in known if name not in ("name", "sector")])
    people = [
        {"name": f"stakeholder {row}", "sector": sector}
        | {column: _value(draws, column, known[column]) for column in columns}
        for row, sector in enumerate(members)
    ]
    names = [person["name"] for person in people]
    changes: dict[str, Any] = {"listed": people}
    if draws.random() < 0.5:
        pairs = [(one, other) for one in names for other in names if one != other]
        changes["listed_ties"] = [
            {"from": one, "to": other}
            | ({"trust": round(float(draws.random()), 2)} if draws.random() < 0.5 else {})
            for one, other in _some_of(draws, pairs, 0.3)
        ]
    if draws.random() < 0.5:
        changes["leadership.convener"] = _one_of(draws, names)
    return changes


def _uncertain(
    draws: np.random.Generator, bounds: dict[str, list[dict[str, Any]]]
) -> dict[str, Any]:
    """A few sets of values for some fields."""
    free = [
        path
        for path, kinds in bounds.items()
        if not path.endswith(".power") and all(kind.get("type") == "number" for kind in kinds)
    ]
    fields = sorted(draws.choice(free, draws.integers(1, 5), replace=False).tolist())
    sets = [
        [_value(draws, path, bounds[path]) for path in fields]
        for _set in range(draws.integers(1, 6))
    ]
    weights = {"weights": draws.integers(1, 9, len(sets)).tolist()} if draws.random() < 0.5 else {}
    return {"fields": fields, "sets": sets} | weights


def _event_in(
    draws: np.random.Generator, bounds: dict[str, list[dict[str, Any]]], scenario: Any
) -> dict[str, Any]:
    """An event; the schema refuses it if its field may not change."""
    trusts = {f"trust_in.{sector}": bounds["trust.prehistory"] for sector in SECTORS}
    fields = bounds | trusts
    path = _one_of(draws, fields)
    when = _one_of(draws, ["round", "cycle"])
    last = scenario.latest_round if when == "round" else scenario.cycles
    change = {"set": _value(draws, path, fields[path])}
    if draws.random() < 0.5:
        change = {"scale": int(draws.integers(31)) / 10}
    return {"field": path, when: int(draws.integers(1, last + 1))} | change


def _as_item(value: Any) -> Item:
    """A table, text or bytes; anything else as Python writes it, which keeps every bit."""
    if isinstance(value, pd.DataFrame | str | bytes):
        return value
    if isinstance(value, pd.Series):
        return value.to_frame()
    return pd.DataFrame(value) if isinstance(value, np.ndarray) else repr(value)


def main(version: Path, results: Path) -> int:
    """Compute all groups of one version; returns how many of them failed."""
    home = Path(sim.__file__).resolve()
    if not home.is_relative_to(version.resolve()):
        print(f"import sim found {home}, which is not in {version}", file=sys.stderr)
        return 1
    results, failed = results.resolve(), 0
    for group in GROUPS:
        start, items = time.perf_counter(), {}
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            try:
                for name, value in group():
                    items[f"{group.__name__}/{name}"] = _as_item(value)
            except Exception:
                failed += 1
                print(f"{group.__name__} failed:\n{traceback.format_exc()}", file=sys.stderr)
        with gzip.open(results / f"{group.__name__}.pickle.gz", "wb", compresslevel=1) as file:
            pickle.dump(items, file)
        took = time.perf_counter() - start
        print(f"{results.name}: {group.__name__}, {len(items)} items, {took:.0f} s",
              file=sys.stderr, flush=True)  # fmt: skip
    return failed


if __name__ == "__main__":
    os.environ["MPLBACKEND"] = "Agg"
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
