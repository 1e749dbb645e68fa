"""The parts of the page that a person sees: what is drawn stands in the ``.vue`` file of each."""

# ruff: noqa: N802 - a component is named as one
from collections.abc import Callable, Mapping
from typing import Any

import solara

from sim.language import _
from sim.scenario import shipped
from sim.view.dashboard import levers
from sim.view.dashboard.acts import Tab
from sim.view.dashboard.desk import MOST_PINS, NOW, Desk, told
from sim.view.dashboard.idle import idle
from sim.view.dashboard.library import MOST_BYTES
from sim.view.dashboard.link import address
from sim.view.dashboard.pictures import COLOUR
from sim.view.dashboard.tour import steps
from sim.view.dashboard.words import answer_words, bar_words, lever_words, setting_words

Step = Callable[[Any], None]


@solara.component_vue("bar.vue", vuetify=False)
def Bar(
    words: dict[str, str], title: str, about: str, name: str, shipped: list[str], seed: str,
    address: str, notes: list[str], file: dict[str, str], can: dict[str, bool], busy: bool,
    steps: list[dict[str, str]], most_bytes: int, event_stepped: Step,
) -> None:  # fmt: skip
    """What is open, and what can be done with it."""


@solara.component_vue("levers.vue", vuetify=False)
def Levers(
    words: dict[str, str], levers: list[dict[str, Any]], values: dict[str, Any],
    start: dict[str, Any], refused: dict[str, str], answered: int, event_moved: Step,
) -> None:  # fmt: skip
    """All controls."""


@solara.component_vue("answer.vue", vuetify=False)
def Answer(
    words: dict[str, str], found: dict[str, Any], settings: list[dict[str, Any]], reference: str,
    can_pin: bool, pin_why: str, busy: bool, trouble: str, event_stepped: Step,
) -> None:  # fmt: skip
    """What all runs came to."""


@solara.component_vue("run.vue", vuetify=False)
def WhichRun(words: dict[str, str], number: int, trouble: str, event_stepped: Step) -> None:
    """Which run is played."""


def bar(tab: Tab, file: Mapping[str, str], writing: bool, step: Step) -> None:
    """The bar at the top; ``file`` is to be kept, or says why there is none."""
    desk = tab.desk
    notes = [*tab.notes, *([file["trouble"]] if "trouble" in file else [])]
    can = {
        "undo": bool(desk.past),
        "reset": bool(desk.changes),
        "report": len(desk.settings) > 1,
    }
    Bar(
        words=bar_words(), title=desk.scenario.title or desk.opened.name,
        about=" ".join(desk.scenario.description.split()), name=desk.opened.name,
        shipped=list(shipped()), seed=str(desk.seed), address=address(desk),
        notes=notes, file=dict(file) if "name" in file else {}, can=can, busy=writing,
        steps=steps(), most_bytes=MOST_BYTES, event_stepped=step,
    )  # fmt: skip


def left(tab: Tab, move: Step) -> None:
    """All controls, with the values of the present setting."""
    desk = tab.desk
    start = desk.start
    described = solara.use_memo(lambda: levers.described(start, idle(start)), [start])
    paths = [one["path"] for one in described]
    Levers(
        words=lever_words(), levers=described,
        values={path: desk.scenario.value(path) for path in paths},
        start={path: desk.start.value(path) for path in paths},
        refused=desk.refused._asdict() if desk.refused else {"path": "", "text": ""},
        answered=tab.heard, event_moved=move,
    )  # fmt: skip


def middle(desk: Desk, found: dict[str, Any], busy: bool, step: Step) -> None:
    """What all runs came to: of the setting that was asked for last, if that is not there yet."""
    trouble = found.get("trouble", "")
    Answer(
        words=answer_words(), found={} if trouble else found, settings=_settings(desk),
        reference=desk.reference, can_pin=_why_no_pin(desk) == "", pin_why=_why_no_pin(desk),
        busy=busy, trouble=trouble, event_stepped=step,
    )  # fmt: skip


def _settings(desk: Desk) -> list[dict[str, Any]]:
    """The settings that are compared, by name, with what each is."""
    here = desk.opened.name
    pins = {
        pin.letter: pin.told if pin.opened == here else f"{pin.opened}: {pin.told}"
        for pin in desk.pins
    }
    said = {**pins, NOW: told(desk)}
    return [
        {
            "name": name,
            "label": setting_words().get(name, name),
            "colour": COLOUR[name],
            "told": said.get(name, _("as opened")),
            "pinned": name in pins,
        }
        for name in desk.settings
    ]


def _why_no_pin(desk: Desk) -> str:
    """Why the present setting cannot be pinned; nothing if it can."""
    if NOW not in desk.settings:
        return _("this setting is there already: change a value first")
    if len(desk.pins) >= MOST_PINS:
        return _("there is room for three: unpin one first")
    return ""
