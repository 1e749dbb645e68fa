"""One page a run: whole, the same bytes, and without a trace in matplotlib's own state."""

import io
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl
import pytest
from hypothesis import given, settings
from matplotlib.text import Text
from PIL import Image

import sim
from sim.scenario import SECTORS, Scenario
from sim.view import plots
from sim.view.plots.overview import key_numbers, sheet, sheet_bytes
from sim.view.plots.style import MISSING_GLYPH, OTHER_FONTS, SMALL
from tests.strategies import scenarios
from tests.view.drawn import NON_LATIN, missing, played, words

DRAWS = (
    plots.support,
    plots.membership,
    plots.trust,
    plots.trust_in_sectors,
    plots.network,
    plots.policy_plane,
    plots.pool,
    plots.delivery,
    plots.funds,
)


@given(scenarios())
@settings(max_examples=8)
def test_any_run_can_be_drawn(scenario: Scenario) -> None:
    run = sim.run(scenario)
    for draw in DRAWS:
        draw(run)
    assert sheet_bytes(run, "svg")


@pytest.mark.parametrize("name", ["river_basin", "team", "budget_cut"])
def test_a_page_has_nothing_outside_it_and_nothing_too_small(name: str) -> None:
    page = sheet(played(name))
    page.canvas.draw()
    whole = page.bbox.padded(1)
    for text in page.findobj(Text):
        if text.get_text() and text.get_visible():
            box = text.get_window_extent()
            assert whole.containsx(box.x0), text
            assert whole.containsx(box.x1), text
            assert whole.containsy(box.y0), text
            assert whole.containsy(box.y1), text
            assert text.get_fontsize() >= SMALL


def test_the_page_says_what_came_of_it() -> None:
    run = played("river_basin")
    page = words(sheet(run))
    assert "The basin of the River Maruvi" in page
    assert "seed 1, run 0" in page
    month = int(run.outcomes["months_to_agreement"])
    assert f"agreement in month {month} " in key_numbers(run)
    assert f"{run.outcomes['delivery']:.0%} delivered" in page
    several = sim.run(sim.load("musrenbang"), run=4)
    assert f"on average {several.outcomes['coverage']:.0%} of the need" in key_numbers(several)
    assert "on average" not in key_numbers(played("musrenbang", cycles=1))
    assert key_numbers(played(decide=False)).startswith("no decision asked for")
    stuck = played("network", form__deadline=2, cycles=1, stakeholders__immovable_share=0.5)
    assert key_numbers(stuck).startswith("no agreement")


def test_a_run_without_any_round_has_a_page() -> None:
    run = played(stakeholders__incentive=0.0, stakeholders__incentive_sd=0.0)
    page = sheet(run)
    assert missing(page).count("dissolved before its first meeting") == 6
    assert "dissolved before the first meeting" in words(page)


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_the_same_run_gives_the_same_bytes(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run = played("team")
    first = sheet_bytes(run, kind)  # type: ignore[arg-type]
    monkeypatch.setitem(mpl.rcParams, "font.size", 20.0)
    monkeypatch.setitem(mpl.rcParams, "axes.facecolor", "black")
    monkeypatch.setitem(mpl.rcParams, "savefig.dpi", 30)
    before = dict(mpl.rcParams)
    with ThreadPoolExecutor(2) as pool:
        again = list(pool.map(sheet_bytes, [run] * 2, [kind] * 2))
    assert again == [first] * 2
    assert dict(mpl.rcParams) == before


def test_bytes_are_a_picture() -> None:
    run = played("team")
    with Image.open(io.BytesIO(sheet_bytes(run, "png"))) as picture:
        assert picture.size == (1753, 1240)
    svg = sheet_bytes(run, "svg")
    ElementTree.fromstring(svg)
    assert b"A team of delegates" in svg  # text stays text
    assert b"matplotlib.org" not in svg
    assert len(svg) < 500_000
    with pytest.raises(ValueError, match='"png" or "svg"'):
        sheet_bytes(run, "pdf")  # type: ignore[arg-type]


def test_very_many_stakeholders_make_no_huge_file() -> None:
    counts = {f"stakeholders__{sector}__count": 75 for sector in SECTORS}
    run = played("network", horizon=40, **counts)
    assert len(sheet_bytes(run, "svg")) < 1_000_000


def test_names_in_any_script_are_drawn_without_a_warning() -> None:
    listed = [{"name": name, "sector": SECTORS[place % 4]} for place, name in enumerate(NON_LATIN)]
    run = sim.run(
        Scenario(
            title="水の協議 $1 and $2",
            listed=listed,
            problem={
                "axes": [{"name": "軸 $a$", "low": "小", "high": "$"}, {"name": "ص"}],
                "options": [{"name": "ダム"}, {"name": "$q$"}],
            },
        )
    )
    page = words(sheet(run))
    assert "Кооператив" in page
    assert "$x_{1}$" in page
    assert MISSING_GLYPH in page
    for kind in ("png", "svg"):
        assert sheet_bytes(run, kind)  # type: ignore[arg-type]
    for draw in DRAWS:
        draw(run)


def test_other_fonts_are_used_where_they_are_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    letter = "\u2903"  # an arrow: not in DejaVu Sans, but in another font that matplotlib brings
    scenario = sim.load("team").variant({"title": f"{letter} team"})
    run = sim.run(scenario.variant({"horizon": 3}))
    assert MISSING_GLYPH in words(sheet(run))
    monkeypatch.setattr("sim.view.plots.style.OTHER_FONTS", (*OTHER_FONTS, "DejaVu Serif"))
    assert f"{letter} team" in words(sheet(run))
    assert b"DejaVu Serif" in sheet_bytes(run, "svg")


def test_pyplot_is_left_alone() -> None:
    program = """
import sys, sim
run = sim.run(sim.load("team").variant({"horizon": 3}))
assert "matplotlib" not in sys.modules
page = run.plot()
from sim.view.plots.overview import sheet_bytes
sheet_bytes(run, "png")
assert page._repr_png_().startswith(b"\\x89PNG")
assert "matplotlib.pyplot" not in sys.modules
"""
    root = Path(sim.__file__).parents[1]
    subprocess.run([sys.executable, "-W", "error", "-c", program], cwd=root, check=True)
