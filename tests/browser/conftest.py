"""A dashboard that is served, and one browser, which cannot reach any other computer.

Both end with the last test of a file: while a browser is driven, an event loop runs in this thread,
which what comes after (a notebook, say) could not bear.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

try:
    from playwright.sync_api import sync_playwright
except ImportError:  # in an environment that only runs the model
    sync_playwright = None

CHROMIUM = shutil.which("chromium")
ROOT = Path(__file__).parents[2]
SHOTS = ROOT / "results" / "dashboard"  # to be looked at; not kept by git
ALONE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip all of it where there is no browser, and say so."""
    if CHROMIUM is None or sync_playwright is None:
        reason = "no chromium here (apt-get install chromium), or no playwright"
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(pytest.mark.skip(reason=reason))


class Served:
    """The dashboard in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "log.txt"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "sim", "explore", "--no-browser"],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        assert "ready: http://127.0.0.1:" in said, said + self.log.read_text()
        self.address = said.split()[4]

    def memory(self) -> float:
        """MiB that it has in memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    made = Served(tmp_path_factory.mktemp("served"))
    yield made
    made.process.terminate()
    made.process.communicate(timeout=20)
    assert "Traceback" not in made.log.read_text(), made.log.read_text()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_playwright() as started:
        opened = started.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage", ALONE]
        )
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def profile(browser: Any) -> Iterator[Any]:
    """What the tabs of one person share: cookies, a cache, the clipboard."""
    made = browser.new_context(accept_downloads=True)
    made.grant_permissions(["clipboard-read", "clipboard-write"])
    yield made
    made.close()


@pytest.fixture
def tab(served: Served, profile: Any) -> Iterator[Callable[..., Any]]:
    """A function that opens a tab and waits for its answer; nothing may go wrong in any of them."""
    wrong: list[str] = []
    pages = []

    def failed(request: Any) -> None:
        if "/_solara/api/close/" not in request.url:  # a tab that goes says so, and waits for none
            wrong.append(f"failed: {request.url}")

    def asked(request: Any) -> None:
        if not request.url.startswith((served.address, "data:", "blob:")):
            wrong.append(f"abroad: {request.url}")

    def opened(query: str = "", width: int = 1280, height: int = 900) -> Any:
        page = profile.new_page()
        pages.append(page)
        page.set_viewport_size({"width": width, "height": height})
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.on("requestfailed", failed)
        page.on("request", asked)
        page.goto(served.address + query)
        answered(page)
        return page

    yield opened
    for page in pages:
        page.close()
    assert wrong == []


def answered(page: Any) -> None:
    """Wait until the answer is that of the present setting."""
    page.wait_for_selector(".outcome", timeout=30_000)
    page.wait_for_selector('.answer[aria-busy="false"]', timeout=30_000)


def numbers(page: Any) -> list[str]:
    """All numbers of the answer, as they are read."""
    return list(page.locator(".outcome .number").all_inner_texts())


def shows(page: Any, wanted: list[str], seconds: float = 20) -> bool:
    """Whether the page comes to show these numbers: its parts change one after the other."""
    until = time.monotonic() + seconds
    while numbers(page) != wanted and time.monotonic() < until:
        page.wait_for_timeout(50)
    return numbers(page) == wanted


def shoot(page: Any, name: str, *, whole: bool = True) -> None:
    """Keep a picture of the page, to be looked at."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=whole)
