"""Listings as people's programs really save them, and files that no program has saved whole."""
# ruff: noqa: E501

import csv
import datetime as dt
import io
import sys
import zipfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.datavalidation import DataValidation

from sim.scenario import SECTORS, Scenario, ScenarioError, load
from sim.scenario.choices import SCALES
from sim.scenario.lists import read_sheet

HEADER = ["name", "sector", "power_1to5", "interest_x_1to5", "interest_y_1to5"]
ROWS: list[list[Any]] = [
    ["City", "government", 5, 2, 4],
    ["Mill", "private", 4, 5, 3.5],
    ["Village", "community", 1, 1, 1],
]
CSV = "name,sector,power\nCity,government,2\nMill,private,1\nVillage,community,1\n"
in_a_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def book(rows: Sequence[Sequence[Any]], title: str = "Sheet1", **more: Sequence[Any]) -> bytes:
    """A workbook: a sheet, and perhaps others by name."""
    made = openpyxl.Workbook()
    for name, content in {title: rows, **more}.items():
        sheet = made.create_sheet(name)
        for row in content:
            sheet.append(list(row))
    made.remove(made.worksheets[0])
    content = io.BytesIO()
    made.save(content)
    return content.getvalue()


def case(folder: Path, content: bytes | str, suffix: str = ".csv") -> Path:
    """A scenario whose stakeholders are in a file of that content."""
    content = content.encode() if isinstance(content, str) else content
    (folder / f"list{suffix}").write_bytes(content)
    file = folder / "mine.toml"
    file.write_text(f'stakeholders.file = "list{suffix}"\n')
    return file


def message(folder: Path, content: bytes | str, suffix: str = ".csv") -> str:
    """What is said of such a file, without the file's name."""
    with pytest.raises(ScenarioError) as refusal:
        load(case(folder, content, suffix))
    lines = str(refusal.value).splitlines()
    assert all(line.startswith(f"{folder / f'list{suffix}'}:") for line in lines)
    return "\n".join(line.removeprefix(f"{folder / f'list{suffix}'}:") for line in lines)


# CSV as it is saved.

names = st.text("abÅ#.,;'\" ()\n", min_size=1, max_size=9).map(str.strip)
answers = st.integers(1000, 5000).map(lambda number: number / 1000)
panels = st.lists(
    st.tuples(names, st.sampled_from(SECTORS), answers, answers, answers),
    min_size=3,
    max_size=6,
    unique_by=lambda row: row[0],
).filter(lambda rows: all(row[0] and not row[0].startswith("#") for row in rows))


def separated(rows: Sequence[Sequence[Any]], separator: str, decimal: str) -> str:
    """Rows as CSV of one kind."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator)
    for row in rows:
        cells = [
            str(cell).replace(".", decimal) if isinstance(cell, float) else cell for cell in row
        ]
        writer.writerow(cells)
    return text.getvalue()


@in_a_folder
@given(panels)
def test_a_panel_is_the_same_scenario_in_every_format(
    tmp_path: Path, panel: list[tuple[str, str, float, float, float]]
) -> None:
    rows = [HEADER, *panel]
    read = [
        load(case(tmp_path, separated(rows, ",", "."))),
        load(case(tmp_path, separated(rows, ";", ","))),
        load(case(tmp_path, separated(rows, ";", "."))),
        load(case(tmp_path, separated(rows, "\t", ","))),
        load(case(tmp_path, "\ufeff" + separated(rows, ";", ","))),
    ]
    for suffix in (".xlsx", ".XLSX"):
        read.append(load(case(tmp_path, book(rows), suffix)))
    scales = [SCALES[name] for name in HEADER[2:]]
    listed = [
        {"name": name, "sector": sector}
        | {scale.column: scale.value(answer) for scale, answer in zip(scales, numbers, strict=True)}
        for name, sector, *numbers in panel
    ]
    plain = Scenario(listed=listed)
    assert [scenario.listed for scenario in read] == [plain.listed] * len(read)


@pytest.mark.parametrize(
    "text",
    [
        # Excel where a comma is the decimal sign: semicolons, and comments padded to the width.
        "\ufeff# who, and how much;;\r\nname;sector;power\r\nCity;government;0,5\r\n"
        "# the others;;\r\nMill;private;1\r\n;;\r\nVillage;community;1,0\r\n",
        # LibreOffice: a comment with a comma or a quotation mark is quoted.
        '"# who, and how ""much""",,\nname,sector,power\nCity,government,0.5\n'
        '"# Mill, of course",,\nMill,private,1\n,,\nVillage,community,1\n',
        # By hand: quotation marks in comments open no cell, blanks stand anywhere.
        '# the "big", "bold" three\nname, sector, power\n"City", government, .5\n'
        '# not "this\n Mill,private,1\n\n  # an indented one\nVillage,community,1',
        # What says its separator, columns that were emptied, a comment over two lines.
        'sep=;\n"# over;two\nlines;;";;\nname;sector;power;;;\nCity;government;0.5;;;\n'
        "Mill;private;1;;;\nVillage;community;1;;;\n",
        '"sep=,",,,\nname,sector,power,\nCity,government,0.5,\nMill,private,1,\nVillage,community,1,\n',
        # Capitals and blanks in a word to choose.
        "name,sector,power\nCity,Government,0.5\nMill, PRIVATE ,1\nVillage,Community,1\n",
        "name\tsector\tpower\rCity\tgovernment\t0,5\rMill\tprivate\t1\rVillage\tcommunity\t1\r",
    ],
)  # fmt: skip
def test_what_spreadsheets_do(tmp_path: Path, text: str) -> None:
    listed = load(case(tmp_path, text)).listed
    assert listed is not None
    assert [(who.name, who.power) for who in listed] == [
        ("City", 0.5),
        ("Mill", 1.0),
        ("Village", 1.0),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sep=,\n# a, b\nname,sector,power\nCity,government,x\nB,private,1\nC,private,1\n", "4: power"),
        ('"# a\nb"\nname;sector;power\n# c;;\nCity;government;0,x\nB;private;1\n', "5: power"),
        ("name;sector;power\nCity;government;1,000,5\nB;private;1\n", '2: power: must be a number'),
        ("name,sector\n#REF!,private\nB,private\n", "2: name: holds an error, #REF!"),
        ("name,sector,power\nCity,private,#N/A\nB,private,1\n", "2: power: holds an error, #N/A"),
        ("name,,sector\nCity,,private\n", "1: column 2 has no name"),
        ("name,sector\nCity,private,,x\nB,private\nC,private\n", "2: has 4 cells, the header has 2"),
        ("name,sector,power,power_1to5\n", "1: power_1to5: stands for power, which is there as well"),
        ("name,sector,power_1to6\n", '1: power_1to6: unknown column, did you mean "power_1to5"?'),
        ("name,sector\n", "1: lists nobody"),
    ],
)  # fmt: skip
def test_a_fault_is_on_its_line(tmp_path: Path, text: str, expected: str) -> None:
    assert message(tmp_path, text).startswith(expected)


@pytest.mark.parametrize("answer", ["0", "5.01", "-1", "nan", "inf", "1_0"])
def test_an_answer_is_from_1_to_5(tmp_path: Path, answer: str) -> None:
    text = f"name,sector,power_1to5\nA,private,{answer}\nB,private,1\nC,private,1\n"
    shown = f'"{answer}"' if answer == "1_0" else answer
    assert message(tmp_path, text) == (
        f"2: power_1to5: must be a number from 1 to 5, not {shown} (formal authority, against "
        "others: 1 = is informed at most; 5 = has the last word on nearly all of it)"
    )


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_another_encoding_says_how_to_save_it(tmp_path: Path, encoding: str) -> None:
    said = message(tmp_path, "name,sector\nBüro,government\n".encode(encoding))
    assert 'is not UTF-8 text: save it as "CSV UTF-8"' in said


@pytest.mark.parametrize("suffix", [".xls", ".ods", ".numbers"])
def test_another_format_says_how_to_save_it(tmp_path: Path, suffix: str) -> None:
    assert "save it as .xlsx or CSV UTF-8" in message(tmp_path, b"anything", suffix)


# Workbooks.


def test_one_workbook_may_hold_both_lists(tmp_path: Path) -> None:
    ties = [["from", "to", "trust_1to5"], ["City", "Mill", 2], ["Mill", "City", None]]
    content = book([["notes"]], "Read me", Stakeholders=[HEADER, *ROWS], TIES=ties)
    (tmp_path / "both.xlsx").write_bytes(content)
    mine = tmp_path / "mine.toml"
    mine.write_text('stakeholders.file = "both.xlsx"\nform.ties_file = "both.xlsx"\n')
    scenario = load(mine)
    assert [who.name for who in scenario.listed or ()] == ["City", "Mill", "Village"]
    assert [(tie.to, tie.trust) for tie in scenario.listed_ties or ()] == [
        ("Mill", 0.3),
        ("City", None),
    ]


def test_a_cell_may_hold_a_number_a_text_or_a_truth(tmp_path: Path) -> None:
    rows = [
        ["# a comment"],
        ["name", "sector", "funds", "seated"],
        [],
        [2030, "government", "1,5", True],
        [2.5, "private", 0.1, "no"],
        ["  Mill ", "private", 1e5, False],
    ]
    listed = load(case(tmp_path, book(rows), ".xlsx")).listed or ()
    assert [(who.name, who.funds, who.seated) for who in listed[:2]] == [
        ("2030", 1.5, True),
        ("2.5", 0.1, False),
    ]
    rows[-1][2] = 1e300
    assert message(tmp_path, book(rows), ".xlsx").startswith("6: funds: must be a number (0 to ")


@pytest.mark.parametrize(
    "value", [dt.datetime(2030, 5, 1), dt.date(2030, 5, 1), dt.time(3), dt.timedelta(days=2)]
)
@pytest.mark.parametrize("place", [0, 2])
def test_a_date_is_no_name_and_no_number(tmp_path: Path, value: object, place: int) -> None:
    rows = [HEADER, *(list(row) for row in ROWS)]
    rows[2][place] = value
    said = message(tmp_path, book(rows), ".xlsx")
    assert said == f"3: {HEADER[place]}: holds a date or a time, not a text or a number"


def test_a_formula_that_was_never_computed_is_an_empty_cell(tmp_path: Path) -> None:
    rows = [HEADER, *ROWS[:2], ["Village", "community", "=1+1", 1, 1]]
    assert message(tmp_path, book(rows), ".xlsx").startswith("4: still to be filled in: power_1to5")


def test_what_openpyxl_warns_of_is_no_matter(tmp_path: Path) -> None:
    made = openpyxl.load_workbook(io.BytesIO(book([HEADER, *ROWS])))
    rule = DataValidation("list", '"a,b"')
    made.worksheets[0].add_data_validation(rule)
    rule.add("B2:B9")
    plain = io.BytesIO()
    made.save(plain)
    extension = b'<extLst><ext uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}"/></extLst></worksheet>'
    content = edited(plain.getvalue(), lambda text: text.replace(b"</worksheet>", extension))
    assert load(case(tmp_path, content, ".xlsx")).listed


def edited(content: bytes, edit: Callable[[bytes], bytes]) -> bytes:
    """A workbook with other text in its first sheet."""
    after = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(after, "w", 8) as new:
        for part in old.namelist():
            text = old.read(part)
            new.writestr(part, edit(text) if part.endswith("sheet1.xml") else text)
    return after.getvalue()


WHOLE = book([HEADER, *ROWS])
OUTSIDE = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]>'
BROKEN = "1: is no workbook that can be read: it is damaged, or protected by a password"


def test_a_workbook_says_its_size_wrongly(tmp_path: Path) -> None:
    wrong = edited(WHOLE, lambda text: text.replace(b'ref="A1:E4"', b'ref="A1"'))
    assert wrong != edited(WHOLE, lambda text: text)
    assert load(case(tmp_path, wrong, ".xlsx")) == load(case(tmp_path, WHOLE, ".xlsx"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no zip",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),  # with a password, or from 1997
        edited(WHOLE, lambda text: text[:-20]),
        edited(WHOLE, lambda text: text.replace(b'r="A2"', b'r="2A"')),
        edited(WHOLE, lambda text: OUTSIDE + text.replace(b"<v>5</v>", b"<v>&b;</v>")),
    ],
)  # fmt: skip
def test_what_is_no_workbook(tmp_path: Path, content: bytes) -> None:
    assert message(tmp_path, content, ".xlsx") == BROKEN


def test_a_sheet_that_is_not_there(tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    made.create_chartsheet()
    made.remove(made.worksheets[0])
    content = io.BytesIO()
    made.save(content)
    assert message(tmp_path, content.getvalue(), ".xlsx") == BROKEN


def test_an_empty_workbook(tmp_path: Path) -> None:
    assert message(tmp_path, book([]), ".xlsx") == "1: is empty"
    assert message(tmp_path, book([["# only a comment"]]), ".xlsx") == "1: is empty"


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    bomb = edited(WHOLE, lambda text: text + b" " * (65 * 2**20))
    assert len(bomb) < 2**20
    said = message(tmp_path, bomb, ".xlsx")
    assert said == "1: is too large: 65 MiB unpacked, where 64 are allowed"


@in_a_folder
@given(st.integers(0, len(WHOLE) - 1))
def test_a_workbook_cut_off_anywhere(tmp_path: Path, length: int) -> None:
    assert message(tmp_path, WHOLE[:length], ".xlsx") == BROKEN


@in_a_folder
@given(st.integers(0, len(WHOLE) - 1), st.binary(min_size=1, max_size=4))
def test_a_workbook_with_a_hole(tmp_path: Path, at: int, patch: bytes) -> None:
    file = case(tmp_path, WHOLE[:at] + patch + WHOLE[at + len(patch) :], ".xlsx")
    with suppress(ScenarioError):  # and nothing else
        load(file)


def test_without_openpyxl_it_says_what_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    assert message(tmp_path, WHOLE, ".xlsx") == "1: needs openpyxl: pip install 'mufakat[excel]'"
    assert load(case(tmp_path, CSV)).listed


def test_a_workbook_is_closed(tmp_path: Path) -> None:
    (tmp_path / "list.xlsx").write_bytes(WHOLE)
    read_sheet(tmp_path / "list.xlsx", "stakeholders")
    (tmp_path / "list.xlsx").rename(tmp_path / "moved.xlsx")


@pytest.mark.parametrize(
    ("cell", "value"), [("0,5", 0.5), ("2.333", 2.333), ("1.000", 1.0), ("12", 12.0)]
)
def test_a_point_is_a_decimal_point_where_no_number_has_a_comma(
    cell: str, value: float, tmp_path: Path
) -> None:
    content = f"name;sector;funds\nCity;government;{cell}\nMill;private;1\nVillage;community;1\n"
    listed = load(case(tmp_path, content)).listed
    assert listed is not None
    assert listed[0].funds == value


def test_a_thousand_is_not_read_as_one(tmp_path: Path) -> None:
    content = "name;sector;funds\nCity;government;1.000\nMill;private;0,5\nVillage;community;1\n"
    with pytest.raises(ScenarioError, match=r'list\.csv:2: funds: must be a number.* "1\.000"'):
        load(case(tmp_path, content))
