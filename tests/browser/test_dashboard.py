"""The dashboard in a browser, clicked through as a person would, with the network shut."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.browser.conftest import answered, numbers, shoot, shows

Tab = Callable[..., Any]
FACILITATION = "#lever-leadership-facilitation"


def slide(page: Any, control: str, key: str, times: int = 1) -> None:
    """Move a slider by keys, and wait for the answer."""
    page.focus(control)
    for _time in range(times):
        page.keyboard.press(key)
    page.wait_for_selector('.row[data-setting="now"]', timeout=20_000)
    page.wait_for_timeout(150)  # a move is on its way for a moment before it is heard of
    answered(page)


def test_move_pin_play_save_reload_and_pass_on(tab: Tab, tmp_path: Path) -> None:
    page = tab()
    assert "scenario=musrenbang" in page.url
    first = numbers(page)
    shoot(page, "opened_1280")
    slide(page, FACILITATION, "End")
    page.click("#answer-pin")
    page.wait_for_selector('.row[data-setting="A"]')
    page.select_option("#lever-decision-rule", "majority")
    slide(page, "#lever-principles-deliberation", "ArrowRight", 3)
    moved = numbers(page)
    assert len(moved) == 15  # start, A and now, of five outcomes
    assert page.locator(".verdicts .badge").count() == 10
    assert "Now " in page.inner_text(".short")
    shoot(page, "compared_1280")

    with page.expect_download() as download:
        page.click("#bar-save")
    saved = tmp_path / "mine.toml"
    download.value.save_as(saved)
    assert 'rule = "majority"' in saved.read_text()

    page.click("#bar-link")
    page.wait_for_function("document.querySelector('.said').innerText.length > 5")
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == page.url
    page.reload()
    # What is pinned is no part of an address: start and now are.
    kept = [text for place, text in enumerate(moved) if place % 3 != 1]
    assert shows(page, kept)
    other = tab("?" + link.partition("?")[2])
    assert shows(other, kept)

    other.set_input_files("#bar-chosen", saved)
    other.wait_for_function("document.querySelector('#bar-open').value == 'mine.toml'")
    assert shows(other, kept[1::2])  # the file is the start now
    assert other.locator("[role=alert]").count() == 0
    other.click("#bar-undo")
    other.wait_for_selector("#bar-undo:disabled")  # to open it was the only step
    assert shows(other, kept)
    other.click("#bar-reset")
    assert shows(other, first)


def test_a_broken_file_and_a_bad_link_say_what_is_wrong(tab: Tab, tmp_path: Path) -> None:
    page = tab("?scenario=river_basin&trust.prehistory=7&seed=1")
    said = page.inner_text(".notes")
    assert "trust.prehistory in the link was not taken" in said
    assert "does not say which version" in said
    page.click("#bar-dismiss")
    page.wait_for_selector(".notes", state="detached")
    before = numbers(page)
    broken = tmp_path / "broken.toml"
    broken.write_text("title = 'x'\n[trust]\nprehistory = 1.7\n")
    page.set_input_files("#bar-chosen", broken)
    page.wait_for_selector(".notes")
    assert "broken.toml:3: trust.prehistory: must be a number (0 to 1)" in page.inner_text(".notes")
    shoot(page, "broken_1280", whole=False)
    assert numbers(page) == before
    assert page.input_value("#bar-open") == "river_basin"
    number = '[data-path="leadership.facilitation"] input[type=number]'
    page.fill(number, "7")
    page.press(number, "Enter")
    page.wait_for_selector(".refused")
    assert "0 to 1" in page.inner_text(".refused")
    assert numbers(page) == before


def test_two_tabs_do_not_disturb_each_other(tab: Tab) -> None:
    one, other = tab("?scenario=team&seed=1"), tab("?scenario=network&seed=1")
    before = numbers(other)
    slide(one, FACILITATION, "Home")
    slide(one, FACILITATION, "ArrowRight", 5)
    assert one.locator('.row[data-setting="now"]').count() == 5
    assert other.locator('.row[data-setting="now"]').count() == 0
    assert numbers(other) == before
    slide(other, FACILITATION, "End")
    assert one.input_value(FACILITATION) == "0.05"
    one.close()
    slide(other, FACILITATION, "Home")
    assert other.input_value(FACILITATION) == "0"
    other.evaluate("WebSocket.prototype.send = () => {}")  # as if the program had ended
    other.evaluate("const later = setTimeout; window.setTimeout = (act, ms) => later(act, ms / 20)")
    other.press(FACILITATION, "End")
    other.wait_for_selector(".silent", timeout=15_000)


def test_on_a_phone_all_is_named_and_reached_by_keys_and_the_tour_ends_in_the_sandbox(
    tab: Tab,
) -> None:
    page = tab("?scenario=baseline&seed=1", width=390, height=844)
    wide = "document.documentElement.scrollWidth - window.innerWidth"
    assert page.evaluate(wide) <= 0
    shoot(page, "opened_390")
    page.click("#levers-more")
    page.wait_for_selector("#lever-debate-mu")
    unnamed = page.evaluate(
        """[...document.querySelectorAll('.desk input, .desk select, .desk button')].filter(one =>
        !(one.labels && one.labels.length) && !one.getAttribute('aria-label')
        && !one.innerText.trim()).map(one => one.outerHTML.slice(0, 120))"""
    )
    assert unnamed == []
    page.focus("#bar-open")
    reached = set()
    for _press in range(40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id"))
    assert {"bar-link", "bar-tour", "lever-form-kind", FACILITATION[1:]} <= reached
    page.fill("#levers-find", "shirk")
    assert page.locator(".lever:visible").count() < 30
    assert page.evaluate(wide) <= 0
    page.click("#bar-tour")
    for step in range(10):
        page.wait_for_selector(f".tour >> text={step + 1} / 10")
        if step in (0, 3, 9):
            shoot(page, f"tour_{step + 1}_390", whole=False)
        assert page.evaluate(wide) <= 0
        page.keyboard.press("Enter")  # the focus is on the way on
    page.wait_for_selector(".tour", state="detached")
    slide(page, FACILITATION, "End")
    assert page.evaluate(wide) <= 0
    shoot(page, "moved_390")


def test_a_run_is_played_and_the_report_is_written(tab: Tab, tmp_path: Path) -> None:
    page = tab("?scenario=team&seed=1")
    assert page.is_disabled("#bar-report")
    slide(page, FACILITATION, "End")
    with page.expect_download(timeout=60_000) as download:
        page.click("#bar-report")
    download.value.save_as(tmp_path / "report.html")
    assert "What changes with now, instead of start?" in (tmp_path / "report.html").read_text()
    before = page.inner_text(".column.run")
    page.click("#run-another")
    page.wait_for_function(
        "value => document.querySelector('.column.run').innerText != value", arg=before
    )
    assert page.input_value("#run-number") == "1"
