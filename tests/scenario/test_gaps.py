"""A half-filled case hears at once of everything that is missing or wrong."""

from pathlib import Path

import pytest

from sim.scenario import ScenarioError, load

SCENARIO = 'title = "Ours"\n[stakeholders]\nfile = "stakeholders.csv"\n'
TIED = f'{SCENARIO}[form]\nties_file = "ties.csv"\n'
HEAD = "name,sector,power_1to5,funds\n"
THREE = "City,government,5,2\nMill,private,4,2\nVillage,community,1,1\n"
CONVENER = "the listed stakeholder that calls the meetings; moves no number"
DELETE = "(or delete the row)"


def said(folder: Path, **files: str) -> list[str]:
    """What is said of files by their stem, line by line."""
    for name, text in files.items():
        suffix = ".toml" if name == "scenario" else ".csv"
        (folder / f"{name}{suffix}").write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as refusal:
        load(folder)
    return [line.removeprefix(f"{folder}/") for line in str(refusal.value).splitlines()]


def test_every_empty_text_of_a_scenario_is_to_be_filled_in(tmp_path: Path) -> None:
    text = """
title = ""
description = "  "
[form]
kind = ""
[problem]
[[problem.axes]]
name = ""
low = "villages"
[[problem.axes]]
name = "How much"
high = ""
[leadership]
convener = ""
convenor = ""
[decision]
veto = [""]
"""
    missing = "is still to be filled in"
    assert said(tmp_path, scenario=text) == [
        f"scenario.toml:2: title: {missing} (the scenario in a few words)",
        f"scenario.toml:3: description: {missing} (what it is about)",
        f'scenario.toml:5: form.kind: {missing}: one of "team", "community", "network" '
        "(the form whose values are filled in)",
        f"scenario.toml:8: problem.axes[1].name: {missing} (what the axis is about)",
        f"scenario.toml:12: problem.axes[2].high: {missing} (what 1 stands for)",
        f"scenario.toml:14: leadership.convener: {missing} ({CONVENER})",
        'scenario.toml:15: leadership.convenor: unknown name, did you mean "convener"?',
        f"scenario.toml:17: decision.veto[1]: {missing} (sectors that must accept by themselves)",
    ]


def test_a_file_name_and_a_parent_may_be_missing(tmp_path: Path) -> None:
    text = 'extends = ""\n[stakeholders]\nfile = ""\n[form]\nties_file = " "\n'
    assert [line.split(" (")[0] for line in said(tmp_path, scenario=text)] == [
        "scenario.toml:1: extends: is still to be filled in",
        "scenario.toml:3: stakeholders.file: is still to be filled in",
        "scenario.toml:5: form.ties_file: is still to be filled in",
    ]


def test_a_childs_text_fills_in_its_parents(tmp_path: Path) -> None:
    (tmp_path / "parent.toml").write_text('title = ""\n[leadership]\nconvener = ""\n')
    child = 'extends = "parent.toml"\ntitle = "Ours"\n'
    assert said(tmp_path, scenario=child) == [
        f"parent.toml:3: leadership.convener: is still to be filled in ({CONVENER})"
    ]
    listed = [f'[[listed]]\nname = "{name}"\nsector = "private"\n' for name in "ABC"]
    child = "".join([child, '[leadership]\nconvener = "A"\n', *listed])
    (tmp_path / "scenario.toml").write_text(child)
    assert load(tmp_path).leadership.convener == "A"


def test_a_row_says_all_that_it_lacks(tmp_path: Path) -> None:
    rows = f"{HEAD}# a comment\n{THREE}Mine,private,,\n,,,\n,civil_society,,3\n,,2,\n"
    assert said(tmp_path, scenario=SCENARIO, stakeholders=rows) == [
        f"stakeholders.csv:6: still to be filled in: power_1to5, funds {DELETE}",
        f"stakeholders.csv:8: still to be filled in: name, power_1to5 {DELETE}",
        f"stakeholders.csv:9: still to be filled in: name, sector, funds {DELETE}",
    ]


def test_a_column_that_is_empty_in_every_row_is_said_once(tmp_path: Path) -> None:
    rows = f"{HEAD}City,government,1,\nMill,private,,\n,community,1,\n"
    assert said(tmp_path, scenario=SCENARIO, stakeholders=rows) == [
        "stakeholders.csv:1: funds: is empty in every row: fill it in, or delete the column and "
        "its values are drawn",
        f"stakeholders.csv:3: still to be filled in: power_1to5 {DELETE}",
        f"stakeholders.csv:4: still to be filled in: name {DELETE}",
    ]


def test_where_no_row_is_begun_each_says_everything(tmp_path: Path) -> None:
    rows = f"{HEAD},government,,\n,private,,\n"
    assert said(tmp_path, scenario=SCENARIO, stakeholders=rows) == [
        f"stakeholders.csv:{line}: still to be filled in: name, power_1to5, funds {DELETE}"
        for line in (2, 3)
    ]


@pytest.mark.parametrize(
    ("column", "value"), [("seated", "yes"), ("norm", "equal_effect"), ("immovable", "no")]
)
def test_words_are_given_for_every_stakeholder_too(tmp_path: Path, column: str, value: str) -> None:
    rows = f"name,sector,{column}\nA,private,{value}\nB,private,\nC,private,{value}\n"
    assert said(tmp_path, scenario=SCENARIO, stakeholders=rows) == [
        f"stakeholders.csv:3: still to be filled in: {column} {DELETE}"
    ]


def test_trust_may_be_empty(tmp_path: Path) -> None:
    ties = "from,to,trust_1to5\nCity,Mill,\nMill,City\nVillage,,\n"
    assert said(tmp_path, scenario=TIED, stakeholders=HEAD + THREE, ties=ties) == [
        f"ties.csv:4: still to be filled in: to {DELETE}"
    ]
    (tmp_path / "ties.csv").write_text(ties.replace("Village,,\n", ""))
    assert [tie.trust for tie in load(tmp_path).listed_ties or ()] == [None, None]


def test_all_faults_of_all_files_are_said_together(tmp_path: Path) -> None:
    scenario = """
extends = "basline"
title = ""
[debate]
mu = 2
muu = 1
[stakeholders]
file = "stakeholders.csv"
[form]
ties_file = "ties.csv"
deadline = 0
[decision]
rule = "consensos"
"""
    rows = (
        "name,sector,power_1to5,funds\nCity,goverment,6,2\nMill,private,much,\n"
        "City,private,1,x\n,community,1,1\nCity,private,1,1,,5\n"
    )
    ties = "from,to,trust_1to5\nCity,Mil,0\nMill,City,3\nMill,City,3\nMill,Mill,1\nXanadu,,1\n"
    found = said(tmp_path, scenario=scenario, stakeholders=rows, ties=ties)
    assert [line.split(":")[:3] for line in found] == [
        [file, line, f" {field}"]
        for file, line, field in [
            ("scenario.toml", "2", "extends"),
            ("scenario.toml", "3", "title"),
            ("scenario.toml", "5", "debate.mu"),
            ("scenario.toml", "6", "debate.muu"),
            ("scenario.toml", "11", "form.deadline"),
            ("scenario.toml", "13", "decision.rule"),
            ("stakeholders.csv", "2", "power_1to5"),
            ("stakeholders.csv", "2", "sector"),
            ("stakeholders.csv", "3", "power_1to5"),
            ("stakeholders.csv", "3", "still to be filled in"),
            ("stakeholders.csv", "4", "funds"),
            ("stakeholders.csv", "4", "name"),
            ("stakeholders.csv", "5", "still to be filled in"),
            ("stakeholders.csv", "6", "has 6 cells, the header has 4"),
            ("stakeholders.csv", "6", "name"),
            ("ties.csv", "2", "trust_1to5"),
            ("ties.csv", "2", "to"),
            ("ties.csv", "4", 'the tie from "Mill" to "City" is listed twice'),
            ("ties.csv", "5", 'to'),
            ("ties.csv", "6", "still to be filled in"),
            ("ties.csv", "6", "from"),
        ]
    ]  # fmt: skip


def test_every_wrong_name_is_said(tmp_path: Path) -> None:
    rows = f"{HEAD}{THREE}Mill,private,1,1\nCity,private,1,1\n"
    ties = "from,to\nCity,Mil\nXanadu,Vilage\nMill,Mill\nCity,Mill\nCity,Mill\nCity,Mill\n"
    found = said(tmp_path, scenario=TIED, stakeholders=rows, ties=ties)
    assert [line.split(": ", 1)[1] for line in found] == [
        'name: "Mill" is listed twice',
        'name: "City" is listed twice',
        'to: unknown stakeholder "Mil", did you mean "Mill"?',
        'from: unknown stakeholder "Xanadu", known: City, Mill, Village',
        'to: unknown stakeholder "Vilage", did you mean "Village"?',
        'to: "Mill" is tied to itself',
        'the tie from "City" to "Mill" is listed twice',
        'the tie from "City" to "Mill" is listed twice',
    ]


def test_nobody_is_unknown_before_anybody_is_named(tmp_path: Path) -> None:
    rows = f"{HEAD},government,1,1\n"
    found = said(tmp_path, scenario=TIED, stakeholders=rows, ties="from,to\nCity,Mill\n")
    assert found == [f"stakeholders.csv:2: still to be filled in: name {DELETE}"]


def test_a_list_that_cannot_be_read_hides_nothing_else(tmp_path: Path) -> None:
    found = said(tmp_path, scenario=f"cycles = 0\n{TIED}", ties="from\n")
    folder = str(tmp_path)
    assert [line.replace(folder, "") for line in found] == [
        "scenario.toml:1: cycles: must be a whole number (1 to 1000), not 0 "
        "(problems taken up, one a cycle)",
        'scenario.toml:4: stakeholders.file: there is no file "stakeholders.csv" in ',
        "ties.csv:1: to: this column is missing (who is listened to)",
    ]


def test_every_event_that_cannot_happen_is_said(tmp_path: Path) -> None:
    events = "".join(
        f'[[events]]\nfield = "{field}"\nset = {value}\n{when}\n'
        for field, value, when in [
            ("debate.mu", "2", "round = 1"),
            ("debate.mo", "1", "round = 900"),
            ("debate.mu", "1", "cycle = 1"),
            ("cycles", "1", "cycle = 9"),
        ]
    )
    found = said(tmp_path, scenario=events)
    assert [line.split(": ")[:2] for line in found] == [
        ["scenario.toml:3", "events[1].set"],
        ["scenario.toml:6", "events[2].field"],
        ["scenario.toml:8", "events[2].round"],
        ["scenario.toml:14", "events[4].field"],
        ["scenario.toml:16", "events[4].cycle"],
    ]
