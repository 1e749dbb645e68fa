"""The run player in a browser: it plays, pauses and steps by keyboard, with the network shut."""

import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from sim.view.dashboard.player_data import player_frames
from tests.view.drawn import played

pytest.importorskip("solara", reason="needs solara: pip install 'mufakat[dashboard]'")
pytest.importorskip("playwright", reason="needs playwright")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
if CHROMIUM is None:
    pytest.skip("needs chromium on the path", allow_module_level=True)

PAGE = """
import json
from pathlib import Path

import solara

from sim.view.dashboard.page import RunPlayer

RUNS = json.loads(Path({file!r}).read_text("utf-8"))


@solara.component
def Page():
    which, choose = solara.use_state(0)
    RunPlayer(RUNS[which])
    solara.Button("another run", on_click=lambda: choose((which + 1) % len(RUNS)))
"""
WATCH = """() => {
  window.seen = [];
  window.spoken = 0;
  const player = document.querySelector(".player");
  new MutationObserver(() => requestAnimationFrame((now) => seen.push([now, +player.dataset.at])))
    .observe(player, { attributes: true, attributeFilter: ["data-at"] });
  new MutationObserver(() => { spoken += 1; })
    .observe(document.querySelector("[aria-live=polite]"), { childList: true, subtree: true });
}"""

NAME = """() => {
  const here = document.activeElement;
  return here.ariaLabel || (here.labels?.[0] || here).innerText.trim().split("\\n").pop().trim();
}"""


OTHER = played("team")
EMPTY = played("baseline", stakeholders__incentive=0.0, stakeholders__incentive_sd=0.0)


@pytest.fixture(scope="module")
def frames() -> dict[str, Any]:
    return player_frames(played("river_basin"))


@pytest.fixture(scope="module")
def address(
    frames: dict[str, Any], tmp_path_factory: pytest.TempPathFactory, root: Path
) -> Iterator[str]:
    """A page with the player alone, served from this machine."""
    folder = tmp_path_factory.mktemp("player")
    runs = [frames, player_frames(OTHER), player_frames(EMPTY)]
    (folder / "runs.json").write_text(json.dumps(runs), "utf-8")
    (folder / "page.py").write_text(PAGE.format(file=str(folder / "runs.json")), "utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "solara", "run", "page.py", "--host", "127.0.0.1",
             "--port", str(port), "--no-open", "--production"],
            cwd=folder, env={**os.environ, "PYTHONPATH": str(root)}, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            yield _answering(f"http://127.0.0.1:{port}/", server, folder / "log")
        finally:
            server.terminate()
            server.wait(20)


def _answering(address: str, server: "subprocess.Popen[bytes]", log: Path) -> str:
    until = time.monotonic() + 60
    while time.monotonic() < until and server.poll() is None:
        try:
            with urlopen(address, timeout=5):
                return address
        except (URLError, TimeoutError):
            time.sleep(0.2)
    raise AssertionError(log.read_text("utf-8"))


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    """The player as it is opened, 1280 pixels wide; whatever asks for another machine is noted."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.abroad, page.faults = [], []

    def gate(route: Any) -> None:
        if route.request.url.startswith((address, "data:", "blob:")):
            route.continue_()
        else:
            page.abroad.append(route.request.url)
            route.abort()

    page.route("**/*", gate)
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.goto(address)
    page.wait_for_selector(".player[data-at]", timeout=60_000)
    yield page
    assert page.abroad == []
    assert page.faults == []
    page.close()


def at(page: Any) -> int:
    return int(page.get_attribute(".player", "data-at"))


def playing(page: Any) -> bool:
    return bool(page.get_attribute(".player", "data-playing") == "true")


def unfolded(rows: list[Any], place: int) -> list[int]:
    return next(row for row in rows[place::-1] if row is not None)


def require_shown(page: Any, frames: dict[str, Any], frame: int) -> None:
    """The page shows this frame: its words, positions, ring, ties, meters and minutes."""
    assert at(page) == frame
    assert page.text_content(".when") == frames["when"][frame]
    assert page.input_value(".player input[type=range]") == str(frame)
    page.wait_for_timeout(60)  # no transition is under way
    shown = page.eval_on_selector_all(
        ".stands > g", "all => all.map(g => [g.style.transform, g.style.display !== 'none'])"
    )
    places, state = unfolded(frames["positions"], frame), unfolded(frames["plane"], frame)
    wanted = [
        (places[2 * k] / 10, 100 - places[2 * k + 1] / 10, there > 0)
        for k, there in enumerate(state)
    ]
    found = [
        (*(float(v.strip("px ")) for v in transform[10:-1].split(",")), is_there)
        for transform, is_there in shown
    ]
    for one, other in zip(found, wanted, strict=True):
        assert one == pytest.approx(other)
    ring = unfolded(frames["ring"], frame)
    fills = page.eval_on_selector_all(".who > path", "all => all.map(p => p.getAttribute('fill'))")
    assert [fill != "#fff" for fill in fills] == [code > 0 for code in ring]
    drawn = page.eval_on_selector_all(
        ".ties", "all => all.map(p => (p.getAttribute('d').match(/M/g) || []).length)"
    )
    alive = sum(ring[one] > 0 and ring[other] > 0 for one, other in frames["ties"])
    assert sum(drawn) == alive > 0
    meters = page.eval_on_selector_all(
        ".meter", "all => all.filter(m => m.style.visibility !== 'hidden').map(m => m.innerText)"
    )
    assert [text.strip() for text in meters] == [words for *_, words in frames["meters"][frame]]
    told = page.eval_on_selector_all(
        ".minutes > div", "all => all.map(d => [d.offsetHeight > 0, d.classList.contains('now')])"
    )
    assert told == [[month <= frame, month == frame] for month, *_ in frames["minutes"]]


def test_it_opens_before_the_first_meeting(page: Any, frames: dict[str, Any]) -> None:
    require_shown(page, frames, 0)
    assert not playing(page)


def test_it_steps_by_keyboard(page: Any, frames: dict[str, Any]) -> None:
    last = len(frames["when"]) - 1
    page.focus(".player")
    for key, frame in (
        ("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("End", last), ("ArrowRight", last),
        ("ArrowLeft", last - 1), ("Home", 0), ("ArrowLeft", 0),
    ):  # fmt: skip
        page.keyboard.press(key)
        require_shown(page, frames, frame)


def test_it_plays_and_pauses_by_keyboard(page: Any, frames: dict[str, Any]) -> None:
    page.focus(".player")
    page.keyboard.press(" ")
    page.wait_for_function("+document.querySelector('.player').dataset.at >= 4")
    assert playing(page)
    page.keyboard.press(" ")
    here = at(page)
    page.wait_for_timeout(600)
    assert not playing(page)
    require_shown(page, frames, here)


@pytest.mark.slow
def test_every_control_is_reached_by_tab_and_named(page: Any) -> None:
    page.focus(".player")
    names = []
    for _stop in range(5):
        page.keyboard.press("Tab")
        names.append(page.evaluate(NAME))
    assert names == ["One round back", "Play", "One round on", "rounds a second", "Round"]
    page.keyboard.press("ArrowRight")  # on the slider
    assert at(page) == 1


@pytest.mark.slow
def test_the_slider_leads_to_any_round(page: Any, frames: dict[str, Any]) -> None:
    page.locator(".player input[type=range]").fill("150")
    require_shown(page, frames, 150)
    assert page.get_attribute(".player input", "aria-valuetext") == frames["when"][150]


def test_it_plays_at_the_chosen_speed_and_stops_at_the_end(
    page: Any, frames: dict[str, Any]
) -> None:
    page.select_option(".player select", "10")
    page.evaluate(WATCH)
    page.click(".play")
    page.wait_for_timeout(4000)
    seen = page.evaluate("seen")
    gaps = [later[0] - sooner[0] for sooner, later in pairwise(seen)][3:]
    assert statistics.median(gaps) == pytest.approx(100, abs=20)
    frames_seen = [frame for _now, frame in seen]
    assert frames_seen == sorted(set(frames_seen))
    page.locator(".player input[type=range]").fill(str(len(frames["when"]) - 4))
    page.click(".play")
    page.wait_for_function("document.querySelector('.player').dataset.playing === 'false'")
    require_shown(page, frames, len(frames["when"]) - 1)


@pytest.mark.slow
def test_who_listens_is_told_of_steps_but_not_of_every_round_that_plays(
    page: Any, frames: dict[str, Any]
) -> None:
    page.focus(".player")
    page.evaluate(WATCH)
    page.keyboard.press(" ")
    page.wait_for_function("+document.querySelector('.player').dataset.at >= 5")
    assert page.evaluate("spoken") == 0
    page.keyboard.press(" ")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("spoken") > 0
    said = page.text_content("[aria-live=polite]")
    assert said.startswith(frames["when"][at(page)])
    assert f"Month {at(page)}, " in said


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 768, 1280])
def test_nothing_is_cut_off(page: Any, frames: dict[str, Any], width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.focus(".player")
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    wide = page.eval_on_selector_all(
        ".player *",
        "all => all.filter(e => e.getBoundingClientRect().right > innerWidth + 1).length",
    )
    assert wide == 0
    require_shown(page, frames, len(frames["when"]) - 2)


@pytest.mark.slow
def test_another_run_takes_its_place_from_the_start(page: Any, frames: dict[str, Any]) -> None:
    page.focus(".player")
    page.keyboard.press("End")
    page.keyboard.press(" ")
    page.click("text=another run")
    other = player_frames(OTHER)
    page.wait_for_function(
        f"document.querySelector('.player input').max === '{len(other['when']) - 1}'"
    )
    require_shown(page, other, 0)
    page.focus(".player")
    page.keyboard.press("End")
    require_shown(page, other, len(other["when"]) - 1)
    page.click("text=another run")
    page.wait_for_function("document.querySelector('.player input').max === '1'")
    assert player_frames(EMPTY)["empty"] in page.inner_text(".player")
    assert page.locator(".player .plane").count() == 0
    page.click(".play")
    page.wait_for_function("document.querySelector('.player').dataset.at === '1'")
    assert "The collaboration dissolved before its first meeting" in page.inner_text(".minutes")
    page.click("text=another run")
    page.wait_for_function(f"document.querySelector('.player input').max > {len(other['when'])}")
    require_shown(page, frames, 0)


@pytest.mark.slow
def test_who_wants_no_motion_gets_none(page: Any, frames: dict[str, Any]) -> None:
    moving = "getComputedStyle(document.querySelector('.stands > g')).transitionProperty"
    assert page.evaluate(moving) == "transform"
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(moving) == "none"
    page.focus(".player")
    page.keyboard.press("ArrowRight")
    require_shown(page, frames, 1)
