"""The minutes and the sheet that the README shows are those of the present model.

``make golden`` writes them anew, in the README as well, after a change that is meant.
"""

import io
import os
import re
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest

import sim
from sim.api.run import Run
from sim.view.plots import sheet_bytes

GOLDEN = Path(__file__).parents[1] / "golden"
BLOCK = re.compile(r"(?<=<!-- minutes -->\n).*?(?=<!-- end -->)", re.DOTALL)
WRITE = os.environ.get("GOLDEN") == "write"


@pytest.fixture(scope="module")
def village() -> Run:
    return sim.run(sim.load("musrenbang"), seed=1, run=0)


def quoted(minutes: str) -> str:
    """Minutes as the README quotes them: one level of headings below its own."""
    return "\n" + re.sub("^#", "###", minutes, flags=re.MULTILINE) + "\n"


def test_the_readme_shows_the_minutes_of_the_present_model(village: Run, root: Path) -> None:
    file, readme = GOLDEN / "musrenbang.md", root / "README.md"
    if WRITE:
        file.write_text(village.minutes(), encoding="utf-8")
        text = readme.read_text(encoding="utf-8")
        readme.write_text(BLOCK.sub(lambda _block: quoted(village.minutes()), text), "utf-8")
    assert file.read_text(encoding="utf-8") == village.minutes()
    shown = BLOCK.search(readme.read_text(encoding="utf-8"))
    assert shown is not None
    assert shown[0] == quoted(village.minutes())


def test_the_readme_shows_the_sheet_of_the_present_model(village: Run, root: Path) -> None:
    file = GOLDEN / "musrenbang.png"
    now = sheet_bytes(village, "png")
    if WRITE:
        file.write_bytes(now)
    assert "(tests/golden/musrenbang.png)" in (root / "README.md").read_text(encoding="utf-8")
    shown, drawn = matplotlib.image.imread(file), matplotlib.image.imread(io.BytesIO(now))
    assert shown.shape == drawn.shape
    # Other releases of matplotlib may smooth an edge in another way, and nothing more.
    assert np.abs(shown - drawn).mean() < 0.002
