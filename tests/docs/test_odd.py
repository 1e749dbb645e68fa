"""The model description says what the code does: its tables, names, numbers and sections."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from docs import build
from docs.odd_tables import (
    PURPOSES,
    Constant,
    cited_sections,
    constants,
    functions,
    named_numbers,
)
from sim.engine.tables import (
    EVENT_COLUMNS,
    OPTION_COLUMNS,
    PATH_COLUMNS,
    STAKEHOLDER_COLUMNS,
)
from sim.engine.tables import TIE_COLUMNS as TIE_TABLE
from sim.rules import draws
from sim.rules.events import EVENTS
from sim.rules.outcomes import OUTCOMES
from sim.rules.state import OPTIONS, PEOPLE, RUN, TIES
from sim.rules.state import PATH_COLUMNS as FOLLOWED
from sim.rules.state import SERIES_COLUMNS as COLUMNS
from sim.scenario import (
    FORMS,
    INVITATIONS,
    KINDS,
    LAYOUTS,
    MEMBERSHIPS,
    NORMS,
    PHASES,
    PRINCIPLES,
    RULES,
    SECTORS,
    Scenario,
    parameters,
    sector_parameters,
    shipped,
)
from sim.scenario.tables import COLUMNS as STAKEHOLDER_FILE
from sim.scenario.tables import TIE_COLUMNS

TEXT = build.ODD.read_text(encoding="utf-8")
GENERATED = re.compile(r"<!-- (?:generated: |measured).*?<!-- end -->\n", re.DOTALL)
PROSE = GENERATED.sub("", TEXT)
HEADING = re.compile(r"^##+ ([0-9.]+) .*\n", re.MULTILINE)
NAME = re.compile(r"(?<![\w.])[A-Za-z_]\w*")

# What formulas say in words.
WORDS = frozenset(
    re.findall(
        r"\w+",
        """
        all and any anyone anything are at both by centre divided eight facts false happens has
        heard if in is its kinds knows last levels needed neighbours no nobody none nothing
        objectors obstacle of only options others over own place pulled same short that the then
        there times weight weighted weights where with within word
        """,
    )
)


def sections(text: str) -> dict[str, str]:
    """What stands under each numbered heading, up to the next one."""
    parts = HEADING.split(text)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def code(text: str) -> list[str]:
    """Blocks and spans of code."""
    blocks = re.findall(r"^ *```\n(.*?)^ *```$", text, re.DOTALL | re.MULTILINE)
    rest = re.sub(r"^ *```\n.*?^ *```$", "", text, flags=re.DOTALL | re.MULTILINE)
    return blocks + re.findall(r"`([^`]+)`", rest)


def declared(text: str) -> set[str]:
    """The symbols that tables with a column "symbol" introduce."""
    found: set[str] = set()
    for rows in re.findall(r"^\| symbol \|.*\n\|[-|]+\n((?:\|.*\n)+)", text, re.MULTILINE):
        for row in rows.splitlines():
            found.update(*(NAME.findall(span) for span in code(row.split("|")[1])))
    return found


def names_of_the_code() -> set[str]:
    """Fields of a scenario, words of choices, columns, outcomes, constants and functions."""
    every = [*parameters(), *sector_parameters()]
    paths = {name for field in every for name in (field.name, *field.path.split("."))}
    columns = (
        *(*COLUMNS, *STAKEHOLDER_COLUMNS, *EVENT_COLUMNS, *EVENTS),
        *(*PATH_COLUMNS, *FOLLOWED, *TIE_TABLE, *OPTION_COLUMNS),
    )
    records = {name for dtype in (PEOPLE, TIES, OPTIONS, RUN) for name in dtype.names or ()}
    choices = (*FORMS, *RULES, *INVITATIONS, *LAYOUTS, *MEMBERSHIPS, *NORMS, *SECTORS, *PHASES)
    purposes = named_numbers(PURPOSES)
    return {
        *paths,
        *records,
        *choices,
        *KINDS,
        *purposes,
        *STAKEHOLDER_FILE,
        *TIE_COLUMNS,
        *Scenario.model_fields,
        *shipped(),
        "trust_in",
        "veto",
        *(column[0] for column in columns),
        *(outcome.name for outcome in OUTCOMES),
        *(constant.name for constant in constants()),
        *(function.name for function in functions()),
    }


def test_every_table_is_what_the_code_has() -> None:
    text, stale = build.update_tables(TEXT)
    assert stale == [], "python -m docs.build writes them anew"
    assert text == TEXT


def test_tables_are_whole() -> None:
    """Every row has as many cells as its header."""
    for block in re.findall(r"(?:^\|.*\n)+", TEXT, re.MULTILINE):
        cells = [len(re.findall(r"(?<!\\)\|", row)) for row in block.splitlines()]
        assert len(set(cells)) == 1, block.splitlines()[0]


def test_the_sections_that_docstrings_cite_exist(root: Path) -> None:
    cited = {section for function in functions() for section in cited_sections(function.docstring)}
    for file in (root / "sim").rglob("*.py"):
        source = file.read_text(encoding="utf-8")
        cited |= set(re.findall(r"model description (\d+(?:\.\d+)?)", source))
    assert len(cited) > 15
    assert cited <= set(sections(TEXT))


def test_steps_of_the_debate_that_docstrings_cite_exist() -> None:
    said = " ".join(function.docstring for function in functions())
    steps = set(re.findall(r"4\.3, step (\d)", said))
    assert steps == set(re.findall(r"^(\d)\. \*\*", sections(TEXT)["4.3"], re.MULTILINE))


def test_every_name_in_a_formula_is_declared_or_is_one_of_the_code() -> None:
    known = declared(PROSE) | names_of_the_code() | WORDS
    unknown = {}
    for text in code(PROSE):
        if re.fullmatch(r"(sim/|python -m |mufakat (run )?|make )\S+|\[\[events\]\]", text):
            continue
        if strange := [name for name in NAME.findall(text) if name not in known]:
            unknown[text] = strange
    assert unknown == {}


def test_paths_of_fields_exist() -> None:
    tables = "|".join(name for name in Scenario.model_fields if name != "trust")
    every = {field.path for field in parameters()} | {"decision.veto", "form.ties_file"}
    every |= {f"stakeholders.SECTOR.{field.name}" for field in sector_parameters()}
    every |= {"stakeholders.file", "stakeholders.SECTOR.FIELD", "leadership.convener"}
    every |= {"problem.axes", "problem.options"}
    for span in code(PROSE):
        if re.fullmatch(rf"({tables}|trust)\.[\w.]+", span):
            assert span in every


def numbers(text: str) -> set[float]:
    """The numbers in a text; ``2/3`` counts as one."""
    found = re.findall(r"(?<![\w.])-?\d[\d.]*(?:e-?\d+)?(?:/\d+)?", text)
    plain = (number.rstrip(".").split("/") for number in found if number.count(".") < 2)
    return {float(part[0]) / float(part[1] if part[1:] else 1) for part in plain}


@pytest.mark.parametrize("constant", constants(), ids=[constant.name for constant in constants()])
def test_a_constant_stands_in_the_section_that_its_rule_cites(constant: Constant) -> None:
    texts = sections(PROSE)
    places = [texts[section] for section in constant.sections] or [PROSE]
    assert any(constant.value in numbers(text) for text in places), constant.sections


def test_constants_are_numbers_and_no_codes() -> None:
    found = {constant.name: constant.value for constant in constants()}
    assert found["BELIEF_WITHOUT_TRUST"] == 0.3
    assert found["CANDIDATES"] == 5
    assert not {"NOBODY", "EQUAL_FRACTION", "CONSENSUS", "LISTENING", "BEFORE", "MOOD"} & set(found)


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ("3", LAYOUTS),
        ("3", INVITATIONS),
        ("3", MEMBERSHIPS),
        ("4.3", RULES),
        ("4.4", NORMS),
        ("5", PRINCIPLES),
        ("7", [outcome.name for outcome in OUTCOMES]),
        ("7", [name for name, _unit, _meaning in COLUMNS]),
        ("7", [name for name, _unit, _meaning in FOLLOWED]),
        ("7", [name for name, _meaning in (*TIE_TABLE, *OPTION_COLUMNS)]),
    ],
)
def test_it_is_described_in_its_section(section: str, words: list[str]) -> None:
    text = sections(TEXT)[section]
    assert [word for word in words if f"\n| `{word}` |" not in text] == []


def test_forms_and_sectors_are_described() -> None:
    header = next(row for row in sections(TEXT)["3"].splitlines() if row.startswith("| field"))
    assert [cell.strip() for cell in header.split("|")[2:5]] == list(FORMS)
    assert all(f"`{sector}`" in sections(TEXT)["2.1"] for sector in SECTORS)
    layouts = re.findall(r"^- \*([\w ]+)[.*]", sections(TEXT)["3"], re.MULTILINE)
    assert [layout.lower().replace(" ", "_") for layout in layouts] == list(LAYOUTS)


def test_every_principle_has_an_indicator_that_is_an_outcome() -> None:
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\| (`.*) \|$", sections(PROSE)["5"], re.MULTILINE)
    assert [name for name, _indicator in rows] == list(PRINCIPLES)
    outcomes = {outcome.name for outcome in OUTCOMES}
    for _name, indicator in rows:
        assert set(code(indicator)) - {"enough"} <= outcomes


def test_every_purpose_says_what_its_draw_is_for() -> None:
    known = named_numbers(PURPOSES)
    rows = re.findall(r"^\| (`[A-Z].*?) \|", sections(PROSE)["6"], re.MULTILINE)
    assert {name for row in rows for name in code(row)} == set(known) - {"RUN_KEY"}
    numbers = [getattr(draws, name) for name in known]
    assert len(set(numbers)) == len(numbers)


def test_the_design_concepts_are_all_there() -> None:
    concepts = """Basic principles, Emergence, Adaptation, Objectives, Learning, Prediction,
        Sensing, Interaction, Stochasticity, Collectives, Observation"""
    found = re.findall(r"^\*\*([\w ]+)\.\*\*", sections(TEXT)["9"], re.MULTILINE)
    assert found == [concept.strip() for concept in concepts.split(",")]


def test_a_new_field_or_word_would_be_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "TABLES", {**build.TABLES, "rules": lambda: "| new |"})
    assert build.update_tables(TEXT)[1] == ["rules"]


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the description, which the module takes for the description."""
    file = tmp_path / "ODD.md"
    file.write_text(TEXT, encoding="utf-8")
    monkeypatch.setattr(build, "ODD", file)
    return file


def test_checking_writes_nothing_and_writing_mends(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build.main(["--check"]) == 0
    broken = TEXT.replace("| `debate.mu` | 0.03 |", "| `debate.mu` | 0.04 |")
    assert broken != TEXT
    copy.write_text(broken, encoding="utf-8")
    assert build.main(["--check"]) == 1
    assert capsys.readouterr().out.endswith("stale: parameters\n")
    assert copy.read_text(encoding="utf-8") == broken
    assert build.main([]) == 0
    assert capsys.readouterr().out.endswith("written anew: parameters\n")
    assert copy.read_text(encoding="utf-8") == TEXT
    assert build.main([]) == 0


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda text: text.replace("<!-- end -->", "", 1), '"generated: forms" has no end mark'),
        (lambda text: text.replace("generated: rules", "generated: roles"), 'called "roles"'),
        (lambda text: text + "<!-- generated: rules -->\n<!-- end -->\n", "not 2 times"),
        (lambda text: GENERATED.sub("", text, count=1), '"generated: forms" must appear once'),
    ],
)
def test_a_broken_description_is_refused_and_left_alone(
    copy: Path, capsys: pytest.CaptureFixture[str], spoil: Callable[[str], str], message: str
) -> None:
    broken = spoil(TEXT)
    copy.write_text(broken, encoding="utf-8")
    for arguments in ([], ["--check"]):
        assert build.main(arguments) == 2
        assert message in capsys.readouterr().err
    assert copy.read_text(encoding="utf-8") == broken


def test_no_description_is_a_message(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy.unlink()
    assert build.main(["--check"]) == 2
    assert "ODD.md" in capsys.readouterr().err


def test_only_tables_can_be_checked(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        build.main(["evidence", "--check"])
    assert "--check applies to odd only" in capsys.readouterr().err


def test_it_runs_as_a_module(root: Path) -> None:
    command = [sys.executable, "-m", "docs.build", "--check"]
    ended = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_it_is_in_english_for_every_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    class Loud:
        def gettext(self, message: str) -> str:
            return message.upper()

    monkeypatch.setattr("sim.base.text._translations", lambda wanted: Loud())
    assert build.update_tables(TEXT) == (TEXT, [])
