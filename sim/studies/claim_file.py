"""A file of claims: its small language, and what it claims of which scenarios."""

import re
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import Field

from sim.base.text import N_, _
from sim.rules.outcomes import NEITHER, OUTCOMES
from sim.scenario import Scenario
from sim.scenario.errors import Fault, FieldPath, ScenarioError, closest, did_you_mean
from sim.scenario.fields import (
    PLAIN,
    SHARE,
    VISIBLE,
    Parameter,
    Table,
    find_field,
    invalid_value,
    number,
    short_name,
    unknown_field,
    value_of,
    whole,
    word,
)
from sim.scenario.grid import NUMBER, short_value, varied
from sim.studies.input_file import InputFile, error_at, require_outcome
from sim.studies.workers import FROM_0_TO_1, LOWER_IS_BETTER

MAX_RUNS = 2**32
MAX_SEED = 2**64 - 1
ERROR_RATE, MIN_RATE = 0.05, 1e-6
_NAME = r"(?:'([^']+)'|(\S+))"
_BY = rf"(?:\s+by\s+{NUMBER})?"
_RELATION = r"(>=|>|<=|<|(?:is\s+)?better\s+than)"
WORDS = ("raises", "lowers", "better", "than", "on", "by")
_OF_SCENARIOS = re.compile(rf"{_NAME}\s+{_RELATION}\s+{_NAME}\s+on\s+(\S+){_BY}")
_OF_FIELD = re.compile(rf"(\S+)\s+(raises|lowers)\s+(\S+){_BY}")


class OfScenarios(NamedTuple):
    """``one >= other on outcome by margin``; in place of >= also >, <, <= or better than."""

    one: str
    relation: str
    other: str
    outcome: str
    margin: float | None


class OfField(NamedTuple):
    """``field raises outcome by margin``; in place of raises also lowers."""

    field: str
    relation: str
    outcome: str
    margin: float | None


def parse(says: str) -> OfScenarios | OfField | None:
    """Return the content of a sentence, or None if it is not in the language.

    >>> parse("community >= team on retention by 0.05")
    OfScenarios(one='community', relation='>=', other='team', outcome='retention', margin=0.05)
    >>> parse("deliberation raises agreement")
    OfField(field='deliberation', relation='raises', outcome='agreement', margin=None)
    >>> parse("teams are nice")
    """
    match = _OF_SCENARIOS.fullmatch(says.strip())
    if match:
        relation = "better than" if match[3].endswith("than") else match[3]
        one, other = match[1] or match[2], match[4] or match[5]
        return OfScenarios(one, relation, other, match[6], _margin(match[7]))
    match = _OF_FIELD.fullmatch(says.strip())
    return OfField(match[1], match[2], match[3], _margin(match[4])) if match else None


def misspelt(says: str) -> str | None:
    """Return the word of the language that a word of a sentence resembles, or None.

    >>> misspelt("deliberation rises agreement"), misspelt("teams are nice")
    ('raises', None)
    """
    if any(word in WORDS[:2] for word in says.split()):
        return None
    similar = (closest(word, WORDS[:4]) for word in says.split() if word not in WORDS)
    return next((word for word in similar if word), None)


def _margin(text: str | None) -> float | None:
    return None if text is None else float(text)


def sign_of(relation: str, outcome: str) -> int:
    """Return 1 if a relation says that the first has more of an outcome, -1 if it has less.

    >>> sign_of("<=", "trust"), sign_of("better than", "inequity"), sign_of("raises", "inequity")
    (-1, -1, 1)
    """
    if relation == "better than":
        return -1 if outcome in LOWER_IS_BETTER else 1
    return -1 if relation in ("<", "<=", "lowers") else 1


class WrittenClaim(Table):
    """One ``[[claim]]`` as it is written."""

    says: str = Field(pattern=VISIBLE, description=N_("what is claimed, in one sentence"))
    in_: str | None = Field(None, alias="in", description=N_("the scenario whose field it is"))
    from_: Any = Field(None, alias="from", description=N_("the field's value at first"))
    to: Any = Field(None, description=N_("the field's value at last"))
    runs: int | None = whole(None, 2, MAX_RUNS, PLAIN, N_("runs of each scenario"), "")
    seed: int | None = whole(None, 0, MAX_SEED, PLAIN, N_("the seed of these runs"), "")
    because: str = word("", N_("why one should think so"))


class WrittenFile(Table):
    """A file of claims as it is written."""

    error_rate: float = number(
        ERROR_RATE, MIN_RATE, 0.5, SHARE, N_("chance that any verdict is wrong"), ""
    )
    runs: int = whole(2000, 2, MAX_RUNS, PLAIN, N_("runs of each scenario"), "")
    seed: int = whole(1, 0, MAX_SEED, PLAIN, N_("the seed of these runs"), "")
    claim: tuple[WrittenClaim, ...] = Field(description=N_("the claims, each a [[claim]]"))


class Statement(NamedTuple):
    """That ``sign`` x (mean of ``one`` - mean of ``other``) is ``margin`` or more.

    Attributes
    ----------
    one, other
        Two scenarios, by the names that a study has for them.
    outcome
        What they are compared in.
    sign, margin
        1 or -1; and the difference, in the outcome's own unit.
    """

    one: str
    other: str
    outcome: str
    sign: int
    margin: float


class Claim(NamedTuple):
    """A statement as it is written and where, and the runs that it is tested on."""

    says: str
    because: str
    line: int
    statement: Statement
    runs: int
    seed: int


class ClaimFile(NamedTuple):
    """What a file claims, and the scenarios it claims it of, by name."""

    error_rate: float
    claims: tuple[Claim, ...]
    scenarios: dict[str, Scenario]


def read_claims(path: str | Path, runs: int | None = None, seed: int | None = None) -> ClaimFile:
    """Read a file of claims.

    Parameters
    ----------
    runs, seed
        In place of what the file says.

    Raises
    ------
    ScenarioError
        Whatever is wrong with it, with file and line.
    """
    file = InputFile(path)
    written = file.read(WrittenFile)
    reader = _Reader(file)
    claims = []
    for place, item in enumerate(written.claim):
        with file.collect():
            statement = reader.statement(item, ("claim", place))
            line = file.line(("claim", place, "says"))
            sample = _first(runs, item.runs, written.runs), _first(seed, item.seed, written.seed)
            claims.append(Claim(item.says.strip(), item.because, line, statement, *sample))
    if not written.claim:
        file.faults.append(Fault(("claim",), _("nothing is claimed")))
    file.require_valid()
    return ClaimFile(written.error_rate, tuple(claims), reader.scenarios)


def _first(*numbers: int | None) -> int:
    """Return the first number that is given."""
    return next(number for number in numbers if number is not None)


class _Reader:
    """Reads claim after claim, and holds the scenarios that they are about."""

    def __init__(self, file: InputFile) -> None:
        self.file = file
        self.scenarios: dict[str, Scenario] = {}

    def statement(self, item: WrittenClaim, at: FieldPath) -> Statement:
        """Return what a claim states."""
        says = (*at, "says")
        claim = parse(item.says)
        if claim is None:
            raise error_at(says, _not_testable(item.says))
        require_outcome(claim.outcome, says)
        if claim.outcome in FROM_0_TO_1 and abs(claim.margin or 0.0) > 1:
            text = _("{name} is from 0 to 1, and differs by no more than 1, not by {margin:g}")
            raise error_at(says, text.format(name=claim.outcome, margin=claim.margin))
        if isinstance(claim, OfScenarios):
            return self._of_scenarios(item, claim, at)
        return self._of_field(item, claim, at)

    def _of_scenarios(self, item: WrittenClaim, claim: OfScenarios, at: FieldPath) -> Statement:
        for name, value in (("in", item.in_), ("from", item.from_), ("to", item.to)):
            if value is not None:
                text = _("belongs to a claim on a field, such as: deliberation raises agreement")
                raise error_at((*at, name), text)
        neither = {item.name for item in OUTCOMES if item.direction == NEITHER}
        if claim.relation == "better than" and claim.outcome in neither:
            text = _("more {name} is neither better nor worse: write > or <", name=claim.outcome)
            raise error_at((*at, "says"), text)
        for name in (claim.one, claim.other):
            self.scenarios[name] = self._scenario(name, (*at, "says"))
        sign = sign_of(claim.relation, claim.outcome)
        return Statement(claim.one, claim.other, claim.outcome, sign, claim.margin or 0.0)

    def _of_field(self, item: WrittenClaim, claim: OfField, at: FieldPath) -> Statement:
        field = find_field(Scenario, claim.field)
        if field is None:
            text = f"{claim.field}: {unknown_field(Scenario, claim.field)}"
            raise error_at((*at, "says"), text)
        if item.in_ is None:
            raise error_at(
                at, _('the scenario is missing that this holds for, such as in = "team"')
            )
        base = self._scenario(item.in_, (*at, "in"))
        low, high = _ends(field)
        values = [
            _value(field, low if item.from_ is None else item.from_, (*at, "from")),
            _value(field, high if item.to is None else item.to, (*at, "to")),
        ]
        if values[0] == values[1]:
            raise error_at((*at, "to"), _("is the same value as from"))
        names = []
        for value in values:
            names.append(f"{item.in_}, {short_name(Scenario, field.path)}={short_value(value)}")
            try:
                self.scenarios[names[-1]] = varied(base, {field.path: value})
            except ScenarioError as error:
                text = _("{reason} (in {name})", reason=error, name=names[-1])
                raise error_at(at, text) from None
        sign = sign_of(claim.relation, claim.outcome)
        return Statement(names[1], names[0], claim.outcome, sign, claim.margin or 0.0)

    def _scenario(self, name: str, at: FieldPath) -> Scenario:
        """Return a scenario of one variant."""
        scenario = self.file.scenario(name, at)
        if scenario.sweep:
            text = _("{name} has a sweep: a claim is on one variant of it", name=name)
            raise error_at(at, text)
        return scenario


def _not_testable(says: str) -> str:
    """Return the message about a sentence that is not in the language of claims."""
    text = _(
        'is no claim that can be tested; write "community >= team on retention by 0.05" '
        '(or >, <, <=, better than) or "deliberation raises agreement" (or lowers)'
    )
    word = misspelt(says)
    if word:
        return f"{text}; {did_you_mean(word, [word])}"
    if "%" in says:
        return f"{text}; " + _("5 % of a share is 0.05")
    if re.search(r"\d,\d", says):
        return f"{text}; " + _("a number has a decimal point, as in 0.5")
    return text


def _ends(field: Parameter) -> tuple[Any, Any]:
    """Return the values between which a field changes by default: of levels, shares and flags."""
    if field.kind == "flag":
        return False, True
    bounded = (field.low, field.high) == (0, 1) and not (field.low_open or field.high_open)
    return (field.low, field.high) if bounded else (None, None)


def _value(field: Parameter, value: Any, at: FieldPath) -> Any:
    """Return a value that the field accepts."""
    if value is None:
        text = _("is missing: the value of {field} there, {allowed}")
        raise error_at(at, text.format(field=field.path, allowed=field.allowed))
    try:
        return value_of(Scenario, field.path, value)
    except ValueError:
        raise error_at(at, invalid_value(field, value)) from None
