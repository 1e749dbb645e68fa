"""One line a run: the digest of all its tables. Two interpreters must print the same lines.

    python tests/digests.py [scenario.json ...]

Without arguments the shipped scenarios are run, and a study of them is made; else resolved
scenarios written as JSON are run.
"""

import hashlib
import json
import sys
from pathlib import Path

import pandas as pd

import sim
from sim.api.run import Run
from sim.scenario import Scenario


def digest(run: Run) -> str:
    """A fingerprint of every byte that the run's tables are written as."""
    return fingerprint(
        run.outcomes.to_frame().T,
        run.rounds,
        run.stakeholders,
        run.events,
        run.paths,
        run.ties,
        run.options,
    )


def fingerprint(*tables: pd.DataFrame) -> str:
    """A fingerprint of every byte that the tables are written as."""
    content = hashlib.sha256()
    for table in tables:
        content.update(table.to_csv(index=False, lineterminator="\n").encode())
    return content.hexdigest()


def main(files: list[str]) -> None:
    """Print the digests."""
    asked = {name: sim.load(name) for name in sim.shipped()}
    if files:
        texts = {name: Path(name).read_text(encoding="utf-8") for name in files}
        asked = {name: Scenario(**json.loads(text)) for name, text in texts.items()}
    for name, scenario in asked.items():
        print(Path(name).name, digest(sim.run(scenario, seed=3, run=2)))
    if not files:
        study = sim.study(asked, runs=1, seed=3, progress=False)
        print("study", fingerprint(study.runs))


if __name__ == "__main__":
    main(sys.argv[1:])
