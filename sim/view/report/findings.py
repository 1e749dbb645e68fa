"""What a comparison found, as the parts of the report read it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from sim.language import _
from sim.rules.outcomes import Outcome
from sim.studies.compare import ComparisonData
from sim.studies.differences import DIFFERENCE, MISSING, NONE, OPEN, worth_knowing
from sim.view.report.words import KINDS, kind_of
from sim.view.verdicts import quoted, verdict_table
from sim.view.words import several


class Finding(NamedTuple):
    """One difference.

    Attributes
    ----------
    scenario, item
        What of what.
    row
        Of ``Comparison.differences()``.
    kind
        Of ``KINDS``.
    sentence
        The verdict.
    spread
        Standard deviation between runs (root mean square of the two); 0 where runs do not vary.
    """

    scenario: str
    item: Outcome
    row: dict[str, Any]
    kind: str
    sentence: str
    spread: float

    @property
    def sign(self) -> str:
        """A sign that tells the kind without colour."""
        return KINDS[self.kind][0]

    @property
    def word(self) -> str:
        """The kind in words."""
        return _(KINDS[self.kind][1])

    @property
    def does(self) -> str:
        """What the scenario does more, or less, than the reference."""
        return _(self.item.more if self.row["difference"] > 0 else self.item.less)

    @property
    def established(self) -> bool:
        """Whether it is a difference."""
        return self.kind in ("better", "worse", DIFFERENCE)


Findings = dict[tuple[str, str], Finding]


def findings(found: ComparisonData) -> Findings:
    """Every difference, by scenario and outcome."""
    items = {item.name: item for item in found.items}
    spread = {name: _spread(found, name) for name in found.others}
    verdicts = verdict_table(found).itertuples(index=False)
    all_found = {}
    for row, verdict in zip(found.differences().to_dict("records"), verdicts, strict=True):
        item = items[row["outcome"]]
        kind = kind_of(item, str(verdict.kind), row["difference"])
        all_found[row["scenario"], item.name] = Finding(
            row["scenario"], item, {str(key): value for key, value in row.items()}, kind,
            str(verdict.sentence), spread[row["scenario"]][item.name],
        )  # fmt: skip
    return all_found


def _spread(found: ComparisonData, name: str) -> dict[str, float]:
    """Standard deviations between runs of a scenario and the reference, over their pairs."""
    one, other = found.values(found.reference), found.values(name)
    both = ~np.isnan(one) & ~np.isnan(other)
    spreads = {}
    for column, item in enumerate(found.items):
        pairs = both[:, column]
        values = [table[pairs, column] for table in (one, other)]
        enough = pairs.sum() > 1
        spreads[item.name] = (
            float(np.sqrt(np.mean([x.var(ddof=1) for x in values]))) if enough else 0.0
        )
    return spreads


def in_short(found: ComparisonData, table: Findings, name: str, items: Sequence[Outcome]) -> str:
    """In a few sentences what a scenario does that the reference does not."""
    own = [table[name, item.name] for item in items]
    words = {"name": quoted(name), "reference": quoted(found.reference)}
    said: list[str] = []
    for first, later, kind in (
        (_("{name} {does} than {reference}."), "", "better"),
        (_("{name} {does} than {reference}."), _("On the other hand it {does}."), "worse"),
        (_("{name} {does} than {reference}."), _("It also {does}."), DIFFERENCE),
    ):
        does = [finding.does for finding in own if finding.kind == kind]
        if does:
            text = later if said else first
            said.append(text.format(does=several(does, len(does)), **words))
    if not said:
        said.append(_("No difference between {name} and {reference} is established here.", **words))
    said[0] = said[0][:1].upper() + said[0][1:]
    return " ".join([*said, *_notes(own)])


def _notes(own: Sequence[Finding]) -> list[str]:
    """What a reader of the short version would else not know."""
    sure = [finding for finding in own if finding.established]
    small = [f for f in sure if abs(f.row["difference"]) < worth_knowing(f.item)]
    partly = [f for f in sure if 0 < f.row["pairs"] < f.row["runs"]]
    notes = (
        (_("Established, but smaller than is worth knowing by our estimate: {labels}."), small),
        (_("No difference worth knowing is left in {labels}."), _of(own, NONE)),
        (_("Open between the two: {labels}."), _of(own, OPEN)),
        (_("No pair of runs tells of {labels}."), _of(own, MISSING)),
        (_("Only pairs in which both runs have such a number tell of {labels}."), partly),
    )
    said = []
    for text, about in notes:
        labels = [_(finding.item.label) for finding in about]
        if labels:
            said.append(text.format(labels=several(labels, len(labels))))
    return said


def _of(own: Sequence[Finding], kind: str) -> list[Finding]:
    return [finding for finding in own if finding.kind == kind]
