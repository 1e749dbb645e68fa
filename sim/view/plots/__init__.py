"""Plots of one run.

Every function takes the run first and draws on the given axes, or on a figure of its own. If a run
has nothing to draw, a note on the axes says why. ``sheet`` puts the main plots on one page.

>>> import sim
>>> from sim.view import plots
>>> run = sim.run(sim.load("team"))
>>> plots.support(run).get_ylabel()
'share; worth, 0 to 1'
"""

from sim.view.plots.overview import animate, sheet, sheet_bytes
from sim.view.plots.phases import delivery, funds, pool, support
from sim.view.plots.stakeholders import network, policy_plane
from sim.view.plots.timeline import membership, trust, trust_in_sectors

__all__ = [
    "animate",
    "delivery",
    "funds",
    "membership",
    "network",
    "policy_plane",
    "pool",
    "sheet",
    "sheet_bytes",
    "support",
    "trust",
    "trust_in_sectors",
]
