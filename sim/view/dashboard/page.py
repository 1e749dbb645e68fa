"""The page: levers at the left, the answer in the middle, one run at the right.

Each tab has a state of its own, and nothing else; what runs came to is shared by all of them.
"""

# ruff: noqa: N802 - a component is named as one
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import solara

from sim.language import _
from sim.view.dashboard import acts
from sim.view.dashboard.acts import Tab
from sim.view.dashboard.library import library
from sim.view.dashboard.link import arrived
from sim.view.dashboard.newest import Newest
from sim.view.dashboard.panels import WhichRun, bar, left, middle
from sim.view.dashboard.player import RunPlayer
from sim.view.dashboard.words import run_words
from sim.view.dashboard.work import OneRun, answered, one_run, report

STYLE = Path(__file__).with_name("style.css")
QUIET = 0.4  # seconds without a move, before a run is made ready to be played
Wish = TypeVar("Wish")
Gift = TypeVar("Gift")


@solara.component
def Layout(children: list[Any] = []) -> Any:  # noqa: B006 - as the framework hands them over
    """Nothing around the page."""
    return solara.Div(children=children)


@solara.component
def Page() -> None:
    """One tab."""
    query = solara.use_router().search
    tab = solara.use_reactive(solara.use_memo(lambda: _arrived(query), []))
    found, frames = solara.use_reactive((None, {})), solara.use_reactive({})
    made = solara.use_reactive((0, {}))
    now, desk = tab.value, tab.value.desk

    def step(given: dict[str, Any]) -> None:
        tab.value = acts.stepped(tab.value, given, library())
        if given.get("what") in ("kept", "dismiss"):
            made.value = (made.value[0], {})

    def move(given: dict[str, Any]) -> None:
        tab.value = acts.moved(tab.value, given)

    wanted = OneRun(desk.scenario, desk.seed, now.run)
    asked, question = (now.reports, desk), desk.question
    busy = found.value[0] != question
    _use_newest(answered, lambda wish, gift: found.set((wish.question, gift)), desk, [question])
    # The run comes after the answer, and not for what a slider merely passes.
    settled = not busy and not desk.moving
    _use_newest(one_run, lambda _wish, gift: frames.set(gift), wanted, [wanted], settled, QUIET)
    _use_newest(
        _numbered_report, lambda _wish, gift: made.set(gift), asked, [now.reports], now.reports > 0
    )
    solara.Title(_("{title} · mufakat", title=desk.scenario.title or desk.opened.name))
    solara.Style(STYLE)
    trouble = frames.value.get("trouble", "")
    file = now.file or made.value[1]
    with solara.Div(classes=["desk"]):
        bar(now, file, made.value[0] < now.reports, step)
        with solara.Div(classes=["columns"]):
            with solara.Div(classes=["column", "levers"]):
                left(now, move)
            with solara.Div(classes=["column", "answer"]):
                middle(desk, found.value[1], busy, step)
            with solara.Div(classes=["column", "run"]):
                WhichRun(words=run_words(), number=now.run, trouble=trouble, event_stepped=step)
                if frames.value and not trouble:
                    RunPlayer(frames=frames.value)


def _arrived(query: str | None) -> Tab:
    """The state that the address of a new tab asks for."""
    desk, notes = arrived(query, library())
    return Tab(desk, notes)


def _numbered_report(asked: tuple[int, Any]) -> tuple[int, dict[str, str]]:
    """The report that was asked for, with its number."""
    number, desk = asked
    return number, report(desk)


def _use_newest(
    work: Callable[[Wish], Gift],
    give: Callable[[Wish, Gift], None],
    wish: Wish,
    changes: list[Any],
    wanted: bool = True,
    quiet: float = 0.0,
) -> None:
    """Carry out the newest wish in the background, as soon as something changes."""
    newest = solara.use_memo(lambda: Newest(work, give, quiet), [])
    solara.use_effect(lambda: newest.close, [])
    solara.use_effect(lambda: newest.ask(wish) if wanted else None, [*changes, wanted])
