"""The tour: what is where on the page, in a few steps that end in the open sandbox."""

from typing import NamedTuple

from sim.language import N_, _


class Step(NamedTuple):
    """One step: the part of the page that it is about, a heading, and a sentence or two."""

    part: str
    title: str
    text: str


STEPS = (
    Step("", N_("What if?"), N_(
        "Move a value of a collaboration, and see what 500 simulated runs of it come to. Nothing "
        "here can be broken: undo takes back every step.")),
    Step("open", N_("A scenario is open"), N_(
        "It says who meets, in which form, about what. Choose another one here, or open a file of "
        "your own.")),
    Step("levers", N_("The values that are asked about most"), N_(
        "Drag a slider, use the arrow keys, or type a number. Under “More values” are all others, "
        "each with its meaning.")),
    Step("answer", N_("The answer, in five outcomes"), N_(
        "The hills show how far single runs lie apart. The upright mark is the mean, and the "
        "bar through it the range in which the true mean lies, 95 times of 100.")),
    Step("verdicts", N_("What differs, and how sure that is"), N_(
        "A difference is called one only if chance is an unlikely cause. “Open” means: these "
        "runs cannot tell, not that there is none.")),
    Step("pin", N_("Pin what you want to keep"), N_(
        "Up to three settings stay in the picture, each under its letter, while you go on "
        "changing values.")),
    Step("run", N_("One run, month by month"), N_(
        "Averages hide the story. Play a single run: who trusts whom, where the draft moves, what "
        "the minutes say.")),
    Step("link", N_("Pass it on"), N_(
        "“Copy link” holds what you changed and the seed: whoever opens it where mufakat runs sees "
        "these numbers. “Save” writes a scenario file, “Report” a page to print.")),
    Step("", N_("It is a model, not a forecast"), N_(
        "It shows what follows from its assumptions. Use it to find questions and to compare ways, "
        "not to predict a date or a sum.")),
    Step("levers", N_("The sandbox is yours"), N_(
        "Start with one value. Move it, look, undo, and move another.")),
)  # fmt: skip


def steps() -> list[dict[str, str]]:
    """The steps in the reader's language.

    >>> len(steps()) <= 10
    True
    """
    return [{"part": step.part, "title": _(step.title), "text": _(step.text)} for step in STEPS]
