"""How large a scenario is: how many ties its form can lay, and whether a run has room for them."""

from typing import TYPE_CHECKING

from sim.language import _
from sim.scenario.faults import refused
from sim.scenario.setting import MOST_TIES, SECTORS

if TYPE_CHECKING:
    from sim.scenario.schema import Scenario


def most_ties(scenario: "Scenario") -> int:
    """How many pairs can be tied under the scenario's form, or are by its list (3).

    Examples
    --------
    >>> from sim.scenario import load
    >>> most_ties(load("baseline"))
    97
    """
    form, count = scenario.form, scenario.people
    represented = count if form.seats != "all" or scenario.listed is not None else 0
    if scenario.listed_ties is not None:
        return len(scenario.listed_ties) + represented + 1
    if form.ties == "complete":
        seats = count
        if form.membership == "fixed" and form.seats != "all":
            seats = min(form.seats, count)
        if scenario.listed is not None and scenario.listed[0].seated is not None:
            seats = count
        return seats * (seats - 1) // 2 + seats * (count - seats) + represented + 1
    ring = count * ((form.k + 2) // 2)
    brokered = 2 * count + len(SECTORS) * len(SECTORS) if form.ties == "brokered" else 0
    return ring + brokered + represented + 1


def check_size(scenario: "Scenario") -> None:
    """Refuse a form that lays more ties between so many stakeholders than a run has room for."""
    ties = most_ties(scenario)
    if ties > MOST_TIES:
        text = _(
            "lays up to {ties:,} ties, and there is room for {most:,}: fewer stakeholders, fewer "
            "neighbours (form.k) or seats that are fixed, or other ties"
        )
        raise refused(text.format(ties=ties, most=MOST_TIES), "form", "ties")
