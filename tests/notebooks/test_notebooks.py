"""The notebooks: what they hold, what they say, and that they run."""

import ast
import asyncio
import re
import tomllib
from pathlib import Path
from typing import Any

import nbformat
import pytest
import zmq
import zmq.asyncio
from jupyter_client.session import Session
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

import sim
from notebooks.refresh import WatchfulChannel, executed, notebooks, plain, written
from sim.rules.outcomes import OUTCOMES
from sim.scenario.fields import parameters_of
from sim.studies.claim_file import read_claims

HERE = Path(__file__).parents[2] / "notebooks"
NAMES = (
    "01_what_is_collaborative_governance",
    "02_does_power_decide",
    "03_team_community_or_network",
    "04_what_do_the_eight_principles_buy",
    "05_when_resources_run_short",
    "06_your_own_case",
    "07_how_far_can_you_trust_it",
    "08_write_your_own_agent",
    "09_explore_in_depth",
)
CLAIM = re.compile(r"\*Claim:\* `([^`]+)`(?: in `([^`]+)`)?(?:, from (\S+) to (\S+))?")
# An author or more, and a year.
SOURCE = re.compile(r"[A-Z][^\W\d_]+(?:(?:, | & )[A-Z][^\W\d_]+)*(?: et al\.)? (?:19|20)\d\d")
# Other fields' words for what the README and the ODD have one word for.
OTHER_WORDS = ("actor", "replicate", "metric", "kpi", "timestep", "experiment", "policymaker")
PNG = "image/png"
LONGEST = 120  # seconds for a cell; on an idle machine all nine notebooks take less


@pytest.fixture(scope="module")
def compiled() -> None:
    """The rules are compiled here, so that no kernel spends the time of a cell on it."""
    sim.study("baseline", runs=1, progress=False)


def read(name: str) -> NotebookNode:
    return nbformat.read(HERE / f"{name}.ipynb", as_version=4)


def prose(notebook: NotebookNode) -> str:
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def code(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def as_text(notebook: NotebookNode) -> list[Any]:
    """What came out, but the pictures, whose bytes hang on the fonts and libraries of a machine."""
    return [
        (cell.id, output.get("text"), [v for k, v in output.get("data", {}).items() if k != PNG])
        for cell in code(notebook)
        for output in cell.outputs
    ]


def test_they_are_there_under_the_questions_they_answer() -> None:
    assert [path.stem for path in notebooks()] == list(NAMES)
    assert sum(path.stat().st_size for path in notebooks()) < 5_000_000


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_whole(name: str) -> None:
    """Outputs of one execution from the top, none an error; text, pictures, a slider, exercises."""
    notebook = read(name)
    nbformat.validate(notebook)
    assert (HERE / f"{name}.ipynb").read_text(encoding="utf-8") == written(plain(notebook))
    cells = code(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell.outputs]
    assert not [each for each in outputs if each.output_type == "error"]
    assert not [each for each in outputs if each.get("name") == "stderr"]
    assert sum(PNG in each.get("data", {}) for each in outputs) >= 2
    assert sum("interact(" in cell.source for cell in cells) == 1
    assert notebook.cells[0].source.startswith("# ")
    assert len(prose(notebook).split()) < 1100


@pytest.mark.parametrize("name", NAMES)
def test_it_has_three_exercises_that_are_still_to_be_answered(name: str) -> None:
    notebook = read(name)
    asked = [cell for cell in code(notebook) if "answer = ..." in cell.source]
    assert len(asked) == 3
    for number, cell in enumerate(asked, start=1):
        assert re.fullmatch(r"answer = \.\.\.\nexercises\.\w+\(answer\)", cell.source)
        assert cell.outputs[0].text.startswith("Write your answer in place of the three dots")
        assert f"**{number}.**" in prose(notebook)


@pytest.mark.parametrize("name", NAMES)
def test_no_output_tells_of_the_machine_or_the_time(name: str) -> None:
    text = (HERE / f"{name}.ipynb").read_text(encoding="utf-8")
    assert not re.findall(r"/tmp/|/home/|/root/|[A-Z]:\\\\|0x[0-9a-f]{6}|\d\d:\d\d:\d\d", text)


@pytest.mark.parametrize("name", NAMES)
def test_every_cell_of_code_can_be_read(name: str) -> None:
    for cell in code(read(name)):
        ast.parse(cell.source.replace("%matplotlib inline", ""))


@pytest.mark.parametrize("name", NAMES)
def test_its_links_lead_somewhere_and_its_sources_are_in_the_references(name: str) -> None:
    text = prose(read(name))
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert (HERE / link).exists(), link
    odd = (HERE.parent / "sim" / "ODD.md").read_text(encoding="utf-8")
    known = " ".join(odd.split("## 15 References")[1].split())
    for source in SOURCE.findall(" ".join(text.split())):
        assert source in known, source


@pytest.mark.parametrize("name", NAMES)
def test_its_terms_are_those_of_the_model(name: str) -> None:
    text = prose(read(name)).lower()
    assert not [word for word in OTHER_WORDS if re.search(rf"\b{word}s?\b", text)]
    tables = tuple(sim.Scenario.model_fields)
    for path in re.findall(r"`((?:\w+\.)+\w+)`", text):
        if path.split(".")[0] in tables:
            sim.Scenario().value(path)


def test_the_conclusions_are_the_claims_and_the_claims_are_the_conclusions() -> None:
    said = {
        tuple(part and str(part) for part in found)
        for name in NAMES
        for found in CLAIM.findall(prose(read(name)))
    }
    tested = tomllib.loads((HERE / "claims.toml").read_text(encoding="utf-8"))["claim"]
    parts = [
        tuple(str(item.get(key, "")) for key in ("says", "in", "from", "to")) for item in tested
    ]
    assert sorted(parts) == sorted(said)
    assert len(read_claims(HERE / "claims.toml").claims) == len(said) > 50


def test_no_claim_is_overlooked_because_it_is_written_another_way() -> None:
    for name in NAMES:
        text = prose(read(name))
        assert text.count("*Claim:*") == len(CLAIM.findall(text))
        below = text.partition("## Exercises")[0]
        said = below.partition("**What can be said of the model**")[2]
        assert bool(said) != ("**No conclusion is written here.**" in below)
        told = re.findall(r"^- .*?(?=^- |^\S|\Z)", said, re.S | re.M)
        assert bool(told) == bool(said)
        assert all("*Claim:*" in each for each in told)


def test_a_principles_table_says_what_the_schema_says() -> None:
    text = prose(read("04_what_do_the_eight_principles_buy"))
    meant = {field.path: field.meaning for field in parameters_of(sim.Scenario)}
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", text, re.M)
    assert len(rows) == 8
    for principle, says in rows:
        assert meant[f"principles.{principle}"] == says


def test_outcomes_that_are_drawn_are_outcomes() -> None:
    known = {item.name for item in OUTCOMES}
    for name in NAMES:
        for cell in code(read(name)):
            for call in re.findall(r"pictures\.means\([^[]*\[([^\]]*)\]", cell.source):
                assert set(re.findall(r'"(\w+)"', call)) <= known


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("name", NAMES)
def test_all_run_in_time_and_the_same_comes_out(name: str) -> None:
    """With warnings as errors; what is kept is what comes out now."""
    fresh = executed(HERE / f"{name}.ipynb", LONGEST)
    assert as_text(fresh) == as_text(read(name))


@pytest.mark.slow
def test_what_the_notebooks_conclude_is_supported() -> None:
    found = sim.check_claims(HERE / "claims.toml", progress=False)
    print(f"\n{found.told()}")
    assert found.exit_code == 0


@pytest.mark.parametrize(
    "source", ["1 / 0", "import warnings; warnings.warn('old')"], ids=["error", "warning"]
)
def test_what_goes_wrong_in_a_cell_stops_the_refresh(tmp_path: Path, source: str) -> None:
    path = tmp_path / "wrong.ipynb"
    path.write_text(written(new_notebook(cells=[new_code_cell(source)])), encoding="utf-8")
    with pytest.raises(CellExecutionError):
        executed(path)


def test_what_goes_wrong_under_a_slider_stops_it_too(tmp_path: Path) -> None:
    source = "from ipywidgets import interact\ninteract(lambda x: 1 / x, x=(0, 0));"
    path = tmp_path / "wrong.ipynb"
    path.write_text(written(new_notebook(cells=[new_code_cell(source)])), encoding="utf-8")
    with pytest.raises(RuntimeError, match="division by zero"):
        executed(path)


def test_a_cell_that_takes_too_long_is_stopped_and_shown(tmp_path: Path) -> None:
    path = tmp_path / "slow.ipynb"
    path.write_text(written(new_notebook(cells=[new_code_cell("import time; time.sleep(60)")])))
    with pytest.raises(CellTimeoutError, match=r"after 2 seconds(?s:.*)time\.sleep\(60\)"):
        executed(path, longest=2)


def test_an_answer_is_found_though_its_coming_was_missed() -> None:
    """What is missed is a change on the socket; whoever asks it of its events has it taken away."""

    async def found() -> dict[str, Any]:
        with zmq.asyncio.Context() as context:
            here, there = context.socket(zmq.PAIR), zmq.Context(context).socket(zmq.PAIR)
            here.bind("inproc://here")
            there.connect("inproc://here")
            session = Session(key=b"")
            waiting = asyncio.ensure_future(WatchfulChannel(here, session).get_msg(timeout=60))
            await asyncio.sleep(0.1)
            session.send(there, "answer")
            zmq.Socket.shadow(here.underlying).getsockopt(zmq.EVENTS)
            message = await asyncio.wait_for(waiting, 10)
            here.close()
            there.close()
            return message

    assert asyncio.run(found())["msg_type"] == "answer"
