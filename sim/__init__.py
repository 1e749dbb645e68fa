"""Collaborative governance as an agent-based simulation.

>>> import sim
>>> "team" in sim.shipped()
True

Nothing is imported before it is asked for: ``import sim`` is instant, ``sim.load`` needs only
pydantic, ``sim.run`` numba and pandas, and only ``sim.CollaborationModel`` Mesa.
"""

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.api.evidence import Calibration, Validation, calibrate, validate
    from sim.engine.agents import (
        CivilSocietyOrganisation,
        CommunityGroup,
        Government,
        PrivateFirm,
        Stakeholder,
    )
    from sim.engine.model import CollaborationModel
    from sim.engine.one_run import run
    from sim.engine.result import Run
    from sim.scenario import Scenario, ScenarioError, load, shipped
    from sim.studies.claims import ClaimsChecked, check_claims
    from sim.studies.compare import Comparison, compare
    from sim.studies.posterior import Posterior, read_posterior
    from sim.studies.study import Study, study
    from sim.studies.sweep import Sweep, sweep

__version__ = "0.1.0"

__all__ = [
    "Calibration",
    "CivilSocietyOrganisation",
    "ClaimsChecked",
    "CollaborationModel",
    "CommunityGroup",
    "Comparison",
    "Government",
    "Posterior",
    "PrivateFirm",
    "Run",
    "Scenario",
    "ScenarioError",
    "Stakeholder",
    "Study",
    "Sweep",
    "Validation",
    "__version__",
    "calibrate",
    "check_claims",
    "compare",
    "load",
    "read_posterior",
    "run",
    "shipped",
    "study",
    "sweep",
    "validate",
]

_HOME = MappingProxyType(
    {
        "Calibration": "sim.api.evidence",
        "CivilSocietyOrganisation": "sim.engine.agents",
        "ClaimsChecked": "sim.studies.claims",
        "CollaborationModel": "sim.engine.model",
        "CommunityGroup": "sim.engine.agents",
        "Comparison": "sim.studies.compare",
        "Government": "sim.engine.agents",
        "PrivateFirm": "sim.engine.agents",
        "Posterior": "sim.studies.posterior",
        "Run": "sim.engine.result",
        "Scenario": "sim.scenario",
        "ScenarioError": "sim.scenario",
        "Stakeholder": "sim.engine.agents",
        "Study": "sim.studies.study",
        "Sweep": "sim.studies.sweep",
        "Validation": "sim.api.evidence",
        "calibrate": "sim.api.evidence",
        "check_claims": "sim.studies.claims",
        "compare": "sim.studies.compare",
        "load": "sim.scenario",
        "read_posterior": "sim.studies.posterior",
        "run": "sim.engine.one_run",
        "shipped": "sim.scenario",
        "study": "sim.studies.study",
        "sweep": "sim.studies.sweep",
        "validate": "sim.api.evidence",
    }
)


def __getattr__(name: str) -> Any:
    """Fetch a public name from the module it lives in, when it is first asked for (PEP 562)."""
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    """All public names, fetched or not, so that completion offers them."""
    return sorted({*globals(), *__all__})
