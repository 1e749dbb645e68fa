"""Scenarios: the input of the model, read from files into frozen values."""

from sim.scenario.choices import (
    FORM_COLUMNS,
    FORMS,
    INVITATIONS,
    KINDS,
    LAYOUTS,
    MEMBERSHIPS,
    NORMS,
    RULES,
    SECTORS,
)
from sim.scenario.errors import ScenarioError
from sim.scenario.events import Event
from sim.scenario.fields import Parameter
from sim.scenario.files import shipped
from sim.scenario.load import load
from sim.scenario.schema import PHASES, Scenario, parameters, sector_parameters
from sim.scenario.tables import PRINCIPLES, Axis, ListedOption, ListedStakeholder, ListedTie

__all__ = [
    "FORMS",
    "FORM_COLUMNS",
    "INVITATIONS",
    "KINDS",
    "LAYOUTS",
    "MEMBERSHIPS",
    "NORMS",
    "PHASES",
    "PRINCIPLES",
    "RULES",
    "SECTORS",
    "Axis",
    "Event",
    "ListedOption",
    "ListedStakeholder",
    "ListedTie",
    "Parameter",
    "Scenario",
    "ScenarioError",
    "load",
    "parameters",
    "sector_parameters",
    "shipped",
]
