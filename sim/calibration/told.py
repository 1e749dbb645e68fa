"""A calibration in words and tables, for a terminal and in a folder."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from sim.base.files import write_renamed
from sim.calibration.result import FEW
from sim.language import N_, _

if TYPE_CHECKING:
    from sim.calibration.result import Calibration

Say = Callable[[str], str]

POSTERIOR, PLOT = "posterior.csv", "pairs.svg"
MOST_PULLS = 8
DECIDES = 0.95  # a target that alone leaves more than this of a range narrows nothing
LEAST_RELIEF = 0.1  # standard errors: a smaller pull is no news
ABOVE, BELOW, SPAN = N_("above {low}"), N_("below {high}"), N_("{low} to {high}")
TABLES = ("parameters", "targets", "left_out", "constrains", "pulls")


def tell(found: "Calibration") -> str:
    """What fits, how well the targets are met, what is predicted, what pulls against what."""
    parts = [
        _("{title}: {free} free parameters, {targets} targets, seed {seed}.",
            title=found.task.title,
            free=len(found.task.free),
            targets=len(found.task.targets),
            seed=found.seed,
        ),
        found.in_short(),
        *_caution(found.effective),
        _("Parameters: before; median and 90 % of the sets that fit; how wide against the bounds:"),
        _table(_parameter_rows(found.parameters())),
        _("Targets: before; median and 90 % of the sets that fit, in fresh runs; share inside:"),
        _table(_target_rows(found.targets())),
        *_missed(found.missed()),
    ]  # fmt: skip
    if len(found.task.targets) > 1:
        parts += [
            _("Each target as the sets predict it that fit all others:"),
            _table(_left_out_rows(found.left_out())),
            *_pull_lines(found.pulls()),
        ]
    return "\n".join(parts)


def save(found: "Calibration", folder: Path) -> None:
    """Write all files, each whole or not at all: posterior, tables, pair plot."""
    from sim.view.pictures.pairs import pairs_as_svg

    folder.mkdir(parents=True, exist_ok=True)
    files = {POSTERIOR: found.posterior.text(), PLOT: pairs_as_svg(found)}
    for name in TABLES:
        table: pd.DataFrame = getattr(found, name)()
        files[f"{name}.csv"] = table.to_csv(index=False, lineterminator="\n")
    for name, text in files.items():
        write_renamed(folder, name, text.encode())


def shown(value: float, digits: int = 3) -> str:
    """A number in so many digits; a missing one is nothing.

    >>> shown(0.12345), shown(48.0), shown(math.nan)
    ('0.123', '48', '')
    """
    return "" if math.isnan(value) else f"{value:.{digits}g}"


def span(low: float, high: float, say: Say = _) -> str:
    """From where to where; a band may be open.

    Parameters
    ----------
    say
        What puts a sentence into the reader's language.

    >>> span(0.25, 0.5), span(0.0, math.inf)
    ('0.25 to 0.5', 'above 0')
    """
    if high == math.inf:
        return say(ABOVE).format(low=shown(low))
    if low == -math.inf:
        return say(BELOW).format(high=shown(high))
    return say(SPAN).format(low=shown(low), high=shown(high))


def _caution(count: float) -> list[str]:
    """What is to be said if hardly a set fits.

    >>> len(_caution(400.0)), len(_caution(2.0))
    (0, 1)
    """
    text = _(
        "Fewer than {few} equal sets: no range and no verdict below is to be trusted. More waves "
        "may find more, unless the targets cannot be met."
    )
    return [text.format(few=FEW)] if count < FEW else []


def _parameter_rows(table: pd.DataFrame) -> list[list[str]]:
    rows = [
        [_("field"), _("bounds"), _("before"), _("fits"), _("90 %"), _("width"), _("narrowed by")]
    ]
    for row in _records(table):
        by = _("{target} ({width} alone)", target=row["by"], width=f"{row['width_by']:.2f}")
        by = by if row["width_by"] < DECIDES else ""
        rows.append(
            [row["field"], span(row["low"], row["high"]), shown(row["start"]), shown(row["median"]),
             span(row["from"], row["to"]), f"{row['width']:.2f}", by]
        )  # fmt: skip
    return rows


def _target_rows(table: pd.DataFrame) -> list[list[str]]:
    rows = [
        [_("target"), _("value"), _("band"), _("before"), _("fits"), _("90 %"), _("inside"), ""]
    ]
    for row in _records(table):
        rows.append(
            [row["target"], shown(row["value"]), span(row["band_low"], row["band_high"]),
             shown(row["start"]), shown(row["median"]), span(row["from"], row["to"]),
             f"{row['inside']:.0%}", " ".join(row["says"].split())]
        )  # fmt: skip
    return rows


def _missed(names: list[str]) -> list[str]:
    """Which targets the sets that fit best do not meet all the same.

    >>> _missed([]), _missed(["V2"])
    ([], ['Beyond its band under most of these sets: V2. The model cannot meet it ...'])
    """
    text = _(
        "Beyond its band under most of these sets: {names}. The model cannot meet it between the "
        "bounds, or not together with the others."
    )
    return [text.format(names=", ".join(names))] if names else []


def _left_out_rows(table: pd.DataFrame) -> list[list[str]]:
    rows = [
        [_("target"), _("band"), _("predicted"), _("90 %"), _("inside"), _("verdict"), _("sets")]
    ]
    for row in _records(table):
        rows.append(
            [row["target"], span(row["band_low"], row["band_high"]), shown(row["predicted"]),
             span(row["from"], row["to"]), f"{row['inside']:.0%}", _(row["verdict"]),
             f"{row['effective']:.0f}"]
        )  # fmt: skip
    return rows


def _pull_lines(table: pd.DataFrame) -> list[str]:
    """The strongest pulls, in words."""
    strong = table[table["relief"] >= LEAST_RELIEF].head(MOST_PULLS)
    if strong.empty:
        return [_("No target pulls noticeably against another.")]
    text = _(
        "  {target} against {other}: {distance} standard errors away, {without} without it "
        "({sets} sets)"
    )
    lines = [_("What pulls against what:")]
    for row in _records(strong):
        numbers = {name: f"{row[name]:.2f}" for name in ("distance", "without")}
        numbers["sets"] = f"{row['effective']:.0f}"
        lines.append(text.format(target=row["target"], other=row["other"], **numbers))
    return lines


def _records(table: pd.DataFrame) -> list[dict[Any, Any]]:
    return table.to_dict("records")


def _table(rows: list[list[str]]) -> str:
    """Cells below each other; nothing stands behind the last."""
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    widths[-1] = 0
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
