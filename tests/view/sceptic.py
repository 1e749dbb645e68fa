"""A sceptical reader of minutes, who looks up every name and number in the tables of the run.

It knows nothing of how minutes are written. It splits them into sentences, and for each kind of
sentence there is a check (the modules ``sentences_of_...``) that works out from the
tables what would have to stand there. A sentence of no known kind is a mistake.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from sim.api.run import Run
from sim.scenario import parameters

SECTOR_WORDS = {
    "government": "government",
    "private": "private sector",
    "community": "community",
    "civil_society": "civil society",
}
SECTORS_WITH_ARTICLE = {
    "government": "government",
    "the private sector": "private",
    "the community": "community",
    "civil society": "civil_society",
}
ROUNDING = 1e-9

WHO, OPTION = r"@\d+@", r"#\d+#"  # what a name becomes before a sentence is looked at
NUMBER = r"-?\d+\.\d+"
SHARE = r"-?\d+(?:\.\d+)?%"
AMOUNT = rf"(?:less than 0\.01|{NUMBER})"
SPAN = r"months? \d+(?: to \d+)?"
REASONS = (
    "riding free",
    "for whom the agreement is worth no more than going alone",
    "with little to gain by it",
    "with little to gain by it and no seat at the table",
    "with little trust in the others",
    "taking back part of an earlier promise, as others gave less than their share",
)
REASON = "|".join(sorted(map(re.escape, REASONS), key=len, reverse=True))


def several(item: str) -> str:
    """Some items of a sentence, and perhaps how many more there are."""
    return rf"{item}(?:, {item})*(?: and (?:{item}|\d+ others))?"


SIDE = rf"(?:for|against) {OPTION} by {several(WHO)}"
GROUP = rf"\d+ (?:{REASON}), (?:namely|such as) {several(rf'{WHO} [(]{SHARE}, not {SHARE}[)]')}"
SPELL = rf"{OPTION} [(]{SPAN}(?:; [^()]*)?[)]"
KINDS = {
    "int": r"\d+",
    "came": r"\d+|nobody",
    "share": SHARE,
    "number": NUMBER,
    "amount": AMOUNT,
    "span": SPAN,
    "text": r".+?",
    "reason": REASON,
    "rule": r"[a-z ]+",
    "who": WHO,
    "option": OPTION,
    "sector": "|".join(SECTORS_WITH_ARTICLE),
    "sectors": r"\d+ of [a-z ]+(?:, \d+ of [a-z ]+)*",
    "people": several(WHO),
    "options": several(OPTION),
    "expecting": several(rf"{WHO} [(]{NUMBER}, needing {NUMBER}[)]"),
    "valued": several(rf"{WHO} [(]{NUMBER}[)]"),
    "counted": several(rf"{WHO} [(]\d+[)]"),
    "pledging": several(rf"{WHO} [(]{SHARE}[)]"),
    "objectors": several(rf"{WHO} [(]\d+ times?, at last {AMOUNT} short of what it asked for[)]"),
    "objecting": several(rf"{WHO} [(]worth {NUMBER}, asking for {NUMBER}[)]"),
    "lessons": several(rf"{WHO} from {WHO}"),
    "shirkers": several(rf"{WHO} [(](?:unseen|seen by {several(WHO)})[)]"),
    "sides": rf"{SIDE}(?:; {SIDE})*",
    "groups": rf"{GROUP}(?:; {GROUP})*",
    "spell": SPELL,
}


@dataclass
class Kind:
    """One kind of sentence: what it looks like, how it is checked, and how often it was met."""

    sentence: str
    check: Callable[..., None]
    met: int = 0
    pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        parts = re.split(r"<(\w+):(\w+)>", self.sentence)
        regex = re.escape(parts[0]).replace(r"\(s\)", "s?")
        for name, kind, text in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
            regex += rf"(?P<{name}>{KINDS[kind]})" + re.escape(text).replace(r"\(s\)", "s?")
        self.pattern = re.compile(regex + r"(?=\s|$)")


SENTENCES: list[Kind] = []
ITEMS: list[Kind] = []  # of a line that tells one round


def told(*sentences: str, among: list[Kind] = SENTENCES) -> Callable[..., Callable[..., None]]:
    """Check these sentences with the decorated function; ``<name:kind>`` stands for a value."""

    def register(check: Callable[..., None]) -> Callable[..., None]:
        among.extend(Kind(sentence, check) for sentence in sentences)
        return check

    return register


class Tables:
    """The tables of a run, as they are looked up again and again."""

    def __init__(self, run: Run) -> None:
        self.people = run.stakeholders.set_index("name")
        self.names = list(self.people.index)
        self.sector = dict(zip(self.names, self.people["sector"], strict=True))
        self.rounds = run.rounds.set_index("round", drop=False)
        self.of_cycle = dict(iter(self.rounds.groupby("cycle")))
        self.of_phase = dict(iter(self.rounds.groupby(["cycle", "phase"])))
        self.after = {month: rows.set_index("name") for month, rows in run.paths.groupby("round")}
        self.happened = dict(iter(run.events.groupby(["cycle", "event"])))
        self.happened_in = dict(iter(run.events.groupby(["round", "phase", "event"])))
        self.nothing = run.events.iloc[:0]


@dataclass(frozen=True)
class Scene:
    """Where in the minutes of which run the reader is."""

    run: Run
    tables: Tables
    full: bool
    cycle: int = 1
    month: int = 0

    # What the tables say.

    def happened(self, event: str, phase: str | None = None) -> pd.DataFrame:
        """The events of one kind in this cycle; in a line about a month, in that month."""
        tables = self.tables
        if self.month:
            return tables.happened_in.get((self.month, self.phase_now, event), tables.nothing)
        rows = tables.happened.get((self.cycle, event), tables.nothing)
        return rows if phase is None else rows[rows["phase"] == phase]

    def rounds(self, phase: str | None = None) -> pd.DataFrame:
        """The rounds of this cycle, or of one of its phases, by month."""
        nothing = self.tables.rounds.iloc[:0]
        if phase is None:
            return self.tables.of_cycle.get(self.cycle, nothing)
        return self.tables.of_phase.get((self.cycle, phase), nothing)

    @property
    def now(self) -> Any:
        """The round that a line is about."""
        return self.tables.rounds.loc[self.month]

    @property
    def phase_now(self) -> str:
        return str(self.tables.rounds.at[self.month, "phase"])

    def after(self, month: Any) -> pd.DataFrame:
        """Every stakeholder after one round, by name."""
        return self.tables.after[int(month)]

    def accepting(self, month: Any) -> "pd.Series[bool]":
        """Who of the table accepts the draft, after one round of debate."""
        return self.after(month)["accepts"].dropna().astype(bool)

    def objectors(self, month: Any) -> set[str]:
        accepting = self.accepting(month)
        return set(accepting.index[~accepting])

    def level(self, path: str, month: int) -> Any:
        """What a field stands at in one month, after all that events have made of it."""
        value = self.run.scenario.value(path)
        events = self.run.events
        changed = events[(events["event"] == "changed") & (events["round"] < month)]
        for number in changed["option"]:
            event = self.run.scenario.events[int(number) - 1]
            if event.field == path:
                value = event.set if event.scale is None else value * event.scale
                limits = next(item for item in parameters() if item.path == path)
                if isinstance(value, float):
                    value = min(max(value, limits.low or 0.0), limits.high or value)
        return value

    # What the sentence says.

    def name(self, text: str) -> str:
        return self.tables.names[int(text.strip("@"))]

    def people(self, text: str) -> list[str]:
        """The names in a list."""
        return [self.name(mark) for mark in re.findall(WHO, text)]

    def rows(self, text: str, rest: str) -> list[tuple[str, ...]]:
        """The names in a list, each with what is said of it."""
        return [(self.name(row[0]), *row[1:]) for row in re.findall(rf"({WHO}) {rest}", text)]


def unnamed(text: str) -> int:
    """How many more a list says there are."""
    found = re.search(r" and (\d+) others$", text)
    return int(found[1]) if found else 0


def numbers(text: str) -> list[int]:
    """The options in a text, by number."""
    return [int(mark.strip("#")) for mark in re.findall(OPTION, text)]


def is_listed(named: list[Any], text: str, everyone: Any, in_order: bool = False) -> None:
    """The names are some of these, each once, and with those that are only counted all of them."""
    everyone = list(everyone)
    assert len(set(named)) == len(named), "a name stands there twice"
    assert set(named) <= set(everyone), f"{set(named) - set(everyone)} should not be named"
    assert len(named) + unnamed(text) == len(everyone), f"there are {len(everyone)}: {everyone}"
    if in_order:
        assert named == everyone[: len(named)]


def is_said(said: str, value: float) -> None:
    """The number that is said is the value, as exactly as it is said."""
    value = float(value)
    assert np.isfinite(value), f"{said} is said of {value}"
    if said == "less than 0.01":
        assert 0 < value < 0.01 + ROUNDING, f"less than 0.01 is said of {value}"
        return
    percent = said.endswith("%")
    digits = len(said.rstrip("%").partition(".")[2]) + (2 if percent else 0)
    number = float(said.rstrip("%")) / (100 if percent else 1)
    assert abs(number - value) <= 0.5 * 10**-digits + ROUNDING, f"{said} is said of {value}"
    if percent and number in (0, 1):  # none, or all, means just that
        assert abs(number - value) < 0.00051 or value > 1, f"{said} is said of {value}"


def is_difference(said: str, value: float) -> None:
    """The same for a difference, of which 0 means that there is none."""
    is_said(said, value)
    assert said != "0.00" or abs(value) < ROUNDING, f"0.00 is said of {value}"


def same(said: float, value: float) -> None:
    assert said == value, f"{said} is said, it is {value}"


# Reading.

# What must not be left out: each such event has its sentence.
TOLD_OF = {
    "agreed": "**Agreement** in month",
    "deadlocked": "**Deadlock** in month",
    "unfunded": "**The plan was not funded**",
    "dissolved": "The collaboration dissolved ",
}


def called(run: Run) -> dict[str, str]:
    """What every stakeholder and option is called where people read, and the mark it becomes."""
    marks = {}
    for number, name in enumerate(run.stakeholders["name"]):
        if run.scenario.listed is None:
            sector, _space, place = name.rpartition(" ")
            name = f"{SECTOR_WORDS[sector]} {place}"
        marks[" ".join(name.split())] = f"@{number}@"
    listed = run.scenario.problem.options
    for option in run.options["option"].unique():
        name = f"option {option}" if listed is None else f"“{listed[option - 1].name}”"
        marks[name] = f"#{option}#"
    return marks


def marked(run: Run, text: str) -> str:
    """The minutes without escapes, every name a mark."""
    marks = called(run)
    names = "|".join(map(re.escape, sorted(marks, key=len, reverse=True)))
    plain = re.sub(r"\\(.)", r"\1", text)
    return re.sub(rf"(?<!\w)(?:{names})(?!\w)", lambda found: marks[found[0]], plain)


def check(run: Run, full: bool) -> None:
    """Every sentence of the minutes is of a known kind, true, and whole."""
    text = run.minutes(full)
    is_whole(text.partition("\n")[2])  # a title may be anything
    scene = Scene(run, Tables(run), full)
    title, opening, *paragraphs = marked(run, text).strip().split("\n\n")
    same(title, marked(run, "# Minutes: " + " ".join(run.scenario.title.split())))
    assert opening.startswith(f"*Run {run.run} under seed {run.seed}, told by mufakat ")
    headings = [int(number) for number in re.findall(r"^## Cycle (\d+):", text, re.MULTILINE)]
    same(headings, [int(number) for number in run.rounds["cycle"].unique()])
    for event, words in TOLD_OF.items():
        same(text.count(words), int((run.events["event"] == event).sum()))
    for paragraph in paragraphs:
        heading = re.match(r"## Cycle (\d+)\b", paragraph)
        if heading:
            scene = replace(scene, cycle=int(heading[1]))
        for line in paragraph.split("\n"):
            if line.startswith("- "):
                check_line(scene, line)
            else:
                check_all(scene, line, SENTENCES)


def is_whole(text: str) -> None:
    """No missing value, no hole where something was left out, no noun against its number."""
    for mistake in (
        r"\b(?:nan|NaN|None|NA|inf|NaT)\b|[{}]|(?<!\\)<",
        r"\b1 (?:times|facts|meetings|months|members|stakeholders|options)\b",
        r"-0\.0*\b(?!\d)|  |\n\n\n|\(\)|, ,|\.\.| [.,;]",
    ):
        found = re.search(mistake, text)
        assert not found, text[max(0, found.start() - 60) : found.end() + 20]


def check_line(scene: Scene, line: str) -> None:
    """A line tells one round."""
    found = re.fullmatch(r"- Month (\d+), (\w+) (\d+): (.+)\.", line)
    assert found, f"no line about a round: {line}"
    month, phase, number, items = found.groups()
    assert int(month) in scene.tables.rounds.index, f"there is no month {month}"
    row = scene.tables.rounds.loc[int(month)]
    same(scene.cycle, row["cycle"])
    same(phase, row["phase"])
    same(int(number), row["phase_round"])
    for item in items.split("; "):
        check_all(replace(scene, month=int(month)), item, ITEMS)


def check_all(scene: Scene, text: str, kinds: list[Kind]) -> None:
    """Sentence by sentence, each of the first kind that it is of."""
    while text:
        for kind in kinds:
            found = kind.pattern.match(text)
            if found:
                break
        else:
            raise AssertionError(f"no such sentence is known: {text}")
        kind.met += 1
        try:
            kind.check(scene, **found.groupdict())
        except (AssertionError, LookupError, ValueError) as error:
            where = f"{scene.run!r}, cycle {scene.cycle}, month {scene.month}"
            said = re.sub(WHO, lambda mark: scene.name(mark[0]), found[0])
            raise AssertionError(f"{where}: {said}\n{error!r}") from None
        text = text[found.end() :].lstrip()
