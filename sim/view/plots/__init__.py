"""The pictures of one run.

Every function takes the run first and draws on the axes it is given, or on a picture of its own.
What did not happen in a run is said in words in its place. ``sheet`` has the telling ones on one
page.

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
