"""A person who knows no programming gets from nothing to a case of their own."""

import csv
import io
import re
import tomllib
from pathlib import Path

import openpyxl
import pytest

from sim.scenario import FORM_COLUMNS, FORMS, PRINCIPLES, RULES, SECTORS, ScenarioError, load
from sim.scenario.choices import SCALES, FormKind
from sim.scenario.files import FileAccessError
from sim.scenario.lists import STAKEHOLDERS, TIES, ListKind, columns_of, read_sheet
from sim.scenario.new_case import HEADERS, listing_book, scenario_text, write_case

TEXTS = {
    "title": "Our river",
    "description": "Who gets the water.",
    "low": "the villages",
    "high": "industry",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "river"


def said(folder: Path) -> list[str]:
    """What is still wrong with a case, line by line."""
    with pytest.raises(ScenarioError) as refusal:
        load(folder)
    return [line.removeprefix(f"{folder}/") for line in str(refusal.value).splitlines()]


def fill_in_scenario(folder: Path) -> None:
    """Write between the quotation marks, as in an editor."""
    file = folder / "scenario.toml"
    text = file.read_text(encoding="utf-8")
    for number in (1, 2):
        text = text.replace('name = ""', f'name = "Question {number}"', 1)
    for name, value in TEXTS.items():
        text = text.replace(f'{name} = ""', f'{name} = "{value}"')
    file.write_text(text, encoding="utf-8")


def filled(number: int, row: list[str]) -> list[str]:
    """A row of the list, filled in; every third is left for deletion."""
    return [] if number % 3 == 2 else [f"Group {number}", row[1], str(1 + number % 5), "2,5", "4"]


def saved_by_excel(text: str) -> str:
    """CSV opened in a spreadsheet, filled in and saved where a comma is the decimal sign."""
    opened = list(csv.reader(io.StringIO(text.removeprefix("sep=,\n"))))
    start = opened.index(list(HEADERS[STAKEHOLDERS.name])) + 1
    rows = [filled(number, row) for number, row in enumerate(opened[start:])]
    after = io.StringIO(newline="")
    writer = csv.writer(after, delimiter=";")
    writer.writerows([*row, *[""] * (5 - len(row))] for row in opened[:start] + rows)
    return "\ufeff" + after.getvalue()


@pytest.mark.parametrize("form", FORMS)
def test_from_nothing_to_a_case(folder: Path, form: FormKind) -> None:
    assert write_case(folder, form) == ("scenario.toml", "stakeholders.csv", "ties.csv")
    assert len(said(folder)) == 2 + 2 * 3 + 12
    fill_in_scenario(folder)
    assert len(said(folder)) == 12
    list_of = folder / "stakeholders.csv"
    list_of.write_text(saved_by_excel(list_of.read_text(encoding="utf-8")), encoding="utf-8")
    case = load(folder)
    assert (case.title, case.form.kind) == ("Our river", form)
    assert [axis.low for axis in case.problem.axes or ()] == ["the villages", "the villages"]
    assert [case.count(sector) for sector in SECTORS] == [2, 2, 2, 2]
    assert case.listed is not None
    assert (case.listed[1].power, case.listed[1].interest_x) == (2.0, 0.375)


def test_then_it_gets_ties(folder: Path) -> None:
    write_case(folder)
    fill_in_scenario(folder)
    list_of = folder / "stakeholders.csv"
    list_of.write_text(saved_by_excel(list_of.read_text(encoding="utf-8")), encoding="utf-8")
    scenario = folder / "scenario.toml"
    text = scenario.read_text(encoding="utf-8")
    scenario.write_text(text.replace("# ties_file", "ties_file"), encoding="utf-8")
    (fault,) = said(folder)
    assert re.match(r"ties.csv:\d+: lists no tie: ", fault)
    with (folder / "ties.csv").open("a", encoding="utf-8") as file:
        file.write("Group 0,Group 1,2\nGroup 1,Group 0,\n")
    assert [tie.trust for tie in load(folder).listed_ties or ()] == [0.3, None]


def test_the_same_with_workbooks(folder: Path) -> None:
    assert write_case(folder, excel=True) == ("scenario.toml", "stakeholders.xlsx", "ties.xlsx")
    assert len(said(folder)) == 2 + 2 * 3 + 12
    fill_in_scenario(folder)
    book = openpyxl.load_workbook(folder / "stakeholders.xlsx")
    sheet = book["stakeholders"]
    for row in sheet.iter_rows(min_row=2):
        for cell, value in zip(row, (f"Group {row[0].row}", row[1].value, 2.5, 1, 5), strict=True):
            cell.value = value
    book.save(folder / "stakeholders.xlsx")
    assert [case.interest_y for case in load(folder).listed or ()] == [1.0] * 12
    scenario = folder / "scenario.toml"
    text = scenario.read_text(encoding="utf-8")
    scenario.write_text(text.replace("# ties_file", "ties_file"), encoding="utf-8")
    (fault,) = said(folder)
    assert fault.startswith("ties.xlsx:1: lists no tie: ")


# What the files say.


@pytest.mark.parametrize("form", FORMS)
def test_every_commented_value_may_be_taken(folder: Path, form: FormKind) -> None:
    """Without the # it is valid, and what it was before where it only repeats the form's column."""
    write_case(folder, form)
    fill_in_scenario(folder)
    list_of = folder / "stakeholders.csv"
    list_of.write_text(saved_by_excel(list_of.read_text(encoding="utf-8")), encoding="utf-8")
    before = load(folder)
    file = folder / "scenario.toml"
    text = re.sub(r"^# (\w+ = |\[)", r"\1", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    text = text.replace("one of the stakeholders", "Group 0")
    file.write_text(text, encoding="utf-8")
    (folder / "ties.csv").write_text("from,to\nGroup 0,Group 1\n")
    case = load(folder)
    assert case.form.model_copy(update={"ties_file": None}) == before.form
    assert case.principles == before.principles
    assert [option.name for option in case.problem.options or ()] == [
        "A small dam",
        "No dam, but wells",
    ]
    assert len(case.events) == 1


@pytest.mark.parametrize("form", FORMS)
def test_the_scenario_explains_its_words(form: FormKind) -> None:
    text = scenario_text(form, ".csv")
    assert tomllib.loads(text)["extends"] == "baseline"
    assert all(re.search(rf"^#   {word}  +\w", text, re.MULTILINE) for word in (*FORMS, *RULES))
    for name in (*FORM_COLUMNS[form], *PRINCIPLES):
        assert re.search(rf"^# {name} = .* # \w", text, re.MULTILINE)
    assert "#:schema" not in text
    assert max(map(len, text.splitlines())) < 120


@pytest.mark.parametrize("kind", [STAKEHOLDERS, TIES])
def test_a_list_explains_its_columns(folder: Path, kind: ListKind) -> None:
    write_case(folder)
    text = (folder / f"{kind.sheet}.csv").read_text(encoding="utf-8")
    assert text.isascii()  # an old spreadsheet would show anything else as something else
    header = HEADERS[kind.name]
    plain = {column.field for column in columns_of(kind).values()} - {
        columns_of(kind)[name].field for name in header
    }
    assert all(f" {name}: " in text for name in (*header, *plain))
    for name in set(header) & set(SCALES):
        assert all(words in text for words in SCALES[name].words)
    assert read_sheet(folder / f"{kind.sheet}.csv", kind.sheet).rows[0][1] == list(header)


def test_a_workbook_can_be_read_by_a_person(tmp_path: Path) -> None:
    (tmp_path / "list.xlsx").write_bytes(listing_book(STAKEHOLDERS))
    book = openpyxl.load_workbook(tmp_path / "list.xlsx")
    sheet = book["stakeholders"]
    assert sheet.freeze_panes == "A2"
    for cell in sheet[1]:
        assert cell.font.bold
        assert cell.comment is not None
        assert sheet.column_dimensions[cell.column_letter].width > len(str(cell.value))
    rules = {str(rule.sqref): rule.formula1 for rule in sheet.data_validations.dataValidation}
    assert rules["B2:B1000"] == f'"{",".join(SECTORS)}"'
    assert len(rules) == 1 + 3
    assert len(list(book["notes"].rows)) > 20


# Where it goes.


def test_an_empty_folder_will_do_even_one_that_somebody_stands_in(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.mkdir()
    (folder / ".DS_Store").touch()
    monkeypatch.chdir(folder)
    names = write_case(Path())
    assert {file.name for file in Path().iterdir()} == {".DS_Store", *names}
    assert [place.name for place in folder.parent.iterdir()] == ["river"]


def test_nothing_is_written_over(folder: Path) -> None:
    folder.mkdir()
    (folder / "thesis.docx").write_text("years of work")
    with pytest.raises(FileAccessError, match="is there already, and not empty"):
        write_case(folder)
    with pytest.raises(FileAccessError, match="is a file"):
        write_case(folder / "thesis.docx")
    with pytest.raises(FileAccessError, match=r"there is no folder .+ to put it in"):
        write_case(folder / "nowhere" / "river")
    assert [file.name for file in folder.iterdir()] == ["thesis.docx"]


def test_an_unknown_form(folder: Path) -> None:
    with pytest.raises(FileAccessError, match='unknown form "tema", did you mean "team"'):
        write_case(folder, "tema")  # type: ignore[arg-type]
    assert not folder.exists()


@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize("method", ["open", "rename"])
def test_never_half_a_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch, there: bool, method: str
) -> None:
    if there:
        folder.mkdir()
    calls = []
    whole = getattr(Path, method)

    def interrupted(*arguments: object) -> object:
        calls.append(arguments)
        if len(calls) == (1 if method == "rename" and not there else 2):
            raise KeyboardInterrupt
        return whole(*arguments)

    monkeypatch.setattr(Path, method, interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_case(folder)
    assert list(folder.parent.rglob("*")) == ([folder] if there else [])
