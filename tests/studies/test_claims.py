"""Claims: their language, their file, and their verdicts."""

from pathlib import Path

import numpy as np
import pytest

import sim
from sim import cli
from sim.scenario import ScenarioError
from sim.studies.claim_file import read_claims
from sim.studies.claims import (
    CLAIM_COLUMNS,
    REFUTED,
    SUPPORTED,
    UNDETERMINED,
    decide,
)
from sim.studies.statistics import estimate

QUICK = 'extends = "baseline"\ncycles = 1\nphases = ["listening", "debate"]\n'
CONSENSUS = f'{QUICK}title = "All"\n'
MAJORITY = f'{QUICK}title = "Most"\ndecision.rule = "majority"\n'
OF_RULE = 'in = "all.toml"\nfrom = "consensus"\nto = "majority"'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("all.toml").write_text(CONSENSUS)
    Path("most.toml").write_text(MAJORITY)
    return tmp_path


def claims(*texts: str, top: str = "runs = 200") -> Path:
    """A file of claims: each a sentence, and perhaps further lines."""
    lines = [top]
    for text in texts:
        says, _break, more = text.partition("\n")
        lines += ["[[claim]]", f'says = "{says}"', *([more] if more else [])]
    Path("claims.toml").write_text("\n".join(lines) + "\n")
    return Path("claims.toml")


def verdicts(*texts: str, top: str = "runs = 200") -> list[str]:
    return sim.check_claims(claims(*texts, top=top)).table()["verdict"].tolist()


# What is claimed.


def test_what_a_majority_can_decide_it_does_more_often_than_a_consensus() -> None:
    """Whoever all accept, most accept: this is arithmetic."""
    found = verdicts(
        "most.toml >= all.toml on agreement",
        "all.toml <= most.toml on agreement",
        "most.toml better than all.toml on agreement",
        "most.toml is better than all.toml on months_to_agreement",
        f"decision.rule raises agreement\n{OF_RULE}",
        "all.toml >= most.toml on agreement by 0.05",
        "most.toml < all.toml on agreement",
        f"rule lowers agreement\n{OF_RULE}",
        "all.toml >= all.toml on agreement",
    )
    assert found == [SUPPORTED] * 5 + [REFUTED] * 3 + [UNDETERMINED]


def test_a_difference_has_the_sense_of_its_sentence() -> None:
    table = sim.check_claims(
        claims(
            "all.toml < most.toml on agreement",
            "most.toml > all.toml on agreement by 0.9",
            "all.toml <= most.toml on agreement by -0.9",
        )
    ).table()
    assert list(table.columns) == [name for name, _meaning in CLAIM_COLUMNS]
    assert table["verdict"].tolist() == [SUPPORTED, REFUTED, SUPPORTED]
    assert table["margin"].tolist() == [0.0, 0.9, 0.9]
    first, second, _third = table.to_dict("records")
    assert first["difference"] == -second["difference"] < 0
    assert first["low"] < first["difference"] < first["high"] < 0 < second["low"]
    assert first["pairs"] == first["runs"] == 200


def test_a_level_is_changed_from_end_to_end_unless_the_claim_says_otherwise() -> None:
    found = read_claims(claims('deliberation raises agreement\nin = "team"\nbecause = "talk"'))
    (claim,) = found.claims
    assert (claim.statement.one, claim.statement.other) == (
        "team, deliberation=1",
        "team, deliberation=0",
    )
    assert found.scenarios["team, deliberation=1"] == sim.load("team").variant(
        {"principles.deliberation": 1.0}
    )
    assert (claim.because, claim.line) == ("talk", 3)


def test_runs_and_seeds_are_the_claims_else_the_files_unless_the_command_says() -> None:
    file = claims(
        "team > network on trust\nruns = 7",
        "team > network on trust\nseed = 0",
        top="runs = 30\nseed = 5",
    )
    asked = [(claim.runs, claim.seed) for claim in read_claims(file).claims]
    assert asked == [(7, 5), (30, 0)]
    asked = [(claim.runs, claim.seed) for claim in read_claims(file, runs=9, seed=0).claims]
    assert asked == [(9, 0), (9, 0)]


def test_runs_are_shared_and_each_claim_rests_on_its_own_number() -> None:
    found = sim.check_claims(
        claims(
            "team > network on trust\nruns = 12",
            "network > team on support",
            "team > all.toml on trust",
            "team > network on trust\nseed = 2",
            top="runs = 20",
        )
    )
    names = {seed: list(study.scenarios) for seed, study in found.studies.items()}
    assert names == {1: ["team", "network", "all.toml"], 2: ["team", "network"]}
    runs = found.studies[1].runs
    own = runs[runs["run"] < 12].pivot(index="run", columns="scenario", values="trust")
    first = found.table().iloc[0]
    assert first["runs"] == 12
    assert first["difference"] == pytest.approx((own["team"] - own["network"]).mean())


# What is wrong with a file.

WRONG = [
    ("team > taem on trust", ':3: claim[1].says: no shipped scenario is called "taem", did you'),
    (
        "team > network on trusst",
        ':3: claim[1].says: "trusst" is no outcome, did you mean "trust"?',
    ),
    ("teams are better", ":3: claim[1].says: is no claim that can be tested; write"),
    ("team > network on trust by much", ":3: claim[1].says: is no claim that can be tested"),
    ("deliberation rises agreement", '(or lowers); did you mean "raises"?'),
    ("team > network on trust by 0,05", "(or lowers); a number has a decimal point, as in 0.5"),
    ("team > network on trust by 5%", "(or lowers); 5 % of a share is 0.05"),
    ("team > network on delivery by 5", ":3: claim[1].says: delivery is from 0 to 1, and differs"),
    (f"team > network on trust by {'9' * 400}", ":3: claim[1].says: is no claim that can be te"),
    ("team > network on trust\nseed = -1", "(0 to 18446744073709551615), not -1"),
    ('deliberaton raises trust\nin = "team"', ":3: claim[1].says: deliberaton: unknown name, did"),
    ("deliberation raises trust", ":2: claim[1]: the scenario is missing that this holds for"),
    ('deliberation raises trust\nin = "taem"', ":4: claim[1].in: no shipped scenario is called"),
    (
        'deliberation raises trust\nin = "team"\nto = 2',
        ":5: claim[1].to: must be a number (0 to 1)",
    ),
    (
        'deliberation raises trust\nin = "team"\nto = 0',
        ":5: claim[1].to: is the same value as from",
    ),
    (
        'cycles raises trust\nin = "team"',
        ":2: claim[1].from: is missing: the value of cycles there",
    ),
    ('team > network on trust\nin = "team"', ":4: claim[1].in: belongs to a claim on a field"),
    ("team > network on trust\nruns = 1", ":4: claim[1].runs: must be a whole number (2 to"),
    ("team > network on trust\nrun = 9", ':4: claim[1].run: unknown name, did you mean "runs"?'),
    ("team better than network on opinion_spread", ":3: claim[1].says: more opinion_spread is"),
    ("../all.toml > team on trust", ':3: claim[1].says: "../all.toml" is not in the folder of'),
    ("none.toml > team on trust", ':3: claim[1].says: there is no file "none.toml"'),
    ("swept.toml > team on trust", ":3: claim[1].says: swept.toml has a sweep"),
    (
        'power_share.private raises trust\nin = "listed.toml"\nto = 0.5',
        "power is listed stakeholder",
    ),
]


@pytest.mark.parametrize(("text", "said"), WRONG)
def test_a_mistake_is_told_with_its_line(
    text: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("swept.toml").write_text(f"{QUICK}[sweep]\ncycles = [1, 2]\n")
    people = "".join(
        f'[[listed]]\nname = "{name}"\nsector = "private"\npower = 1\n' for name in "abc"
    )
    Path("listed.toml").write_text(f'title = "x"\n{people}')
    assert cli.main(["claims", str(claims(text))]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("claims.toml:")
    assert said in err
    assert err.count("\n") == 1


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(ScenarioError) as caught:
        read_claims(claims("team > network on trusst", "team > taem on trust"))
    assert [line.split(":")[1] for line in str(caught.value).splitlines()] == ["3", "5"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "claim: is missing"),
        ("claim = []", "claim: nothing is claimed"),
        ("error_rate = 0\n[[claim]]\nsays = 'x'", "1: error_rate: must be a number (1e-06 to 0.5)"),
        ("[[claims]]\nsays = 'x'", 'claims: unknown name, did you mean "claim"?'),
        ("[[claim]\n", ":1: "),
    ],
)
def test_a_file_that_is_none_of_claims_is_refused(text: str, said: str) -> None:
    Path("claims.toml").write_text(text)
    with pytest.raises(ScenarioError) as caught:
        read_claims("claims.toml")
    assert said in str(caught.value)


def test_a_mistake_in_a_scenario_is_told_with_the_scenarios_line() -> None:
    Path("all.toml").write_text(f"{CONSENSUS}[form]\nkind = 3\n")
    with pytest.raises(ScenarioError, match=r"all.toml:6: form.kind: must be one of"):
        read_claims(claims("all.toml > team on trust"))


def test_a_folder_called_like_a_shipped_scenario_is_not_taken_for_it() -> None:
    Path("team").mkdir()
    Path("team", "scenario.toml").write_text(MAJORITY)
    assert read_claims(claims("team > network on trust")).scenarios["team"] == sim.load(
        sim.scenario.files.shipped_file("team")
    )


# The command.


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        (["most.toml >= all.toml on agreement"], 0),
        (["most.toml >= all.toml on agreement", "all.toml > all.toml on agreement"], 3),
        (["all.toml >= all.toml on agreement", "all.toml > most.toml on agreement"], 1),
    ],
)
def test_the_exit_code_says_how_it_went(
    texts: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["claims", str(claims(*texts)), "--workers", "1"]) == code
    out, err = capsys.readouterr()
    assert err == ""
    assert out.splitlines()[0].split() == ["verdict", "difference", "interval", "pairs", "claim"]
    assert len(out.splitlines()) == len(texts) + 2


def test_the_table_tells_all_there_is_to_a_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    hardly = "community > network on months_to_agreement"
    file = claims("most.toml < all.toml on months_to_agreement", hardly)
    assert cli.main(["claims", str(file), "--runs", "40", "--seed", "3"]) == 3
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("supported ")
    pairs = sim.check_claims(file, runs=40, seed=3).table().loc[0, "pairs"]
    assert " to -" in lines[1]
    assert f"{pairs} of 40" in lines[1]
    assert lines[2].startswith("undetermined ")
    assert "runs of another seed would most likely settle it)" in lines[2]
    assert lines[3] == "The chance that any of these 2 verdicts is wrong is at most 0.05."


def test_a_file_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["claims", "none.toml"]) == 2
    assert "none.toml: No such file" in capsys.readouterr().err


def test_the_verdicts_on_a_study_are_those_on_its_runs() -> None:
    checked = sim.check_claims(claims("most.toml > all.toml on agreement by 0.01"))
    runs = checked.studies[1].runs.pivot(index="run", columns="scenario", values="agreement")
    own = estimate(runs["all.toml"].to_numpy(), runs["most.toml"].to_numpy(), is_binary=True)
    ends = decide(own, np.array([0.01]), 0.05)
    row = checked.table().iloc[0]
    assert (row["low"], row["high"]) == (ends.low[0], ends.high[0])
