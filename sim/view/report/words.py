"""The text of the report: outcomes, numbers and scenario values in words; templates; Markdown."""

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple, cast

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape
from pydantic import BaseModel

from sim.base.text import N_, _, _n
from sim.rules.outcomes import HIGHER, LOWER, OUTCOMES, Outcome
from sim.scenario import Event, ListedStakeholder, Scenario
from sim.scenario.fields import PLAIN, follow
from sim.studies.differences import DIFFERENCE, MISSING, NONE, OPEN
from sim.view.console import MAIN_OUTCOMES
from sim.view.verdicts import between, decimals, number

# Outcomes that belong together. An outcome in none of these groups is in the last one.
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (N_("Coming to the table, and agreeing"),
     ("participation", "agreement", "agreements", "months_to_agreement", "acceptance", "retried")),
    (N_("Listening and debate"),
     ("understanding", "ranking_before", "ranking_agreement", "ranking_gain", "opinion_spread",
      "opinion_change", "position_spread")),
    (N_("Whom the agreement serves"),
     ("support", "satisfaction", "satisfaction_government", "satisfaction_private",
      "satisfaction_community", "satisfaction_civil_society", "inequity", "worst_off",
      "co_optation", "capture", "decision_quality")),
    (N_("What is paid for, and delivered"),
     ("covered_rounds", "coverage", "delivery", "unspent", "contribution_government",
      "contribution_private", "contribution_community", "contribution_civil_society",
      "carried_out", "public_value")),
    (N_("Trust, effort and lasting"),
     ("effort", "effort_per_month", "trust", "retention", "months_survived", "survived_10y")),
)  # fmt: skip
OTHER_GROUP = N_("Other outcomes")

MINUS = "\u2212"
NOTHING = "\u2013"  # in place of a missing number
NO_SETTINGS = frozenset({"title", "description", "extends"})  # without effect on numbers

# The sign of each verdict, which is clear without colour, and its words.
KINDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "better": ("▲", N_("a difference, for the better")),
        "worse": ("▼", N_("a difference, for the worse")),
        DIFFERENCE: ("◆", N_("a difference")),
        NONE: ("=", N_("none worth knowing")),
        OPEN: ("?", N_("open")),
        MISSING: (NOTHING, N_("no pairs")),
    }
)


def groups(items: tuple[Outcome, ...]) -> list[tuple[str, tuple[Outcome, ...]]]:
    """Return these outcomes in groups, with the title of each group.

    >>> [title for title, _items in groups(OUTCOMES[:2])]
    ['Coming to the table, and agreeing']
    """
    grouped = {name for _title, names in GROUPS for name in names}
    others = tuple(item.name for item in OUTCOMES if item.name not in grouped)
    found = [
        (_(title), tuple(item for item in items if item.name in names))
        for title, names in (*GROUPS, (OTHER_GROUP, others))
    ]
    return [(title, own) for title, own in found if own]


def main_outcomes(items: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
    """Return the main ones of these outcomes, or all of them if none is a main one.

    >>> len(main_outcomes(OUTCOMES))
    7
    """
    return tuple(item for item in items if item.name in MAIN_OUTCOMES) or items


def label(item: Outcome) -> str:
    """Return the name of an outcome, with its unit and its better direction.

    >>> label(OUTCOMES[3])
    'months to agreement (months; less is better)'
    """
    ways = {HIGHER: _("more is better"), LOWER: _("less is better")}
    notes = "; ".join(filter(None, (_(item.unit), ways.get(item.direction, ""))))
    return f"{_(item.label)} ({notes})"


def kind_of(item: Outcome, kind: str, difference: float) -> str:
    """Return which of `KINDS` a verdict is: with a direction, a difference is better or worse.

    >>> kind_of(OUTCOMES[3], DIFFERENCE, 5.0)
    'worse'
    """
    if kind != DIFFERENCE or not item.direction:
        return kind
    return "better" if (difference > 0) == (item.direction == HIGHER) else "worse"


def plain(value: float, digits: int) -> str:
    r"""Return a number as text, or a dash if it is missing.

    >>> plain(0.7612, 2), ascii(plain(-3.0, 0)), plain(math.nan, 1) == NOTHING
    ('0.76', "'\\u22123'", True)
    """
    if not math.isfinite(value):  # an effect size is infinite if runs do not vary
        return NOTHING
    return number(value, digits).replace("-", MINUS)


def signed(value: float, digits: int) -> str:
    r"""Return a difference with its sign.

    >>> signed(0.5, 2), ascii(signed(-3.0, 0)), signed(-0.001, 2)
    ('+0.50', "'\\u22123'", '0.00')
    """
    text = f"{value:+.{digits}f}"
    return text.strip("+-") if float(text) == 0 else text.replace("-", MINUS)


def two_digits(value: float) -> str:
    """Return a positive number with two significant digits.

    >>> two_digits(0.00448), two_digits(0.999), two_digits(13935.6)
    ('0.0045', '1.0', '14,000')
    """
    places = 1 - math.floor(math.log10(float(f"{value:.1e}")))
    return f"{round(value, places):,.{max(places, 0)}f}"


def span(row: Mapping[str, Any], corrected: bool = False) -> str:
    """Return the interval of a row of ``Comparison.differences()``.

    >>> span({"low": 0.014, "high": 0.05})
    '0.014 to 0.050'
    """
    low, high = (row[f"{'corrected_' if corrected else ''}{end}"] for end in ("low", "high"))
    if math.isnan(low):
        return NOTHING
    return between(low, high, decimals(low, high)).replace("-", MINUS)


def digits_of(row: Mapping[str, Any]) -> int:
    """Return the number of decimals for a difference, from its corrected interval."""
    low, high = row["corrected_low"], row["corrected_high"]
    return 2 if math.isnan(low) else decimals(low, high)


class SettingRow(NamedTuple):
    """One value that differs between scenarios.

    Attributes
    ----------
    path
        Its path in a scenario file.
    meaning, unit
        The meaning and unit of the field.
    values
        The value in each scenario, as text.
    """

    path: str
    meaning: str
    unit: str
    values: tuple[str, ...]


def side_by_side(scenarios: Mapping[str, Scenario]) -> list[SettingRow]:
    """Return the values that differ between scenarios, in the order of a scenario file.

    Examples
    --------
    >>> rows = side_by_side({"a": Scenario(), "b": Scenario(principles={"deliberation": 1})})
    >>> [(row.path, row.meaning, row.values) for row in rows]
    [('principles.deliberation', 'how far everyone is heard alike', ('0.5', '1'))]
    """
    names = [[who.name for who in scenario.listed or ()] for scenario in scenarios.values()]
    alike = all(own == names[0] for own in names)
    flat = [dict(_flatten(scenario.resolved(), (), alike)) for scenario in scenarios.values()]
    order = {name: place for place, name in enumerate(Scenario.model_fields)}
    paths = dict.fromkeys(path for values in flat for path in values if path[0] not in NO_SETTINGS)
    rows = []
    for path in sorted(paths, key=lambda path: order[path[0]]):  # stable
        found = [values.get(path) for values in flat]
        if any(value != found[0] for value in found):
            meaning, unit = _field_words(path)
            rows.append(
                SettingRow(_path_label(path), meaning, unit, tuple(map(_value_text, found)))
            )
    return rows


def _flatten(
    value: Any, path: tuple[str, ...], alike: bool
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every value with its path; by stakeholder, if all scenarios list the same ones."""
    if path == ("listed",) and alike:
        value = {who["name"]: {k: v for k, v in who.items() if k != "name"} for who in value}
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flatten(inner, (*path, name), alike)
    else:
        yield path, value


def _field_words(path: tuple[str, ...]) -> tuple[str, str]:
    """Return the meaning and the unit of a field, from the schema."""
    model: type[BaseModel] = Scenario
    if path[0] == "listed" and len(path) > 1:
        model, path = ListedStakeholder, path[2:]
    _path, _table, field = follow(model, path)
    assert field is not None, "the path is that of a field"
    notes = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    unit = str(notes.get("unit", ""))
    return _(field.description or ""), "" if unit == PLAIN else _(unit)


def _path_label(path: tuple[str, ...]) -> str:
    """Return a path as text, with the name of a listed stakeholder."""
    if path[0] == "listed" and len(path) > 1:
        return f"{' '.join(path[1].split())}: {path[2]}"
    return ".".join(path)


def _value_text(value: Any) -> str:
    """Return a value as the text of a table cell.

    >>> [_value_text(value) for value in (0.5, True, ["a", "b"], [], 0.3333333333333333)]
    ['0.5', 'yes', 'a, b', 'none', '0.3333']
    """
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list):
        return _list_text(value)
    return str(value)


def _list_text(value: list[Any]) -> str:
    """Return a list as text; ties are only counted."""
    if not value:
        return _("none")
    first = value[0]
    if not isinstance(first, Mapping):
        return ", ".join(map(_value_text, value))
    if "field" in first:
        return "; ".join(_event_text(Event(**entry)) for entry in value)
    if "from" in first:
        return _n("{count} tie", "{count:,} ties", len(value))
    return "; ".join(cast(str, entry.get("name", entry)) for entry in value)


def _event_text(event: Event) -> str:
    """Return an external event as text, with its month or cycle."""
    what = event.title or event.field
    if event.round is None:
        return _("{what} (cycle {number})", what=what, number=event.cycle)
    return _("{what} (month {number})", what=what, number=event.round)


def html_from_markdown(markdown: str, top: int) -> Markup:
    r"""Return the headings, paragraphs and emphasis of Markdown as HTML; all else stays text.

    Parameters
    ----------
    top
        The level of heading that ``##`` becomes. The page has the title, ``#``.

    Examples
    --------
    >>> print(html_from_markdown("# Title\n\n## One\n\n**A.** \\<b\\> & more", top=4))
    <h4>One</h4>
    <p><strong>A.</strong> &lt;b&gt; &amp; more</p>
    """
    parser = _markdown_parser()
    tokens = parser.parse(markdown)
    if tokens and tokens[0].tag == "h1":
        tokens = tokens[3:]
    for token in tokens:
        if token.type.startswith("heading"):
            token.tag = f"h{int(token.tag[1]) + top - 2}"
    return Markup(parser.renderer.render(tokens, parser.options, {}).rstrip())


@cache
def _markdown_parser() -> MarkdownIt:
    """Return a parser for headings, paragraphs and emphasis only."""
    parser = MarkdownIt("zero").enable(["heading", "emphasis", "escape"])
    parser.add_render_rule("text", _escaped)
    return parser


def _escaped(_renderer: object, tokens: Sequence[Token], index: int, *_options: object) -> str:
    """Return a text escaped as in the templates."""
    return escape(tokens[index].content)
