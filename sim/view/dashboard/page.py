"""The page: levers at the left, the answer in the middle, one run at the right.

Each tab has its own :class:`~sim.view.dashboard.state.Tab`; the results of runs are shared. What a
component draws is in its ``.vue`` file; its texts are at the end of this file.
"""

# ruff: noqa: N802 - components have capital letters

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock, Thread
from typing import Any, Generic, NamedTuple, TypeVar

import solara

from sim.base.text import N_, _, _n
from sim.scenario import shipped
from sim.view.dashboard.answer import (
    COLOUR,
    RUNS,
    RunRequest,
    answer,
    idle_levers,
    one_run,
    report_file,
)
from sim.view.dashboard.files import MAX_BYTES, library
from sim.view.dashboard.levers import describe_levers
from sim.view.dashboard.state import (
    MAX_PINS,
    NOW,
    START,
    State,
    Tab,
    address,
    changes_text,
    move_lever,
    open_address,
    press_button,
)

STYLE = Path(__file__).with_name("style.css")
QUIET = 0.4  # seconds without a move before the run player gets its run
Handler = Callable[[Any], None]
Request = TypeVar("Request")
Result = TypeVar("Result")


@solara.component
def Layout(children: list[Any] = []) -> Any:  # noqa: B006 - as the framework hands them over
    """Leaves out the frame that Solara puts around a page."""
    return solara.Div(children=children)


@solara.component
def Page() -> None:
    """The page of one tab."""
    query = solara.use_router().search
    tab = solara.use_reactive(solara.use_memo(lambda: Tab(*open_address(query, library())), []))
    answered, frames = solara.use_reactive((None, {})), solara.use_reactive({})
    report = solara.use_reactive((0, {}))
    now, state = tab.value, tab.value.state

    def step(given: dict[str, Any]) -> None:
        tab.value = press_button(tab.value, given, library())
        if given.get("what") in ("kept", "dismiss"):
            report.value = (report.value[0], {})

    def move(given: dict[str, Any]) -> None:
        tab.value = move_lever(tab.value, given)

    question = state.question
    busy = answered.value[0] != question
    _use_latest(answer, lambda of, result: answered.set((of.question, result)), state, [question])
    # The run waits for the answer, and for the end of a drag.
    settled = not busy and not state.moving
    run = RunRequest(state.scenario, state.seed, now.run)
    _use_latest(
        one_run, lambda _run, result: frames.set(result), run, [run], ready=settled, quiet=QUIET
    )
    _use_latest(
        lambda request: (request[0], report_file(request[1])),
        lambda _request, result: report.set(result),
        (now.reports, state),
        [now.reports],
        ready=now.reports > 0,
    )
    solara.Title(_("{title} · mufakat", title=state.scenario.title or state.opened.name))
    solara.Style(STYLE)
    trouble = frames.value.get("trouble", "")
    file = now.file or report.value[1]
    with solara.Div(classes=["desk"]):
        _bar(now, file, report.value[0] < now.reports, step)
        with solara.Div(classes=["columns"]):
            with solara.Div(classes=["column", "levers"]):
                _levers(now, move)
            with solara.Div(classes=["column", "answer"]):
                _answer(state, answered.value[1], busy, step)
            with solara.Div(classes=["column", "run"]):
                WhichRun(words=_run_words(), number=now.run, trouble=trouble, event_stepped=step)
                if frames.value and not trouble:
                    RunPlayer(frames=frames.value)


def _use_latest(
    work: Callable[[Request], Result],
    deliver: Callable[[Request, Result], None],
    request: Request,
    changes: list[Any],
    *,
    ready: bool = True,
    quiet: float = 0.0,
) -> None:
    """Handle the latest request in the background whenever one of `changes` changes."""
    latest = solara.use_memo(lambda: LatestOnly(work, deliver, quiet), [])
    solara.use_effect(lambda: latest.close, [])
    solara.use_effect(lambda: latest.submit(request) if ready else None, [*changes, ready])


class LatestOnly(Generic[Request, Result]):
    """Handles requests one at a time in a thread, and of those that wait only the latest.

    Nothing piles up while a slider moves, and its last position is always answered. Solara's
    ``use_task`` does not replace it: it starts a thread for every request and lets the earlier ones
    run on, and of a slider that keeps moving it shows no answer.

    Parameters
    ----------
    work
        Returns the result of a request. It must not raise.
    deliver
        Takes a request and its result.
    quiet
        Seconds without a new request before the work starts.
    """

    def __init__(
        self,
        work: Callable[[Request], Result],
        deliver: Callable[[Request, Result], None],
        quiet: float = 0.0,
    ) -> None:
        self._work, self._deliver, self._quiet = work, deliver, quiet
        self._waiting: list[Request] = []
        self._busy = self._closed = False
        self._lock = Lock()

    def submit(self, request: Request) -> None:
        """Handle this request after the present one, instead of any that waits."""
        with self._lock:
            if self._closed:
                return
            self._waiting = [request]
            if self._busy:
                return
            self._busy = True
        Thread(target=self._run, daemon=True).start()

    def close(self) -> None:
        """Stop: deliver no further results."""
        with self._lock:
            self._closed = True
            self._waiting = []

    def _run(self) -> None:
        """Handle requests until none waits."""
        while True:
            self._wait()
            with self._lock:
                if not self._waiting:
                    self._busy = False
                    return
                request = self._waiting.pop()
            result = self._work(request)
            with self._lock:
                closed = self._closed
            if not closed:
                self._deliver(request, result)

    def _wait(self) -> None:
        """Wait until no request came for a while."""
        before: list[Request] | None = None
        while self._quiet and before is not self._waiting:
            before = self._waiting
            time.sleep(self._quiet)


def _bar(tab: Tab, file: Mapping[str, str], writing: bool, step: Handler) -> None:
    """The bar at the top; ``file`` is a file to save, or says why there is none."""
    state = tab.state
    notes = [*tab.notes, *([file["trouble"]] if "trouble" in file else [])]
    can = {
        "undo": bool(state.past),
        "reset": bool(state.changes),
        "report": len(state.settings) > 1,
    }
    Bar(
        words=_bar_words(), title=state.scenario.title or state.opened.name,
        about=" ".join(state.scenario.description.split()), name=state.opened.name,
        shipped=list(shipped()), seed=str(state.seed), address=address(state),
        notes=notes, file=dict(file) if "name" in file else {}, can=can, busy=writing,
        steps=tour_steps(), most_bytes=MAX_BYTES, event_stepped=step,
    )  # fmt: skip


def _levers(tab: Tab, move: Handler) -> None:
    """The levers, with the values of the present setting."""
    state = tab.state
    start = state.start
    described = solara.use_memo(lambda: describe_levers(start, idle_levers(start)), [start])
    paths = [one["path"] for one in described]
    Levers(
        words=_lever_words(), levers=described,
        values={path: state.scenario.value(path) for path in paths},
        start={path: state.start.value(path) for path in paths},
        refused=state.rejected._asdict() if state.rejected else {"path": "", "text": ""},
        answered=tab.heard, event_moved=move,
    )  # fmt: skip


def _answer(state: State, answer: dict[str, Any], busy: bool, step: Handler) -> None:
    """The last answer, marked as busy while a newer one is computed."""
    trouble = answer.get("trouble", "")
    Answer(
        words=_answer_words(), found={} if trouble else answer, settings=_settings(state),
        reference=state.reference, can_pin=_why_no_pin(state) == "", pin_why=_why_no_pin(state),
        busy=busy, trouble=trouble, event_stepped=step,
    )  # fmt: skip


def _settings(state: State) -> list[dict[str, Any]]:
    """Return the settings that are compared: name, label, colour and changes of each."""
    here = state.opened.name
    pins = {
        pin.letter: pin.changes if pin.opened == here else f"{pin.opened}: {pin.changes}"
        for pin in state.pins
    }
    texts = {**pins, NOW: changes_text(state)}
    return [
        {
            "name": name,
            "label": _(name) if name in (START, NOW) else name,
            "colour": COLOUR[name],
            "told": texts.get(name, _("as opened")),
            "pinned": name in pins,
        }
        for name in state.settings
    ]


def _why_no_pin(state: State) -> str:
    """Return why the present setting cannot be pinned; empty if it can."""
    if NOW not in state.settings:
        return _("this setting is there already: change a value first")
    if len(state.pins) >= MAX_PINS:
        return _("there is room for three: unpin one first")
    return ""


@solara.component_vue("bar.vue", vuetify=False)
def Bar(
    words: dict[str, str], title: str, about: str, name: str, shipped: list[str], seed: str,
    address: str, notes: list[str], file: dict[str, str], can: dict[str, bool], busy: bool,
    steps: list[dict[str, str]], most_bytes: int, event_stepped: Handler,
) -> None:  # fmt: skip
    """The open scenario and the buttons."""


@solara.component_vue("levers.vue", vuetify=False)
def Levers(
    words: dict[str, str], levers: list[dict[str, Any]], values: dict[str, Any],
    start: dict[str, Any], refused: dict[str, str], answered: int, event_moved: Handler,
) -> None:  # fmt: skip
    """The levers."""


@solara.component_vue("answer.vue", vuetify=False)
def Answer(
    words: dict[str, str], found: dict[str, Any], settings: list[dict[str, Any]], reference: str,
    can_pin: bool, pin_why: str, busy: bool, trouble: str, event_stepped: Handler,
) -> None:  # fmt: skip
    """The outcomes of all runs, and the verdicts."""


@solara.component_vue("run.vue", vuetify=False)
def WhichRun(words: dict[str, str], number: int, trouble: str, event_stepped: Handler) -> None:
    """The number of the run in the player."""


def _as_text(frames: dict[str, Any], _widget: object) -> str:
    """Return the frames as one text, which is faster than a tree of values to send and to read."""
    return json.dumps(frames, separators=(",", ":"), allow_nan=False)


@solara.component_vue("player.vue", vuetify=False, to_json={"frames": _as_text})
def _Player(frames: dict[str, Any]) -> None:
    """The component itself, which accepts keyword arguments only."""


@solara.component
def RunPlayer(frames: dict[str, Any]) -> None:
    """Plays a run: the policy plane, the network, the minutes, and a timeline.

    The browser plays it without the server. Space plays and pauses, arrows step.

    Parameters
    ----------
    frames
        The run, from :func:`sim.view.dashboard.player_data.player_frames`.
    """
    _Player(frames=frames)


def _bar_words() -> dict[str, str]:
    """Return the texts of the bar at the top."""
    return {
        "lang": _("en"),
        "kicker": _("mufakat: what if? A simulation of collaborative governance"),
        "open": _("Scenario"),
        "open_file": _("Open a file …"),
        "undo": _("Undo"),
        "reset": _("Reset"),
        "copy": _("Copy link"),
        "copied": _(
            "The link is copied: the present setting, without what is pinned. It opens on any "
            "computer on which mufakat explore runs."
        ),
        "by_hand": _("Copy this:"),
        "save": _("Save"),
        "saved": _("{name} is among your downloads."),
        "report": _("Report"),
        "writing": _("Writing the report …"),
        "no_report": _("A report compares: change a value first"),
        "seed": _("Seed"),
        "seed_means": _("another seed is another world of chance, the same for all settings"),
        "too_large": _("That is too large to be a scenario."),
        "tour": _("Tour"),
        "leave": _("Leave the tour"),
        "back": _("Back"),
        "next": _("Next"),
        "begin": _("Begin"),
        "dismiss": _("Dismiss"),
    }


def _lever_words() -> dict[str, str]:
    """Return the texts of the levers."""
    return {
        "levers": _("What if …"),
        "levers_how": _("Every value can be moved; what it means stands below it."),
        "silent": _(
            "No answer comes: the numbers below are of an earlier setting. If mufakat explore has "
            "ended, start it again, and load this page again."
        ),
        "more": _("More values"),
        "find": _("Find"),
        "exactly": _("exactly"),
        "was": _("as opened:"),
        "put_back": _("put back"),
        "none": _("none"),
        "yes": _("yes"),
        "no": _("no"),
    }


def _answer_words() -> dict[str, str]:
    """Return the texts of the answer."""
    return {
        "answer": _("… then"),
        "basis": _n("{count} run of each setting", "{count} runs of each setting", RUNS),
        "computing": _("computing …"),
        "pin": _("Pin this setting"),
        "unpin": _("unpin"),
        "against": _("held against"),
        "nothing_yet": _(
            "This is the scenario as it was opened. Move a value: what changes with it, and how "
            "sure that is, is said here."
        ),
        "others": _("and the pinned settings"),
        "exactly": _("in numbers"),
        "hills": _(
            "Hills: how often single runs come to each value. Mark and bar: the mean with its 95 % "
            "interval. Runs of the same number share their luck in all settings, so differences "
            "are known better than the bars suggest; the verdicts allow for that, and for looking "
            "at several outcomes at once, but not for settings that you tried before. A run that "
            "never agrees has no months to agreement, inequity or delivery: means leave it out, "
            "and verdicts rest on pairs in which both runs have the number."
        ),
    }


def _run_words() -> dict[str, str]:
    """Return the texts above the run player."""
    return {
        "title": _("One run of this setting"),
        "run": _("Run"),
        "before": _("Run before"),
        "another": _("Another run"),
        "how": _("One course of events of many; another number is another course."),
    }


class TourStep(NamedTuple):
    """One step of the tour: the part of the page it is about, a heading and a text."""

    part: str
    title: str
    text: str


TOUR = (
    TourStep("", N_("What if?"), N_(
        "Move a value of a collaboration, and see what 500 simulated runs of it come to. Nothing "
        "here can be broken: undo takes back every step.")),
    TourStep("open", N_("A scenario is open"), N_(
        "It says who meets, in which form, about what. Choose another one here, or open a file of "
        "your own.")),
    TourStep("levers", N_("The values that are asked about most"), N_(
        "Drag a slider, use the arrow keys, or type a number. Under “More values” are all others, "
        "each with its meaning.")),
    TourStep("answer", N_("The answer, in five outcomes"), N_(
        "The hills show how far single runs lie apart. The upright mark is the mean, and the "
        "bar through it the range in which the true mean lies, 95 times of 100.")),
    TourStep("verdicts", N_("What differs, and how sure that is"), N_(
        "A difference is called one only if chance is an unlikely cause. “Open” means: these "
        "runs cannot tell, not that there is none.")),
    TourStep("pin", N_("Pin what you want to keep"), N_(
        "Up to three settings stay in the picture, each under its letter, while you go on "
        "changing values.")),
    TourStep("run", N_("One run, month by month"), N_(
        "Averages hide the story. Play a single run: who trusts whom, where the draft moves, what "
        "the minutes say.")),
    TourStep("link", N_("Pass it on"), N_(
        "“Copy link” holds what you changed and the seed: whoever opens it where mufakat runs sees "
        "these numbers. “Save” writes a scenario file, “Report” a page to print.")),
    TourStep("", N_("It is a model, not a forecast"), N_(
        "It shows what follows from its assumptions. Use it to find questions and to compare ways, "
        "not to predict a date or a sum.")),
    TourStep("levers", N_("The sandbox is yours"), N_(
        "Start with one value. Move it, look, undo, and move another.")),
)  # fmt: skip


def tour_steps() -> list[dict[str, str]]:
    """Return the steps of the tour in the language of the reader.

    >>> len(tour_steps()) <= 10
    True
    """
    return [{"part": step.part, "title": _(step.title), "text": _(step.text)} for step in TOUR]
