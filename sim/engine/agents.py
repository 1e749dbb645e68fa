"""Stakeholders as Mesa agents: readable state, and one method for each thing they do.

Each method calls the rule for the stakeholder's own row, so a run with these agents gives the same
bits as the compiled loop. A subclass that overrides a method is honoured by
:class:`sim.engine.model.CollaborationModel`.
"""

from typing import TYPE_CHECKING, Any

import mesa

from sim.rules import debate, listening, membership, planning
from sim.rules.action import deliver as delivers_now
from sim.scenario import KINDS, NORMS, SECTORS

if TYPE_CHECKING:
    from sim.engine.model import CollaborationModel


class Stakeholder(mesa.Agent):
    """One stakeholder: what it has, wants, knows and does (model description 2.1, 4).

    Parameters
    ----------
    model
        The collaboration that it belongs to.
    row
        Its row in the model's arrays.
    name
        What it is called.
    """

    model: "CollaborationModel"

    def __init__(self, model: "CollaborationModel", row: int, name: str) -> None:
        super().__init__(model)
        self.row = row
        self.name = name

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"

    # What it is and thinks

    @property
    def _me(self) -> Any:
        return self.model.arrays.people[self.row]

    @property
    def sector(self) -> str:
        """Its sector."""
        return str(SECTORS[self._me.sector])

    @property
    def power(self) -> float:
        """Its share of formal authority."""
        return float(self._me.power)

    @property
    def endowment(self) -> dict[str, float]:
        """Its yearly funds, capacity and network."""
        return {kind: float(self._me.endowment[k]) for k, kind in enumerate(KINDS)}

    @property
    def outside_option(self) -> float:
        """What going alone is worth to it."""
        return float(self._me.outside_option)

    @property
    def norm(self) -> str:
        """What it thinks a fair share is."""
        return str(NORMS[self._me.norm])

    @property
    def interest(self) -> tuple[float, float]:
        """What it wants, in the policy plane."""
        return float(self._me.interest_x), float(self._me.interest_y)

    @property
    def position(self) -> tuple[float, float]:
        """What it argues for, in the policy plane."""
        return float(self._me.position_x), float(self._me.position_y)

    @property
    def knowledge(self) -> frozenset[int]:
        """The facts that it knows, by number from 1."""
        known = int(self._me.knowledge)
        return frozenset(f + 1 for f in range(known.bit_length()) if known >> f & 1)

    @property
    def expectation(self) -> float:
        """What it expects the collaboration to be worth."""
        return float(self._me.expectation)

    @property
    def commitment(self) -> float:
        """Its readiness to contribute to the present plan."""
        return float(self._me.commitment)

    @property
    def pledged(self) -> float:
        """The share of its endowment that it has promised."""
        return float(self._me.pledge)

    @property
    def is_member(self) -> bool:
        """Whether it takes part."""
        return bool(self._me.active)

    @property
    def at_table(self) -> bool:
        """Whether it takes part and has a seat at the table."""
        return bool(self._me.active and self._me.seated)

    @property
    def trust(self) -> dict["Stakeholder", float]:
        """Its trust in those it is tied to."""
        arrays = self.model.arrays
        ties = arrays.ties[arrays.start[self.row] : arrays.start[self.row + 1]]
        return {self.model.stakeholders[tie.neighbour]: float(tie.trust) for tie in ties}

    # What it does

    def listen(self) -> None:
        """Hear the neighbours at the table out and learn from them."""
        a = self.model.arrays
        listening.listen(a.people, a.ties, a.par, a.run, a.log, self.row)

    def debate(self) -> None:
        """Hear the neighbours argue, and move toward those who are not too far away."""
        a = self.model.arrays
        debate.argue(a.people, a.ties, a.par, a.run, a.log, self.row)
        debate.move(a.people, a.ties, a.par, self.row)

    def accepts(self) -> bool:
        """Whether it accepts the draft."""
        a = self.model.arrays
        return bool(debate.accepts(a.people, a.ties, a.options, a.par, a.run, self.row))

    def pledge(self) -> float:
        """The share of its endowment that it promises now."""
        a = self.model.arrays
        return float(planning.pledge(a.people, a.ties, a.start, a.par, a.run, self.row))

    def deliver(self) -> bool:
        """Whether it delivers its pledge this round."""
        a = self.model.arrays
        return bool(delivers_now(a.people, a.par, self.row))

    def reconsider(self) -> bool:
        """Whether it wants to be a member from now on."""
        a = self.model.arrays
        return bool(membership.reconsider(a.people, a.ties, a.start, a.par, a.run, self.row))


class Government(Stakeholder):
    """A public agency."""


class PrivateFirm(Stakeholder):
    """A private firm."""


class CommunityGroup(Stakeholder):
    """A group of the community."""


class CivilSocietyOrganisation(Stakeholder):
    """A civil society organisation."""
