"""What the run player says: the minutes, each piece once it has happened, and its own words."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from sim.engine.result import RunData
from sim.language import _
from sim.view.minutes import beginning, cycles_of, paragraphs
from sim.view.report.prose import html_of
from sim.view.story.cycle import Cycle
from sim.view.story.outcome import what_decided
from sim.view.story.rounds import rounds_told

HEADING, ROUND, STORY = "heading", "round", "story"


def minutes_told(done: RunData) -> list[list[Any]]:
    """The minutes of a run, every round told, in the order in which things happened.

    Returns
    -------
    Frame, kind (heading, round or story) and HTML of each piece. A month's piece belongs to the
    frame after its round; what decided the outcome, to the last frame.

    Examples
    --------
    >>> import sim
    >>> frame, kind, html = minutes_told(sim.run(sim.load("team")))[0]
    >>> frame, kind, str(html)
    (0, 'heading', '<h4>Who came, and about what</h4>')
    """
    cycles = cycles_of(done)
    pieces = [
        (0, HEADING, _("## Who came, and about what")),
        (0, STORY, " ".join(beginning(cycles[0]))),
    ]
    for cycle in cycles:
        pieces += sorted(_pieces(cycle), key=lambda piece: piece[0])
    end = len(done.rounds) + 1
    decided = what_decided(cycles)
    pieces += [(end, HEADING, _("## What decided the outcome")), (end, STORY, " ".join(decided))]
    return [[frame, kind, str(html_of(text, top=4))] for frame, kind, text in pieces]


def _pieces(cycle: Cycle) -> Iterator[tuple[int, str, str]]:
    """A cycle's pieces: its heading first, in each month the round before what it led to."""
    told = paragraphs(cycle)
    if told or len(cycle.rounds):
        yield cycle.before, HEADING, _("## Cycle {cycle}", cycle=cycle.number)
    for sentence in rounds_told(cycle):
        yield sentence.month, ROUND, sentence.text
    for lead, sentences in told:
        for month, together in groupby(sentences, key=lambda sentence: sentence.month):
            yield month, STORY, lead + " ".join(sentence.text for sentence in together)


def words() -> dict[str, str]:
    """What is written around the pictures, and said to who cannot see them."""
    return {
        "player": _("One run, round by round"),
        "play": _("Play"),
        "pause": _("Pause"),
        "back": _("One round back"),
        "forward": _("One round on"),
        "time": _("Round"),
        "speed": _("rounds a second"),
        "keys": _("Space plays and pauses; arrows step; Home and End lead to the start and end."),
        "plane": _("What people want and argue for"),
        "network": _("Who trusts whom"),
        "minutes": _("Minutes"),
        "names": _("Who is who"),
        "interest": _("interest: what each wants"),
        "position": _("position"),
        "objects": _("objects to the draft"),
        "draft": _("the draft, and its way"),
        "option": _("option"),
        "member": _("member"),
        "seated": _("at the table"),
        "out": _("no member"),
        "trust": _("trust"),
        "power": _("the larger, the more power"),
        "enough": _("what it takes"),
    }
