"""Files of targets that tests of calibration share."""

from collections.abc import Callable
from pathlib import Path

import pytest

Written = Callable[[str], Path]

DISTRICT = """
title = "Our district"

[[parameters]]
field = "debate.concession"
low = 0.5
high = 3.0
[[parameters]]
field = "surprise"
high = 1.0

[[targets]]
says = "in our district agreement took 40 months"
outcome = "months_to_agreement"
statistic = "median"
value = 40
band = [34, 46]
[[targets]]
says = "a third of the projects were built"
outcome = "carried_out"
value = 0.33
sd = 0.05
"""


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Writes a text as a file of targets."""

    def write(text: str = DISTRICT) -> Path:
        file = tmp_path / "targets.toml"
        file.write_text(text, encoding="utf-8")
        return file

    return write
