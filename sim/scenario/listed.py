"""Stakeholders and ties that are listed one by one, in files or in the scenario itself."""

from collections.abc import Iterable, Iterator
from functools import cache, partial

from pydantic import Field

from sim.language import N_, _
from sim.scenario.faults import Fault, all_refused, meant
from sim.scenario.fields import (
    LEVEL,
    PLAIN,
    RESOURCE,
    SHARE,
    VISIBLE,
    WORTH,
    Table,
    flag,
    number,
    word,
)
from sim.scenario.setting import MODEL_2_1, MODEL_2_2, POWER, RESOURCES, Norm, Sector, as_read


class ListedStakeholder(Table):
    """One stakeholder by name. What is None is drawn from its sector's table.

    >>> ListedStakeholder(name="City", sector="government", power=2).power
    2.0
    """

    name: str = Field(pattern=VISIBLE, description=N_("what it is called"))
    sector: Sector = Field(description=N_("the sector it belongs to"))
    power: float | None = number(None, 0, 1e6, SHARE, N_("formal authority, against others"), POWER)
    funds: float | None = number(None, 0, 1e6, RESOURCE, N_("its money"), RESOURCES)
    capacity: float | None = number(
        None, 0, 1e6, RESOURCE, N_("its staff, skill and time"), RESOURCES
    )
    network: float | None = number(None, 0, 1e6, RESOURCE, N_("its contacts and access"), RESOURCES)
    productivity: float | None = number(
        None, 0.001, 1_000, PLAIN, N_("what a unit of its resources is worth"), MODEL_2_1
    )
    interest_x: float | None = number(None, 0, 1, PLAIN, N_("its interest, first axis"), MODEL_2_1)
    interest_y: float | None = number(None, 0, 1, PLAIN, N_("its interest, second axis"), MODEL_2_1)
    outside_option: float | None = number(
        None, 0.02, 0.9, WORTH, N_("what going alone is worth to it"), MODEL_2_1
    )
    norm: Norm | None = word(None, N_("the share it finds fair"), MODEL_2_1)
    seated: bool | None = flag(None, N_("whether it starts at the table"), MODEL_2_1)
    immovable: bool | None = flag(None, N_("whether it never moves"), MODEL_2_1)
    free_rider: bool | None = flag(None, N_("whether it contributes nothing"), MODEL_2_1)


class ListedTie(Table):
    """`from_` listens to `to`; None: this direction's trust is drawn."""

    from_: str = Field(alias="from", description=N_("who listens"))
    to: str = Field(description=N_("who is listened to"))
    trust: float | None = number(
        None, 0, 1, LEVEL, N_("trust of the first in the second"), MODEL_2_2
    )


COLUMNS = tuple(ListedStakeholder.model_fields)
TIE_COLUMNS = ("from", "to", "trust")


def check_stakeholders(listed: tuple[ListedStakeholder, ...]) -> None:
    """Names are unique; a column is given for everybody or for nobody."""
    faults = list(name_faults([who.name for who in listed]))
    for column in COLUMNS:
        gaps = [row for row, who in enumerate(listed) if getattr(who, column) is None]
        if gaps and len(gaps) < len(listed):
            text = _("has a gap here: a column is given for every stakeholder or for none")
            faults.append(Fault(("listed", gaps[0], column), text))
    if listed and (listed[0].interest_x is None) != (listed[0].interest_y is None):
        faults.append(Fault(("listed",), _("interest_x and interest_y are given together")))
    if faults:
        raise all_refused(faults)


def check_ties(ties: tuple[ListedTie, ...], names: Iterable[str]) -> None:
    """Ties join two different, known stakeholders, once in each direction."""
    faults = list(tie_faults([(tie.from_, tie.to) for tie in ties], names))
    if faults:
        raise all_refused(faults)


def name_faults(names: Iterable[str]) -> Iterator[Fault]:
    """The stakeholders whose name an earlier one has. An empty name is nobody's."""
    seen = {""}
    for row, name in enumerate(map(as_read, names)):
        if name and name in seen:
            text = _('"{name}" is listed twice', name=name)
            yield Fault(("listed", row, "name"), text)
        seen.add(name)


def tie_faults(ties: Iterable[tuple[str, str]], names: Iterable[str]) -> Iterator[Fault]:
    """What keeps a tie from joining two stakeholders. An empty end says nothing yet."""
    known = dict.fromkeys(filter(None, names))
    hint = cache(partial(meant, known=known))  # many ties may have the same misspelt name
    seen = set()
    for row, tie in enumerate(ties):
        for column, name in zip(("from", "to"), tie, strict=True):
            if name and name not in known:
                text = _('unknown stakeholder "{name}", {hint}')
                text = text.format(name=name, hint=hint(name))
                yield Fault(("listed_ties", row, column), text)
        first, second = tie
        if first == second and first in known:
            text = _('"{name}" is tied to itself', name=first)
            yield Fault(("listed_ties", row, "to"), text)
        elif all(tie) and tie in seen:
            text = _('the tie from "{first}" to "{second}" is listed twice')
            yield Fault(("listed_ties", row), text.format(first=first, second=second))
        seen.add(tie)
