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

from sim.view.pictures.animation import animate
from sim.view.pictures.membership import membership
from sim.view.pictures.network import network
from sim.view.pictures.plan import delivery, funds, pool
from sim.view.pictures.plane import policy_plane
from sim.view.pictures.sheet import sheet, sheet_bytes
from sim.view.pictures.support import support
from sim.view.pictures.trust import trust, trust_in_sectors

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
