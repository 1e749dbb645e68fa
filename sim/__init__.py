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

from sim.base import __version__

if TYPE_CHECKING:
    from sim.api.evidence import Calibration, Validation, calibrate, validate
    from sim.api.model import CollaborationModel
    from sim.api.run import Run, run
    from sim.api.scenario import Scenario, load
    from sim.api.studies import (
        ClaimsChecked,
        Comparison,
        Study,
        Sweep,
        check_claims,
        compare,
        study,
        sweep,
    )
    from sim.engine.mesa_model import (
        CivilSocietyOrganisation,
        CommunityGroup,
        Government,
        PrivateFirm,
        Stakeholder,
    )
    from sim.scenario import ScenarioError, shipped
    from sim.studies.posterior import Posterior, read_posterior

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
        "CivilSocietyOrganisation": "sim.engine.mesa_model",
        "ClaimsChecked": "sim.api.studies",
        "CollaborationModel": "sim.api.model",
        "CommunityGroup": "sim.engine.mesa_model",
        "Comparison": "sim.api.studies",
        "Government": "sim.engine.mesa_model",
        "PrivateFirm": "sim.engine.mesa_model",
        "Posterior": "sim.studies.posterior",
        "Run": "sim.api.run",
        "Scenario": "sim.api.scenario",
        "ScenarioError": "sim.scenario",
        "Stakeholder": "sim.engine.mesa_model",
        "Study": "sim.api.studies",
        "Sweep": "sim.api.studies",
        "Validation": "sim.api.evidence",
        "calibrate": "sim.api.evidence",
        "check_claims": "sim.api.studies",
        "compare": "sim.api.studies",
        "load": "sim.api.scenario",
        "read_posterior": "sim.studies.posterior",
        "run": "sim.api.run",
        "shipped": "sim.scenario",
        "study": "sim.api.studies",
        "sweep": "sim.api.studies",
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
    """Return all public names, fetched or not, so that completion offers them."""
    return sorted({*globals(), *__all__})
