"""The minutes of a run: a Markdown text that says what happened and why.

``cycle`` selects the rows of one cycle from the tables of the run. ``facts`` and ``decisive`` work
out numbers and names. Each line of the templates in ``sim/view/templates/minutes`` is a sentence.
This module puts the sentences together.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from sim.base import __version__
from sim.base.text import _
from sim.view.minutes import decisive, facts
from sim.view.minutes.cycle import Cycle, Sentence, sentences_at
from sim.view.words import FEW_NAMES, PHASE_NAMES, escaped, months, sentences

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
    invited = _told(cycle, "invitation", facts.invitation(cycle))
    return [*invited, *_told(cycle, "agenda", facts.agenda(cycle))]


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
        *(_every_round(cycle) if full else []),
    ]


def _every_round(cycle: Cycle) -> list[str]:
    """Return a heading and a Markdown list with an item for each round of a cycle."""
    items = "\n".join(f"- {sentence.text}" for sentence in round_sentences(cycle))
    return [_("**Round by round.**"), items] if items else []


def paragraphs(cycle: Cycle) -> list[Paragraph]:
    """Return the paragraphs of a cycle; each sentence has the month after which it is known."""
    opening = _told(cycle, "membership", facts.membership(cycle, "convening"))
    opening += _told(cycle, "opening", {})
    outside = [
        Sentence(month, text)
        for month, changes in facts.outside(cycle).items()
        for text in _told(cycle, "outside", changes)
    ]
    before = sentences_at(cycle.before, opening if cycle.number > 1 else [])
    parts = [Paragraph("", [*before, *outside])]
    if len(cycle.rounds):
        renewal = _told(cycle, "trust", facts.trust(cycle))
        renewal += _told(cycle, "membership", facts.membership(cycle, "renewal"))
        parts += [
            _phase(cycle, _("**Listening.** "), "listening", facts.listening(cycle)),
            _phase(cycle, _("**Debate.** "), "debate", facts.debate(cycle)),
            Paragraph("", _decision(cycle)),
            _phase(cycle, _("**Planning.** "), "planning", facts.planning(cycle)),
            _phase(cycle, _("**Action.** "), "action", facts.action(cycle)),
            Paragraph(_("**Trust and membership.** "), sentences_at(cycle.end, renewal)),
        ]
    return [paragraph for paragraph in parts if paragraph.sentences]


def _phase(cycle: Cycle, lead: str, phase: str, values: facts.Facts | None) -> Paragraph:
    return Paragraph(lead, sentences_at(cycle.end_of(phase), _told(cycle, phase, values)))


def _decision(cycle: Cycle) -> list[Sentence]:
    texts = _told(cycle, "decision", facts.decision(cycle))
    return sentences_at(cycle.end_of("debate"), texts)


def _told(cycle: Cycle, template: str, values: facts.Facts | None) -> list[str]:
    """Return the sentences of a template; none if there are no values."""
    return [] if values is None else sentences(template, {"cycle": cycle, **values})


def what_decided(cycles: list[Cycle]) -> list[str]:
    """Return the sentences on the first debate, the first plan and the end of a run."""
    return _told(cycles[0], "decided", decisive.decided(cycles))


def round_sentences(cycle: Cycle) -> list[Sentence]:
    """Return one sentence for each round of a cycle."""
    by_round: dict[Any, pd.DataFrame] = dict(iter(cycle.events.groupby("round")))
    nothing = cycle.events.iloc[:0]
    return [
        Sentence(int(str(month)), _round_text(cycle, row, by_round.get(month, nothing)))
        for month, row in cycle.rounds.iterrows()
    ]


def _round_text(cycle: Cycle, row: Any, events: pd.DataFrame) -> str:
    """Return the sentence on one round."""
    return _(
        "Month {month}, {phase} {number}: {what}.",
        month=int(row["round"]),
        phase=_(PHASE_NAMES[row["phase"]]),
        number=int(row["phase_round"]),
        what="; ".join(_told(cycle, "round", facts.one_round(cycle, row, events))),
    )
