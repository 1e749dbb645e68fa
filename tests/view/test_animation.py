"""A run that moves shows each month as the tables have it."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.animation import PillowWriter
from matplotlib.colors import to_hex
from PIL import Image

from sim.scenario import SECTORS
from sim.view.plots.overview import MAX_FRAMES, Scene, animate, frame_months
from sim.view.plots.style import our_style
from tests.view.drawn import NON_LATIN, played


def count(file: Path) -> int:
    with Image.open(file) as picture:
        return int(getattr(picture, "n_frames", 1))


def test_a_gif_has_a_frame_a_month(tmp_path: Path) -> None:
    run, file = played("team", horizon=16), tmp_path / "team.gif"
    assert run.animate(file) is None
    assert count(file) == len(run.rounds) == 16
    once = file.read_bytes()
    animate(run, file)
    assert file.read_bytes() == once


def test_a_long_run_has_few_frames_and_a_small_file(tmp_path: Path) -> None:
    run, file = played("river_basin"), tmp_path / "river.gif"
    run.animate(file, per_second=20)
    assert count(file) == len(frame_months(len(run.rounds))) <= MAX_FRAMES
    assert file.stat().st_size < 3_000_000


def test_a_run_without_rounds_has_one_frame(tmp_path: Path) -> None:
    run = played(stakeholders__incentive=0.0, stakeholders__incentive_sd=0.0)
    run.animate(tmp_path / "nothing.gif")
    assert count(tmp_path / "nothing.gif") == 1


def test_without_a_path_the_animation_is_returned(tmp_path: Path) -> None:
    found = played("team", horizon=3).animate()
    assert found is not None
    found.save(tmp_path / "own.gif", writer=PillowWriter(fps=5), dpi=40)
    assert count(tmp_path / "own.gif") == 3


@pytest.mark.parametrize("phase", ["listening", "debate", "action"])
@pytest.mark.parametrize("place", [0, 2, -1])
def test_a_month_is_shown_as_the_tables_have_it(phase: str, place: int) -> None:
    run = played("river_basin")
    month = int(run.rounds.loc[run.rounds["phase"] == phase, "round"].iloc[place])
    with our_style(run):
        scene = Scene(run)
        scene.show(month)
    now = run.paths[run.paths["round"] == month].reset_index(drop=True)
    row = run.rounds.iloc[month - 1]
    for sector in SECTORS:
        rows, wants, argues = scene.people[sector]
        own = now.loc[rows]
        there = own["at_table"].to_numpy(dtype=bool)
        np.testing.assert_array_equal(wants.get_offsets(), own[["interest_x", "interest_y"]])
        shown = np.ma.filled(argues.get_offsets(), np.nan)
        np.testing.assert_array_equal(shown[there], own[there][["position_x", "position_y"]])
        assert np.isnan(shown[~there]).all()
        objects = [to_hex(face) == "#ffffff" for face in argues.get_facecolor()]
        assert objects == (own["accepts"] == False).fillna(False).tolist()  # noqa: E712
    width = {"listening": "understanding", "debate": "accepting", "action": "step"}
    assert scene.filled.get_width() == row[width[row["phase"]]]
    assert row["phase"] in scene.when.get_text()


@given(st.integers(0, 5_000), st.integers(2, 200))
def test_frames_are_few_and_have_both_ends(months: int, most: int) -> None:
    shown = frame_months(months, most)
    assert len(shown) <= most
    assert shown == sorted(set(shown))
    if months:
        assert (shown[0], shown[-1]) == (1, months)


def test_names_in_any_script_move(tmp_path: Path) -> None:
    import sim

    people = [{"name": n, "sector": SECTORS[i % 4]} for i, n in enumerate(NON_LATIN)]
    run = sim.run(sim.Scenario(title="水 $", listed=people, horizon=3))
    run.animate(tmp_path / "any.gif")
    assert count(tmp_path / "any.gif") == 3


@pytest.mark.parametrize("per_second", [0, -1.0, float("nan")])
def test_a_speed_that_is_none_is_refused(per_second: float, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="more than 0"):
        played("team").animate(tmp_path / "run.gif", per_second=per_second)
    assert list(tmp_path.iterdir()) == []
