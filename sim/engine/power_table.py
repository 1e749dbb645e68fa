"""Who has how much power and resources, and how often each is decisive, in plain words."""

import math

import numpy as np

from sim.engine.arrays import arrays, names, records
from sim.language import _
from sim.rules.course import initialise
from sim.rules.membership import update_totals
from sim.rules.power import MOST_EXACT, SAMPLED_ORDERS, gini, power_indices
from sim.rules.state import NOBODY, POWER_INDEX, R
from sim.scenario import KINDS, SECTORS, Scenario

Row = tuple[str, str, str, str]
MOST_ROWS = 2_000  # that anyone would read
MOST_INDEXED = 2_000  # at the table: among more, sampled orders say nothing of any one


def describe_power(scenario: Scenario) -> str:
    """Describe the balance of power at the start: Gini coefficients, a row for each stakeholder.

    Parameters
    ----------
    scenario
        Its stakeholders and its table are those invited in run 0 of seed 1.

    Returns
    -------
    str
        A few sentences and a table, as lines of text.

    Examples
    --------
    >>> from sim.scenario import load
    >>> print(describe_power(load("team")).splitlines()[0])
    Power and resources as drawn in run 0 of seed 1, before anybody stays away or leaves.
    """
    a = arrays(scenario, seed=1, run=0)
    initialise(a.people, a.ties, a.start, a.par, a.run, a.edges, a.slots)
    update_totals(a.people, a.ties, a.start, a.par, a.run)
    seats = int(a.run[0].table)
    indices = records(len(a.people), POWER_INDEX)
    if seats <= MOST_INDEXED:
        power_indices(a.people, a.ties, a.start, a.par, a.run, indices, SAMPLED_ORDERS)
    heading = (_("stakeholder"), _("sector"), _("power"), _("power index"))
    rows = _rows(scenario, a.people, indices, seats)
    lines = [*_inequality(a.people), *_meaning(scenario, seats), ""]
    lines += _aligned([heading, *rows[:MOST_ROWS]])
    if len(rows) > MOST_ROWS:
        lines.append(_("... and {count:,} more", count=len(rows) - MOST_ROWS))
    return "\n".join(lines)


def _inequality(people: R) -> list[str]:
    """How unequally power and resources are shared."""
    shares = [(_("power"), people["power"])]
    shares += [(kind, people["endowment"][:, k]) for k, kind in enumerate(KINDS)]
    shares.append((_("all resources"), people["endowment"].sum(axis=1)))
    told = ", ".join(f"{what} {_coefficient(gini(values))}" for what, values in shares)
    return [
        _("Power and resources as drawn in run 0 of seed 1, before anybody stays away or leaves."),
        _("Gini, from 0 (all have the same) to 1 (one has everything): {told}.", told=told),
    ]


def _coefficient(value: float) -> str:
    return _("(nobody has any)") if math.isnan(value) else f"{value:.3f}"


def _meaning(scenario: Scenario, seats: int) -> list[str]:
    """Explain the power index and its decision rule."""
    rule, veto = scenario.decision.rule, ", ".join(scenario.decision.veto) or _("nobody")
    text = _("At the table: {seats} of {people}. Decision rule: {rule}; veto: {veto}.")
    lines = [text.format(seats=seats, people=scenario.people, rule=rule, veto=veto)]
    if seats > MOST_INDEXED:
        text = _("No power index is given for more than {most:,} at the table.")
        return [*lines, text.format(most=MOST_INDEXED)]
    lines += [
        _("Power index (Shapley & Shubik): how often it is one's own acceptance that decides, if"),
    ]
    if seats > MOST_EXACT:
        text = _(
            "those at the table accept one after the other; from {orders} orders drawn evenly, "
            "with standard error."
        )
        lines.append(text.format(orders=SAMPLED_ORDERS))
    else:
        text = _("those at the table accept one after the other, in each of all {orders} orders.")
        lines.append(text.format(orders=math.factorial(seats)))
    return lines


def _rows(scenario: Scenario, people: R, indices: R, seats: int) -> list[Row]:
    """Name, sector, power and power index of each stakeholder, or its delegate."""
    called = [_printable(name) for name in names(scenario)]
    rows = []
    for name, person, own in zip(called, people, indices, strict=True):
        if person.seated == 0:
            speaker = called[person.delegate] if person.delegate != NOBODY else ""
            index = _("represented by {speaker}", speaker=speaker)
            index = index if speaker else _("not represented")
        elif seats > MOST_INDEXED:
            index = ""
        else:
            index = f"{own['index']:.4f}"
            index += f" ± {own['error']:.4f}" if seats > MOST_EXACT else ""
        rows.append((name, SECTORS[person.sector], f"{person.power:.4f}", index))
    return rows


def _printable(name: str) -> str:
    r"""A name in one line.

    >>> _printable("Bima\nLtd")
    'Bima Ltd'
    """
    return "".join(letter if letter.isprintable() else " " for letter in name)


def _aligned(table: list[Row]) -> list[str]:
    """The rows with their cells under each other."""
    widths = np.array([[len(cell) for cell in row] for row in table]).max(axis=0)
    lines = ("  ".join(map(str.ljust, row, map(int, widths))) for row in table)
    return [line.rstrip() for line in lines]
