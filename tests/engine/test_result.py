"""A run is kept to the last bit, and told in plain words."""

import contextlib
import csv
import dataclasses
import hashlib
import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sim
from sim.api.run import FILES, Run
from sim.engine.tables import TABLES, _csv
from sim.scenario import Scenario


def read(file: Path) -> pd.DataFrame:
    """A table as any reader would get it that takes numbers for what they say.

    Not with ``pandas.read_csv``: before 3.1 it rounds unless asked not to, and since 3.1 it warns
    when asked.
    """
    with file.open(encoding="utf-8", newline="") as stream:
        names, *rows = csv.reader(stream)
    return pd.DataFrame(rows, columns=names).map(_value)


def _value(cell: str) -> object:
    for kind in (int, float):
        with contextlib.suppress(ValueError):
            return kind(cell)
    return cell or math.nan


def with_outcomes(run: Run, **changes: float) -> Run:
    return dataclasses.replace(run, outcomes=pd.Series({**run.outcomes, **changes}))


@pytest.fixture(scope="module")
def saved(made_up: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that was saved."""
    folder = tmp_path_factory.mktemp("saved") / "mine"
    made_up.save(folder)
    return folder


@given(st.lists(st.floats(width=64), min_size=1))
def test_numbers_read_back_to_the_same_bits(numbers: list[float]) -> None:
    __, *cells = _csv(pd.DataFrame({"x": numbers})).decode().splitlines()
    for before, after in zip(numbers, cells, strict=True):
        missing = math.isnan(before) and after == '""'
        assert missing or before.hex() == float(after).hex()


def test_outcomes_are_one_tidy_row(made_up: Run, saved: Path) -> None:
    row = read(saved / "outcomes.csv")
    assert list(row.columns) == ["scenario", "seed", "run", *made_up.outcomes.index]
    assert row.shape[0] == 1
    assert row.loc[0, "scenario"] == "Made up, by hand"
    assert list(row["seed"]) == [made_up.seed]
    values = row.loc[0, list(made_up.outcomes.index)].to_numpy(dtype=np.float64)
    assert values.tobytes() == made_up.outcomes.to_numpy().tobytes()


@pytest.mark.parametrize("name", TABLES[1:])
def test_tables_read_back_as_they_were(name: str, made_up: Run, saved: Path) -> None:
    before = getattr(made_up, name.removesuffix(".csv"))
    with (saved / name).open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream)
    assert header == list(before.columns)
    assert len(rows) == len(before) > 0
    for column, texts in zip(header, zip(*rows, strict=True), strict=True):
        for cell, text in zip(before[column], texts, strict=True):
            if pd.isna(cell):
                assert text == ""
            elif isinstance(cell, float):
                assert float(text).hex() == cell.hex()
            else:
                assert text == str(cell)


def test_the_same_run_gives_the_same_bytes(made_up: Run, saved: Path, tmp_path: Path) -> None:
    made_up.save(tmp_path / "again")
    made_up.save(tmp_path / "again")  # in place of itself
    for name in FILES:
        assert (tmp_path / "again" / name).read_bytes() == (saved / name).read_bytes()


def test_the_manifest_repeats_the_run_and_vouches_for_the_tables(made_up: Run, saved: Path) -> None:
    files = {file.name: file.read_bytes() for file in saved.iterdir()}
    assert set(files) == set(FILES)
    manifest = json.loads(files.pop("manifest.json"))
    assert manifest["files"] == {
        name: hashlib.sha256(data).hexdigest() for name, data in files.items()
    }
    assert Scenario(**manifest["scenario"]) == made_up.scenario
    assert manifest["digest"] == made_up.scenario.digest()
    assert (manifest["seed"], manifest["run"]) == (made_up.seed, made_up.run)
    assert set(manifest["versions"]) == {"mufakat", "python", "numpy", "numba", "pandas"}


def test_saving_into_a_foreign_folder_is_refused(made_up: Run, tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("years of work")
    with pytest.raises(FileExistsError, match=r"thesis\.docx"):
        made_up.save(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.docx"]


def test_a_run_cannot_be_changed(made_up: Run) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        made_up.seed = 3  # type: ignore[misc]


def test_its_repr_is_one_short_line(made_up: Run) -> None:
    assert repr(made_up) == "<Run 'Made up, by hand', seed 18446744073709551615, run 7>"


def test_summary(made_up: Run) -> None:
    assert made_up.summary().splitlines() == [
        "Made up, by hand (seed 18446744073709551615, run 7)",
        "  The first debate ended in agreement, in month 44.",
        "  67% of the stakeholders thought it worth taking part at the start; "
        "50% were members at the end.",
        "  100% of the table accepted the agreement; 75% of all stakeholders are at least as well "
        "off with it as alone.",
        "  Satisfaction, from 0 to 1, is 0.30 on average and 0.00 among the tenth worst served.",
        "  Pledges covered 125% of what was needed, and 33% of the work was delivered.",
        "  The collaboration stood for ten years; it was followed to month 130.",
    ]


NAN = math.nan


@pytest.mark.parametrize(
    ("outcomes", "said"),
    [
        ({"agreement": NAN, "months_to_agreement": NAN}, "Nothing was put to a decision."),
        ({"agreement": 0, "months_to_agreement": NAN}, "No debate ended in agreement."),
        ({"agreement": 0}, "a later one in agreement, in month 44."),
        ({"survived_10y": NAN}, "still stood when the run ended, in month 130."),
        ({"survived_10y": 0, "months_survived": 31}, "dissolved in month 31."),
    ],
)
def test_summary_tells_how_it_went(made_up: Run, outcomes: dict[str, float], said: str) -> None:
    assert said in with_outcomes(made_up, **outcomes).summary()


def test_summary_tells_of_an_end_after_ten_years() -> None:
    run = sim.run(sim.load("river_basin"), run=13)
    assert run.outcomes["survived_10y"] == 1
    assert run.events["event"].iloc[-1] == "dissolved"
    month = len(run.rounds)
    said = run.summary().splitlines()[-1]
    assert said == f"  The collaboration stood for ten years, and dissolved in month {month}."


def test_summary_leaves_out_what_is_missing(made_up: Run) -> None:
    nothing = with_outcomes(made_up, **dict.fromkeys(made_up.outcomes.index, NAN))
    text = nothing.summary()
    assert "nan" not in text
    assert len(text.splitlines()) == 2
