"""The minutes of a run: what happened and why, as a secretary would write it, from its tables."""

from typing import TYPE_CHECKING

from sim import __version__
from sim.language import _
from sim.view.story import meetings, work
from sim.view.story.cycle import Cycle
from sim.view.story.outcome import what_decided
from sim.view.story.rounds import every_round
from sim.view.words import FEW, escaped, months

if TYPE_CHECKING:
    from sim.engine.result import Run

MANY = 12  # names that a sentence of full minutes can hold


def minutes(run: "Run", full: bool = False) -> str:
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
    told = _cycles(run, full)
    title = _("# Minutes: {title}").format(title=escaped(" ".join(run.scenario.title.split())))
    text = _(
        "*Run {run} under seed {seed}, told by mufakat {version}. This is one course of events; "
        "another run of the same scenario goes another way.*"
    )
    parts = [title, text.format(run=run.run, seed=run.seed, version=__version__)]
    parts += [_("## Who came, and about what"), " ".join(_beginning(told[0]))]
    for cycle in told:
        parts += _cycle(cycle, full)
    parts += [_("## What decided the outcome"), " ".join(what_decided(told))]
    return "\n\n".join(parts) + "\n"


def _cycles(run: "Run", full: bool) -> list[Cycle]:
    """Every cycle that began; short minutes tell in detail only the first."""
    numbers = sorted({int(number) for number in run.events["cycle"]} | {1})
    most = MANY if full else FEW
    return [Cycle(run, number, most, brief=number > 1 and not full) for number in numbers]


def _beginning(cycle: Cycle) -> list[str]:
    return [*meetings.invitation(cycle), *meetings.matter(cycle)]


def _cycle(cycle: Cycle, full: bool) -> list[str]:
    """The heading of a cycle, a paragraph for each of its phases, and every round if wanted."""
    if cycle.rounds.empty:
        before = [*_opening(cycle), *work.from_outside(cycle)]
        heading = _("## Cycle {cycle}").format(cycle=cycle.number)
        return [heading, " ".join(before)] if before else []
    span = months(int(cycle.rounds["round"].iloc[0]), int(cycle.rounds["round"].iloc[-1]))
    heading = _("## Cycle {cycle}: {span}").format(cycle=cycle.number, span=span)
    paragraphs = [
        ("", [*_opening(cycle), *work.from_outside(cycle)]),
        (_("**Listening.** "), meetings.listening(cycle)),
        (_("**Debate.** "), meetings.debate(cycle)),
        ("", meetings.decision(cycle)),
        (_("**Planning.** "), work.planning(cycle)),
        (_("**Action.** "), work.action(cycle)),
        (
            _("**Trust and membership.** "),
            [*work.trust(cycle), *work.coming_and_going(cycle, "renewal")],
        ),
    ]
    told = [(lead, sentences) for lead, sentences in paragraphs if sentences]
    if cycle.brief:
        return [heading, " ".join(sentence for _lead, said in told for sentence in said)]
    return [
        heading,
        *(lead + " ".join(sentences) for lead, sentences in told),
        *(every_round(cycle) if full else []),
    ]


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
