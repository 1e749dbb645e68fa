"""Bad input gets one message that says where, what, what is allowed, what was perhaps meant.

One case a line: the text, and what its message holds.
"""
# ruff: noqa: E501

from pathlib import Path

import pytest

from sim.scenario import ScenarioError, load, shipped

CASE = '[stakeholders]\nfile = "stakeholders.csv"\n'
TIED = f'{CASE}[form]\nties_file = "ties.csv"\n'
HEAD = "name,sector,power\n"
ENCODING = 'is not UTF-8 text: save it as "CSV UTF-8" (a spreadsheet) or as UTF-8 (an editor)'
ROWS = "City,government,2\nMill,private,1\nVillage,community,1\n"

TOML = [
    (
        '#\n\n[principles]\ndeliberaton = 1\n',
        '4: principles.deliberaton: unknown name, did you mean "deliberation"? '
        "(0 to 1: how far everyone is heard alike)",
    ),
    ("cycle = 1", '1: cycle: unknown name, did you mean "cycles"? (1 to 1000: '),
    ("\nself = 1", "2: self: unknown name, known: title, description"),
    ("[debat]\nmu = 1", '1: debat: unknown name, did you mean "debate"?'),
    ("[debate]\neta_face = 1", '2: debate.eta_face: unknown name, did you mean "listening.eta_face"'),
    ('cycles = "3"', '1: cycles: must be a whole number (1 to 1000), not "3"'),
    ("cycles = 3.0", "1: cycles: must be a whole number (1 to 1000), not 3.0"),
    ("cycles = true", "1: cycles: must be a whole number (1 to 1000), not true"),
    ("cycles = 0", "1: cycles: must be a whole number (1 to 1000), not 0"),
    ("decide = 1", "1: decide: must be true or false, not 1"),
    ("title = 1", "1: title: must be a text, not 1"),
    ("debate = 1", "1: debate: must be a table, not 1"),
    ("events = 1", "1: events: must be a list, not 1"),
    ("[debate]\n\nmu = 1.5", "3: debate.mu: must be a number (0 to 1), not 1.5"),
    ("[debate]\nmu = nan", "2: debate.mu: must be a number (0 to 1), not nan"),
    ("[debate]\nmu = inf", "2: debate.mu: must be a number (0 to 1), not inf"),
    ("[debate]\nmu = 2024-01-01", "2: debate.mu: must be a number (0 to 1), not 2024-01-01"),
    ("debate = { amend = 0.1,  mu = -1 }", "1: debate.mu: must be a number (0 to 1), not -1"),
    ('form.kind = "tema"', '1: form.kind: must be one of "team", "community", "network", not "tema", '),
    ('form.kind = "tema"', 'did you mean "team"?'),
    ('form.seats = "some"', '1: form.seats: must be "all" or a whole number (1 to 1000000), not "some"'),
    ("form.k = 3", "1: form.k: must be an even number (0 to 1000), not 3"),
    ('decision.quorum = "1/2"', "1: decision.quorum: must be a number (more than 0.5, up to 1), not 0.5"),
    ('decision.quorum = "1/0"', "1: decision.quorum: must be a number (more than 0.5, up to 1), "),
    ("decision.lead_quorum = 1", "1: decision.lead_quorum: must be a number (0.5 to less than 1), not 1"),
    ('decision.veto = ["public"]', '1: decision.veto[1]: must be one of "government", '),
    ('decision.veto = ["private", "private"]', "1: decision.veto: a sector is listed twice"),
    ('\nphases = [\n"listening",\n"rest"]', '4: phases[2]: must be one of "listening", "debate", '),
    ('phases = ["debate", "listening"]', "1: phases: must stand once each, in the order listening, "),
    ('phases = ["debate", "action"]', "1: phases: nothing is pledged without planning"),
    ('phases = ["renewal"]', "1: phases: no phase has any round"),
    (
        "[stakeholders.government]\npower = 0\n[stakeholders.private]\npower = 0\n"
        "[stakeholders.community]\npower = 0\n[stakeholders.civil_society]\npower = 0\n",
        "1: stakeholders: nobody has any power",
    ),
    (
        "[stakeholders]\ngovernment.count = 2\nprivate.count = 0\n"
        "community.count = 0\ncivil_society.count = 0\n",
        "1: stakeholders: a collaboration needs at least three stakeholders",
    ),
    ("cycles = ", "1: Invalid value"),
    ("[debate]\nmu = 0,5", "2: Expected newline or end of document after a statement; a number has a decimal point, as in 0.5"),
    ("[debate]\nmu = 70 %", "2: Expected newline or end of document after a statement; a share is a number from 0 to 1"),
    ("title = Our river", "1: Invalid value; a text stands between straight quotation marks, as in title = "),
    ("title = “Our river”", "1: Invalid value; a text stands between straight quotation marks, as in title = "),
    ('title = "The "old" river"', "1: Expected newline or end of document after a statement; inside a text, use ' in place of \""),
    ("cycles = 1\n[debate\nmu = 1", "2: Expected ']'"),
    ('cycles = 1\ntitle = "', "2: "),
    ("cycles = 1\n\ncycles = 2\n", "3: Cannot overwrite a value; the name is there twice"),
    ('title = "Mine\ncycles = 2\n', "a text ends on the line that it begins on"),
    (f"cycles = {'1' * 5000}", "1: "),
    (f"cycles = {'[' * 3000}{']' * 3000}", "1: "),
    ('extends = "basline"', '1: extends: no shipped scenario is called "basline", did you mean "baseline"?'),
    ("extends = 3", "1: extends: must be a text, not 3"),
    ('\nextends = "mine.toml"', "2: extends: extends itself: mine.toml -> mine.toml"),
    ('extends = "none.toml"', '1: extends: there is no file "none.toml" in'),
]  # fmt: skip

EVENTS = [
    ("round = 361\nfield = 'debate.mu'\nset = 1", "2: events[1].round: is beyond the latest possible round, 360"),
    ("cycle = 4\nfield = 'debate.mu'\nset = 1", "2: events[1].cycle: is beyond the last cycle, 3"),
    ("round = 0\nfield = 'debate.mu'\nset = 1", "2: events[1].round: must be a whole number (1 to "),
    ("round = 1\nfield = 'form.kind'\nset = 'team'", "3: events[1].field: form.kind is not changeable"),
    ("round = 1\nfield = 'cycles'\nset = 4", "3: events[1].field: cycles is not changeable"),
    ("round = 1\nfield = 'stakeholders.private.count'\nset = 4", "3: events[1].field: stakeholders.private.count is not changeable"),
    ("round = 1\nfield = 'debate.mo'\nset = 1", '3: events[1].field: unknown field "debate.mo", did you mean "debate.mu"?'),
    ("round = 1\nfield = 'trust_in.goverment'\nset = 1", 'did you mean "trust_in.government"?'),
    ("round = 1\nfield = 'debate.mu'\nset = 1.5", "4: events[1].set: debate.mu must be a number (0 to 1), not 1.5"),
    ("round = 1\nfield = 'debate.mu'\nset = 'much'", '4: events[1].set: debate.mu must be a number (0 to 1), not "much"'),
    ("round = 1\nfield = 'debate.mu'\nset = nan", "4: events[1].set: "),
    ("round = 1\nfield = 'trust_in.private'\nset = 2", "4: events[1].set: trust_in.private must be a number (0 to 1), not 2.0"),
    ("round = 1\nfield = 'decision.rule'\nset = 'most'", '4: events[1].set: decision.rule must be one of "consensus"'),
    ("round = 1\nfield = 'decision.rule'\nscale = 2", "4: events[1].scale: decision.rule can only be set"),
    ("round = 1\nfield = 'debate.mu'\nscale = -1", "4: events[1].scale: must be a number (0 to 1000), not -1"),
    ("round = 1\nfield = 'debate.mu'", "1: events[1]: needs either scale or set"),
    ("round = 1\nfield = 'debate.mu'\nset = 1\nscale = 1", "1: events[1]: needs either scale or set"),
    ("field = 'debate.mu'\nset = 1", "1: events[1]: needs either round or cycle"),
    ("round = 1\ncycle = 1\nfield = 'debate.mu'\nset = 1", "1: events[1]: needs either round or cycle"),
    ("round = 1\nset = 1", "1: events[1].field: is missing"),
    ("round = 1\nfeild = 'debate.mu'\nset = 1", '3: events[1].feild: unknown name, did you mean "field"?'),
]  # fmt: skip

LISTS = [
    ("", "1: is empty"),
    ("# only a comment\n", "1: is empty"),
    ("nam,sector\n", '1: nam: unknown column, did you mean "name"?'),
    ("name,power\n", "1: sector: this column is missing"),
    ("name,sector,name\n", "1: name: this column is listed twice"),
    ("name,sector\n", "1: lists nobody: add a row for each stakeholder"),
    (f"# one\n# two\n{HEAD}\n{ROWS}Mill,private,1\n", '8: name: "Mill" is listed twice'),
    (f"{HEAD}{ROWS}Mine,privat,1\n", '5: sector: must be one of "government", '),
    (f"{HEAD}{ROWS}Mine,privat,1\n", 'not "privat", did you mean "private"?'),
    (f"{HEAD}{ROWS}Mine,private,\n", "5: still to be filled in: power (or delete the row)"),
    (f"{HEAD}{ROWS},private,1\n", "5: still to be filled in: name (or delete the row)"),
    (f"{HEAD}{ROWS}Mine,private\n", "5: still to be filled in: power (or delete the row)"),
    (f"{HEAD}{ROWS}Mine,private,1,2\n", "5: has 4 cells, the header has 3"),
    (f"{HEAD}{ROWS}Mine,private,much\n", '5: power: must be a number (0 to 1000000), not "much"'),
    (f'{HEAD}{ROWS}Mine,private,"0,5"\n', '5: power: must be a number (0 to 1000000), not "0,5"'),
    (f"{HEAD}{ROWS}Mine,private,nan\n", "5: power: must be a number (0 to 1000000), not nan"),
    (f"{HEAD}{ROWS}Mine,private,inf\n", "5: power: must be a number (0 to 1000000), not inf"),
    (f"{HEAD}{ROWS}Mine,private,-1\n", "5: power: must be a number (0 to 1000000), not -1.0"),
    (f'{HEAD}{ROWS}"Mine,private,1\n', "5: unexpected end of data"),
    (f'{HEAD}"Ci\nty",government,2\nMill,private,-1\n', "4: power: must be a number"),
    ("name,sector,seated\nA,private,maybe\n", '2: seated: must be true or false, not "maybe"'),
    ("name,sector,interest_x\nA,private,0\nB,private,0\nC,private,1\n", "1: interest_x and interest_y are given together"),
    ("name,sector,power\nA,private,0\nB,private,0\nC,private,0\n", "1: nobody has any power"),
    ("name,sector\nA,private\nB,private\n", "1: a collaboration needs at least three stakeholders"),
]  # fmt: skip

TIES = [
    ("", "1: is empty"),
    ("from,to\n", "1: lists no tie: add some, or take out the line ties_file, and ties follow the form"),
    ("from,to,trust\nCity,,0.5\n", "2: still to be filled in: to (or delete the row)"),
    ("from,trust\n", "1: to: this column is missing"),
    ("from,to\nCity,Vilage\n", '2: to: unknown stakeholder "Vilage", did you mean "Village"?'),
    ("from,to\nCity,Mill\n\nXanadu,Mill\n", '4: from: unknown stakeholder "Xanadu", known: City, Mill, Village'),
    ("from,to\nCity,City\n", '2: to: "City" is tied to itself'),
    ("from,to\nCity,Mill\nMill,City\nCity,Mill\n", '4: the tie from "City" to "Mill" is listed twice'),
    ("from,to,trust\nCity,Mill,2\n", "2: trust: must be a number (0 to 1), not 2.0"),
    ("from,to,trust\nCity,Mill,high\n", '2: trust: must be a number (0 to 1), not "high"'),
]  # fmt: skip


def message(file: Path) -> str:
    with pytest.raises(ScenarioError) as refusal:
        load(file)
    return str(refusal.value)


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    return tmp_path / "mine.toml"


@pytest.mark.parametrize(("text", "expected"), TOML)
def test_a_bad_scenario(mine: Path, text: str, expected: str) -> None:
    mine.write_text(text, encoding="utf-8")
    said = message(mine)
    assert said.startswith(f"{mine}:")
    assert expected in said


@pytest.mark.parametrize(("text", "expected"), EVENTS)
def test_a_bad_event(mine: Path, text: str, expected: str) -> None:
    mine.write_text(f"[[events]]\n{text}\n")
    said = message(mine)
    assert said.startswith(f"{mine}:")
    assert expected in said


@pytest.mark.parametrize(("text", "expected"), LISTS)
def test_a_bad_list_of_stakeholders(mine: Path, text: str, expected: str) -> None:
    mine.write_text(CASE)
    file = mine.with_name("stakeholders.csv")
    file.write_text(text)
    said = message(mine)
    assert said.startswith(f"{file}:")
    assert expected in said


@pytest.mark.parametrize(("text", "expected"), TIES)
def test_a_bad_list_of_ties(mine: Path, text: str, expected: str) -> None:
    mine.write_text(TIED)
    mine.with_name("stakeholders.csv").write_text(HEAD + ROWS)
    file = mine.with_name("ties.csv")
    file.write_text(text)
    said = message(mine)
    assert said.startswith(f"{file}:")
    assert expected in said


def test_ties_need_a_list_of_stakeholders(mine: Path) -> None:
    mine.write_text('[form]\nties_file = "ties.csv"\n')
    mine.with_name("ties.csv").write_text("from,to\nA,B\n")
    assert "needs stakeholders listed by name" in message(mine)


def test_several_faults_are_said_line_by_line(mine: Path) -> None:
    mine.write_text("cycles = 0\n[debate]\nmu = 2\nmuu = 1\n")
    assert [line.removeprefix(f"{mine}:")[:10] for line in message(mine).splitlines()] == [
        "1: cycles:",
        "3: debate.",
        "4: debate.",
    ]


@pytest.mark.parametrize(
    "name",
    ["../outside.toml", "/outside.toml", "sub/../../outside.toml", "..\\outside.toml",
     "C:\\outside.toml", "link.toml", "linked/outside.toml", "zero\\u0000.toml"],
)  # fmt: skip
def test_no_parent_is_outside_the_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "outside.toml").write_text("cycles = 1")
    folder = tmp_path / "folder"
    (folder / "sub").mkdir(parents=True)
    (folder / "link.toml").symlink_to(tmp_path / "outside.toml")
    (folder / "linked").symlink_to(tmp_path)
    mine = folder / "mine.toml"
    escaped = name if name.startswith("zero") else name.replace("\\", "\\\\")
    mine.write_text(f'\nextends = "{escaped}"\n')
    said = message(mine)
    assert said.startswith(f"{mine}:2: extends: ")
    assert "the folder of the file that names it" in said


@pytest.mark.parametrize("name", ["../outside.csv", "/etc/passwd", "link.csv"])
@pytest.mark.parametrize("field", ["stakeholders.file", "form.ties_file"])
def test_no_list_is_outside_the_folder(tmp_path: Path, field: str, name: str) -> None:
    (tmp_path / "outside.csv").write_text(HEAD + ROWS)
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link.csv").symlink_to(tmp_path / "outside.csv")
    mine = folder / "mine.toml"
    mine.write_text(f'cycles = 1\n{field} = "{name}"\n')
    said = message(mine)
    assert said.startswith(f"{mine}:2: {field}: ")
    assert "the folder of the file that names it" in said


def test_a_link_inside_the_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real.toml").write_text("cycles = 1")
    (tmp_path / "link.toml").symlink_to(tmp_path / "real.toml")
    (tmp_path / "mine.toml").write_text('extends = "link.toml"')
    assert load(tmp_path / "mine.toml").cycles == 1


def test_parents_do_not_go_in_circles(tmp_path: Path) -> None:
    for child, parent in (("a", "b"), ("b", "c"), ("c", "a")):
        (tmp_path / f"{child}.toml").write_text(f'extends = "{parent}.toml"')
    said = message(tmp_path / "a.toml")
    assert said == (
        f"{tmp_path / 'c.toml'}:1: extends: extends itself: a.toml -> b.toml -> c.toml -> a.toml"
    )


def test_a_fault_is_found_in_the_file_that_wrote_it(tmp_path: Path) -> None:
    parent = tmp_path / "parent.toml"
    parent.write_text('[debate]\nmu = 2\n\n[[events]]\nround = 1\nfield = "debate.mu"\nset = 1')
    mine = tmp_path / "mine.toml"
    mine.write_text('extends = "parent.toml"\n[debate]\namend = 0\n')
    assert message(mine).startswith(f"{parent}:2: debate.mu: ")
    mine.write_text('extends = "parent.toml"\n[debate]\nmu = 3\n')
    assert message(mine).startswith(f"{mine}:3: debate.mu: ")
    # The child's list replaces the parent's: what its entry lacks is missing in the child.
    mine.write_text('extends = "parent.toml"\ndebate.mu = 1\n[[events]]\nround = 1\nset = 1\n')
    assert message(mine).startswith(f"{mine}:3: events[1].field: is missing")
    # What makes an inherited event impossible is said where the event stands.
    mine.write_text('extends = "parent.toml"\ndebate.mu = 1\nphases = ["debate", "action"]\n')
    assert message(mine).startswith(f"{mine}:3: phases: ")


def test_a_file_must_be_there_and_be_text(tmp_path: Path) -> None:
    assert message(tmp_path / "none.toml").startswith(f"{tmp_path / 'none.toml'}: No such file")
    assert message(tmp_path).startswith(f"{tmp_path / 'scenario.toml'}: No such file")
    (tmp_path / "folder.toml").mkdir()
    assert message(tmp_path / "folder.toml").startswith(str(tmp_path / "folder.toml"))
    latin = tmp_path / "latin.toml"
    latin.write_bytes('cycles = 1\ntitle = "Überblick"\n'.encode("latin-1"))
    assert message(latin) == f"{latin}:2: {ENCODING}"
    latin.write_text(CASE)
    listed = tmp_path / "stakeholders.csv"
    assert "2: stakeholders.file: there is no file" in message(latin)
    listed.write_bytes((HEAD + "Büro,government,1\n").encode("latin-1"))
    assert message(latin) == f"{listed}:2: {ENCODING}"


@pytest.mark.parametrize(
    "name", ["basline", "", "a\0b", "n" * 5000, "n" * 5000 + ".toml", "a\0.toml"]
)
def test_an_unknown_name(name: str) -> None:
    with pytest.raises(ScenarioError):
        load(name)


def test_an_unknown_name_gets_a_hint() -> None:
    with pytest.raises(ScenarioError, match='did you mean "baseline"') as refusal:
        load("basline")
    assert "basline" in str(refusal.value)
    with pytest.raises(ScenarioError, match=", ".join(shipped())):
        load("xyz")
