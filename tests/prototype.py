"""The values of the prototype: examples that hang on what happens are made with these.

They stay when the start values of scenarios are calibrated anew.
"""

from types import MappingProxyType

PROTOTYPE = MappingProxyType(
    {
        "stakeholders.outside_power": 0.05,
        "stakeholders.interdependence": 0.32,
        "stakeholders.incentive": 0.48,
        "problem.conflict": 0.64,
        "problem.spread": 0.1,
        "problem.q0": 0.54,
        "problem.g": 0.07,
        "problem.knowledge": 0.5,
        "trust.prehistory": 0.4,
        "listening.clarity": 0.35,
        "debate.interest_weight": 0.55,
        "debate.anchor": 0.33,
        "debate.concession": 1.36,
        "planning.shared_norm": 0.4,
        "planning.eagerness": 2.35,
        "planning.react": 1.0,
        "planning.resent": 0.89,
        "planning.eta_short": 0.02,
        "planning.tremble": 0.0,
        "action.surprise": 0.25,
        "action.temptation": 0.2,
        "renewal.setback": 0.2,
    }
)
