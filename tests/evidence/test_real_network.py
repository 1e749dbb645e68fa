"""A run on a real network: 80 actors of a Swiss wetland's governance (R package motifr)."""

import csv
from pathlib import Path

import pytest

import sim
from sim.scenario import SECTORS

EVIDENCE = Path(__file__).parents[3] / "shared" / "evidence"
EDGES = EVIDENCE / "swiss_wetland_network_edges.csv"


@pytest.fixture
def wetland(tmp_path: Path) -> Path:
    if not EDGES.exists():
        pytest.skip("the evidence file swiss_wetland_network_edges.csv is not here")
    with EDGES.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file)
                if row["source_level"] == row["target_level"] == "actor"]  # fmt: skip
    pairs = sorted({tuple(sorted((row["source"], row["target"]))) for row in rows})
    tied = {name for pair in pairs for name in pair}
    actors = [f"actor{k}" for k in range(1, 81)]
    assert tied <= set(actors)
    people = [f"{name},{SECTORS[k % 4]}" for k, name in enumerate(actors)]
    (tmp_path / "stakeholders.csv").write_text("\n".join(["name,sector", *people]) + "\n")
    ties = [f"{one},{other}," for one, other in pairs]
    (tmp_path / "ties.csv").write_text("\n".join(["from,to,trust", *ties]) + "\n")
    (tmp_path / "scenario.toml").write_text(
        'title = "Wetland"\nextends = "network"\n'
        '[stakeholders]\nfile = "stakeholders.csv"\n[form]\nties_file = "ties.csv"\n'
    )
    return tmp_path


def test_eighty_real_actors_go_through_a_whole_run(wetland: Path) -> None:
    scenario = sim.load(wetland)
    assert len(scenario.listed or ()) == 80
    assert len(scenario.listed_ties or ()) == 288
    density = 2 * 288 / (80 * 79)
    assert round(density, 3) == 0.091
    done = sim.run(scenario)
    neighbours: dict[str, set[str]] = {}
    for tie in scenario.listed_ties or ():
        neighbours.setdefault(tie.from_, set()).add(tie.to)
        neighbours.setdefault(tie.to, set()).add(tie.from_)
    told = done.events[done.events["event"].isin(["explained", "argued"])]
    assert len(told) > 1000
    assert all(whom in neighbours[who] for who, whom in zip(told["who"], told["whom"], strict=True))
    model = sim.CollaborationModel(scenario)
    degrees = sum(len(agent.trust) for agent in model.stakeholders)
    assert degrees == 576
