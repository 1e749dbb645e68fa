"""The evidence in the model description: what it is, and what came out of holding the model to it.

What targets, directions and stagings are stands in ``sim/ODD.md`` like any other generated table.
What came out takes minutes to compute, so it stands there with its date, seed and runs, between
``<!-- measured -->`` and ``<!-- end -->``. ``make evidence`` writes it anew (it starts ``python -m
sim.view.evidence_tables``); a slow test holds it against other runs.

The description is in English whatever the reader's language.
"""

import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sim.base.version import __version__
from sim.evidence.directions import DIRECTIONS
from sim.evidence.judging import ERROR_RATE, count_tests, doubted
from sim.evidence.saving import REPORT
from sim.evidence.sources import SOURCES
from sim.evidence.stagings import MAY_SET, what_it_sets
from sim.evidence.targets import STAGED, TARGETS
from sim.evidence.told import effect, numbers
from sim.evidence.validate import IN_SHORT, Validation, validate
from sim.evidence.words import NOT_FOR, NULL_RESULTS, THE_DATA, WHAT_IS_DONE
from sim.language import _

ODD = Path(__file__).parents[1] / "ODD.md"
README = ODD.parents[1] / "README.md"
FOLDER = Path("results", "validate")


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    r"""A Markdown table.

    >>> print(table(["share", "of"], [["|T|", "people"]]), end="")
    | share | of |
    |---|---|
    | \|T\| | people |
    """
    lines = [header, *rows]
    text = ["| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |" for cells in lines]
    text.insert(1, "|" + "---|" * len(header))
    return "\n".join(text) + "\n"


def _english(text: str) -> str:
    """The description has one language."""
    return text


def _source(key: str) -> str:
    found = SOURCES.get(key)
    return f"{key}, doi:{found.doi}" if found and found.doi else key


def _targets() -> str:
    header = ["id", "target", "value", "band", "source", "what was measured", "in the model"]
    rows = []
    for target in TARGETS:
        for item in target.quantities:
            row = {"measured": 0, "low": 0, "high": 0, "value": item.value,
                   "band_low": item.low, "band_high": item.high}  # fmt: skip
            _measured, _interval, value, band = numbers(row, _english)
            name = f"{target.name}: {item.name}"
            rows.append(
                [target.id, name, value, band, _source(target.source), target.data, target.how]
            )
    return table(header, rows)


def _directions() -> str:
    rows = (
        [item.id, item.claim, "; ".join(p.says for p in item.parts), _source(item.source)]
        for item in DIRECTIONS
    )
    return table(["id", "claim", "parts", "source"], rows)


def _stagings() -> str:
    targets: dict[str, list[str]] = {name: [] for name in STAGED}
    for target in TARGETS:
        for name in STAGED:
            if re.search(rf"\b{name}\b", target.how):
                targets[name].append(target.id)
    rows = []
    for name in STAGED:
        sets = [f"`{path}` {_short(value)}" for path, value in what_it_sets(name).items()]
        rows.append([f"`{name}`", ", ".join(targets[name]), ", ".join(sets) or "nothing"])
    return table(["staging", "for", "what its file sets"], rows)


def _short(value: Any) -> str:
    """A value of a staging; of the list of its people, how many there are."""
    if isinstance(value, list):
        return f"{len(value)} people" if isinstance(value[0], dict) else ", ".join(value)
    return str(value).lower() if isinstance(value, bool) else f"{value}"


def _may_set() -> str:
    return table(
        ["field", "why it may differ"], ([f"`{path}`", why] for path, why in MAY_SET.items())
    )


def _sentences(sentences: Iterable[str]) -> str:
    return "\n".join(f"- {sentence}" for sentence in sentences) + "\n"


TABLES: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        "targets": _targets,
        "directions": _directions,
        "stagings": _stagings,
        "may-set": _may_set,
        "evidence-done": lambda: _sentences(WHAT_IS_DONE),
        "evidence-data": lambda: _sentences(THE_DATA),
        "evidence-null": lambda: _sentences(
            f"{text} ({_source(key)})" for key, text in NULL_RESULTS
        ),
        "evidence-not-for": lambda: "\n\n".join(NOT_FOR) + "\n",
    }
)


def in_short(found: Validation, day: date) -> str:
    """What came out, counted, with when and from how much."""
    return (
        f"Measured on {day.isoformat()} by mufakat {__version__}, with {found.runs} runs of each "
        f"staging and variant, seed {found.seed}. "
        f"{IN_SHORT.format(**found.counts())}"
    )


def measured(found: Validation, day: date) -> str:
    """What came out, as it stands in the description."""
    verdicts = dict(found.verdicts()[["id", "verdict"]].to_numpy())
    targets = (
        [row["id"], row["quantity"], *numbers(row, _english),
         row["verdict"] + ("" if row["sure"] else ", not surely")]
        for row in found.targets().to_dict("records")
    )  # fmt: skip
    groups = (
        [f"`{row['game']}`", row["rounds"], f"{row['measured']:.1%}",
         f"{row['low']:.1%} to {row['high']:.1%}", f"{row['data']:.0%}"]
        for row in found.groups().to_dict("records")
    )  # fmt: skip
    directions = (
        [row["id"], row["part"], f"`{row['outcome']}`", *effect(row, _english), row["verdict"]]
        for row in found.directions().to_dict("records")
    )
    why = [
        f"- **{item.id}, {verdicts[item.id]}.** {item.why}" for item in doubted(found.verdicts())
    ]
    parts = [
        in_short(found, day),
        table(["id", "quantity", "model", "95 % interval", "value", "band", "verdict"], targets),
        "Groups of the threshold games, by the share of rounds in which they met the threshold:",
        table(["game", "rounds met", "model", "95 % interval", "data"], groups),
        f"Directions, run by run. Intervals are corrected for {count_tests()} tests; the chance "
        f"that any verdict is wrong is at most {ERROR_RATE:.3g}.",
        table(["id", "part", "outcome", "difference", "interval", "verdict"], directions),
        "What is outside, contrary or undetermined, and why:",
        "\n".join(why),
    ]
    return "\n\n".join(part.strip() for part in parts)


def rewritten(text: str, body: str, name: str = "measured") -> str:
    """A document with what came out replaced, between ``<!-- NAME -->`` and ``<!-- end -->``.

    Raises
    ------
    ValueError
        It has no place for it, or more than one.
    """
    place = re.compile(rf"(<!-- {name} -->\n)(.*?)(<!-- end -->\n)", re.DOTALL)
    if len(place.findall(text)) != 1:
        raise ValueError(_("a document must hold one {name} block", name=name))
    return place.sub(lambda block: f"{block[1]}\n{body}\n\n{block[3]}", text)


def main() -> int:
    """Validate in full, write report and tables, and what came out into the documents.

    Returns
    -------
    int
        The exit code: 0, whatever came out; 2 if it cannot be written.
    """
    found = validate()
    try:
        found.save(FOLDER)
        for file, say in ((ODD, measured), (README, in_short)):
            text = rewritten(file.read_text(encoding="utf-8"), say(found, date.today()))
            file.write_text(text, encoding="utf-8", newline="\n")
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    print(found.told())
    text = _("Report: {report}; what came out stands in {odd} and {readme}")
    print(text.format(report=FOLDER / REPORT, odd=ODD.name, readme=README.name))
    return 0


if __name__ == "__main__":
    sys.exit(main())
