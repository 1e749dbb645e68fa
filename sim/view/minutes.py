"""The minutes of a run: what happened and why, as a secretary would write it, from its tables."""

from typing import TYPE_CHECKING, NamedTuple

from sim.base.version import __version__
from sim.language import _
from sim.view.story import meetings, work
from sim.view.story.cycle import Cycle, Sentence, said
from sim.view.story.outcome import what_decided
from sim.view.story.rounds import every_round
from sim.view.words import FEW, escaped, months

if TYPE_CHECKING:
    from sim.engine.result import RunData

MANY = 12  # names that a sentence of full minutes can hold


class Paragraph(NamedTuple):
    """Sentences that belong together, and the words that open them."""

    lead: str
    sentences: list[Sentence]


def minutes(run: "RunData", full: bool = False) -> str:
    """The story of a run, in Markdown.

    Every name and number in it stands in one of the run's tables or follows from them.

    Parameters
    ----------
    run
        The run.
    full
        Tell every round, instead of about a page.

    Examples
    --------
    >>> from sim import load, run
    >>> print(minutes(run(load("team"))).splitlines()[0])
    # Minutes: A team of delegates
    """
    told = cycles_of(run, most=MANY if full else FEW, brief=not full)
    title = _("# Minutes: {title}", title=escaped(" ".join(run.scenario.title.split())))
    text = _(
        "*Run {run} under seed {seed}, told by mufakat {version}. This is one course of events; "
        "another run of the same scenario goes another way.*"
    )
    parts = [title, text.format(run=run.run, seed=run.seed, version=__version__)]
    parts += [_("## Who came, and about what"), " ".join(beginning(told[0]))]
    for cycle in told:
        parts += _cycle(cycle, full)
    parts += [_("## What decided the outcome"), " ".join(what_decided(told))]
    return "\n\n".join(parts) + "\n"


def cycles_of(run: "RunData", most: int = FEW, brief: bool = False) -> list[Cycle]:
    """Every cycle that began.

    Parameters
    ----------
    most
        Names that a sentence can hold.
    brief
        Tell only of the first in detail.
    """
    numbers = sorted({int(number) for number in run.events["cycle"]} | {1})
    return [Cycle(run, number, most, brief=number > 1 and brief) for number in numbers]


def beginning(cycle: Cycle) -> list[str]:
    """What was known before the first meeting: who came, and what it is about."""
    return [*meetings.invitation(cycle), *meetings.matter(cycle)]


def _cycle(cycle: Cycle, full: bool) -> list[str]:
    """The heading of a cycle, a paragraph for each of its phases, and every round if wanted."""
    told = [
        (paragraph.lead, " ".join(sentence.text for sentence in paragraph.sentences))
        for paragraph in paragraphs(cycle)
    ]
    if cycle.rounds.empty:
        heading = _("## Cycle {cycle}", cycle=cycle.number)
        return [heading, *(text for _lead, text in told)] if told else []
    span = months(int(cycle.rounds["round"].iloc[0]), int(cycle.rounds["round"].iloc[-1]))
    heading = _("## Cycle {cycle}: {span}", cycle=cycle.number, span=span)
    if cycle.brief:
        return [heading, " ".join(text for _lead, text in told)]
    return [
        heading,
        *(lead + text for lead, text in told),
        *(every_round(cycle) if full else []),
    ]


def paragraphs(cycle: Cycle) -> list[Paragraph]:
    """What minutes tell of a cycle, each phase with the month at whose end it can be told."""
    found = [Paragraph("", [*said(cycle.before, _opening(cycle)), *work.from_outside(cycle)])]
    if len(cycle.rounds):
        listened, debated, planned, acted = map(
            cycle.end_of, ("listening", "debate", "planning", "action")
        )
        parted = [*work.trust(cycle), *work.coming_and_going(cycle, "renewal")]
        found += [
            Paragraph(_("**Listening.** "), said(listened, meetings.listening(cycle))),
            Paragraph(_("**Debate.** "), said(debated, meetings.debate(cycle))),
            Paragraph("", said(debated, meetings.decision(cycle))),
            Paragraph(_("**Planning.** "), said(planned, work.planning(cycle))),
            Paragraph(_("**Action.** "), said(acted, work.action(cycle))),
            Paragraph(_("**Trust and membership.** "), said(cycle.end, parted)),
        ]
    return [paragraph for paragraph in found if paragraph.sentences]


def _opening(cycle: Cycle) -> list[str]:
    """What happened before the first meeting of a later cycle."""
    if cycle.number == 1:
        return []
    sentences = work.coming_and_going(cycle, "convening")
    if cycle.is_retry:
        sentences.append(_("The problem of the deadlock was taken up again."))
    elif cycle.problem is not None:
        sentences.append(_("A new problem was taken up."))
    return sentences
