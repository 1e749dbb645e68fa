"""The minutes of a run: a Markdown text that says what happened and why.

Each sentence is worked out from the tables of the run. ``cycle`` selects the rows of one cycle,
``meetings``, ``work`` and ``outcome`` write the sentences, and this module puts them together.
"""

from typing import TYPE_CHECKING, NamedTuple

from sim.base import __version__
from sim.base.text import _
from sim.view.minutes import meetings, work
from sim.view.minutes.cycle import Cycle, Sentence, sentences_at
from sim.view.minutes.outcome import what_decided
from sim.view.minutes.work import every_round
from sim.view.words import FEW_NAMES, escaped, months

if TYPE_CHECKING:
    from sim.engine.tables import RunData

MANY_NAMES = 12  # names in a sentence of full minutes before the others are only counted


class Paragraph(NamedTuple):
    """Sentences that belong together, and the words in bold that open them."""

    lead: str
    sentences: list[Sentence]


def minutes(run: "RunData", full: bool = False) -> str:
    """Return the minutes of a run in Markdown.

    Every name and number is in one of the run's tables or follows from them.

    Parameters
    ----------
    run
        The run.
    full
        Whether to describe every round, instead of about one page.

    Examples
    --------
    >>> from sim import load, run
    >>> print(minutes(run(load("team"))).splitlines()[0])
    # Minutes: A team of delegates
    """
    cycles = cycles_of(run, max_names=MANY_NAMES if full else FEW_NAMES, brief=not full)
    parts = [
        _("# Minutes: {title}", title=escaped(" ".join(run.scenario.title.split()))),
        _(
            "*Run {run} under seed {seed}, told by mufakat {version}. This is one course of "
            "events; another run of the same scenario goes another way.*",
            run=run.run,
            seed=run.seed,
            version=__version__,
        ),
        _("## Who came, and about what"),
        " ".join(beginning(cycles[0])),
    ]
    for cycle in cycles:
        parts += _cycle(cycle, full)
    parts += [_("## What decided the outcome"), " ".join(what_decided(cycles))]
    return "\n\n".join(parts) + "\n"


def cycles_of(run: "RunData", max_names: int = FEW_NAMES, brief: bool = False) -> list[Cycle]:
    """Return every cycle that began.

    Parameters
    ----------
    run
        The run.
    max_names
        Names in a sentence before the others are only counted.
    brief
        Whether only the first cycle is described in detail.
    """
    numbers = sorted({int(number) for number in run.events["cycle"]} | {1})
    return [Cycle(run, number, max_names, brief=number > 1 and brief) for number in numbers]


def beginning(cycle: Cycle) -> list[str]:
    """Sentences on what was known before the first meeting: who came, and the agenda."""
    return [*meetings.invitation(cycle), *meetings.agenda(cycle)]


def _cycle(cycle: Cycle, full: bool) -> list[str]:
    """Return the heading of a cycle, a paragraph a phase and, in full minutes, every round."""
    texts = [
        (lead, " ".join(sentence.text for sentence in sentences))
        for lead, sentences in paragraphs(cycle)
    ]
    if cycle.rounds.empty:
        heading = _("## Cycle {cycle}", cycle=cycle.number)
        return [heading, *(text for _lead, text in texts)] if texts else []
    span = months(int(cycle.rounds["round"].iloc[0]), int(cycle.rounds["round"].iloc[-1]))
    heading = _("## Cycle {cycle}: {span}", cycle=cycle.number, span=span)
    if cycle.brief:
        return [heading, " ".join(text for _lead, text in texts)]
    return [
        heading,
        *(lead + text for lead, text in texts),
        *(every_round(cycle) if full else []),
    ]


def paragraphs(cycle: Cycle) -> list[Paragraph]:
    """Return the paragraphs of a cycle; each sentence has the month after which it is known."""
    parts = [
        Paragraph("", [*sentences_at(cycle.before, _opening(cycle)), *work.outside_changes(cycle)])
    ]
    if len(cycle.rounds):
        listened, debated, planned, acted = map(
            cycle.end_of, ("listening", "debate", "planning", "action")
        )
        renewal = [*work.trust(cycle), *work.membership_changes(cycle, "renewal")]
        parts += [
            Paragraph(_("**Listening.** "), sentences_at(listened, meetings.listening(cycle))),
            Paragraph(_("**Debate.** "), sentences_at(debated, meetings.debate(cycle))),
            Paragraph("", sentences_at(debated, meetings.decision(cycle))),
            Paragraph(_("**Planning.** "), sentences_at(planned, work.planning(cycle))),
            Paragraph(_("**Action.** "), sentences_at(acted, work.action(cycle))),
            Paragraph(_("**Trust and membership.** "), sentences_at(cycle.end, renewal)),
        ]
    return [paragraph for paragraph in parts if paragraph.sentences]


def _opening(cycle: Cycle) -> list[str]:
    """Sentences on what happened before the first meeting of a later cycle."""
    if cycle.number == 1:
        return []
    sentences = work.membership_changes(cycle, "convening")
    if cycle.is_retry:
        sentences.append(_("The problem of the deadlock was taken up again."))
    elif cycle.problem is not None:
        sentences.append(_("A new problem was taken up."))
    return sentences
