"""The package as others meet it: its names, its documents, its wheel."""

import os
import re
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

import pytest

import sim


def test_every_public_name_is_there() -> None:
    assert all(getattr(sim, name) is not None for name in sim.__all__)
    assert set(sim.__all__) <= set(dir(sim))


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(AttributeError, match="no attribute 'lood'"):
        sim.lood  # noqa: B018


def test_importing_it_imports_next_to_nothing(root: Path) -> None:
    code = "import sys; before = set(sys.modules); import sim; print(*set(sys.modules) - before)"
    ended = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            f"import sys; sys.path.insert(0, {str(root)!r}); {code}",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {name.split(".")[0] for name in ended.stdout.split()}
    assert loaded <= {"sim", *sys.stdlib_module_names}


def test_loading_a_scenario_does_without_the_engines(root: Path) -> None:
    code = (
        "import sys, sim; sim.load('team'); "
        "print([name for name in ('mesa', 'numba', 'pandas', 'numpy') if name in sys.modules])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert ended.stdout == "[]\n"


def test_one_version_everywhere(root: Path) -> None:
    citation = (root / "CITATION.cff").read_text(encoding="utf-8")
    assert re.findall(r"^version: (.*)$", citation, re.MULTILINE) == [sim.__version__]
    changes = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## \[(Unreleased|{re.escape(sim.__version__)})\]", changes, re.MULTILINE)


def test_it_is_typed(root: Path) -> None:
    assert (root / "sim" / "py.typed").exists()


def blocks(root: Path, language: str) -> list[str]:
    """The blocks of the README in one language."""
    text = (root / "README.md").read_text(encoding="utf-8")
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [block for named, block in found if named == language]


def test_the_scenario_in_the_readme_is_ten_lines_and_runs(root: Path, tmp_path: Path) -> None:
    (text,) = blocks(root, "toml")
    assert len(text.splitlines()) == 10
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    scenario = sim.load(tmp_path / "mine.toml")
    assert scenario.principles.deliberation == 0.9
    sim.run(scenario)


def test_the_python_in_the_readme_runs(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for block in blocks(root, "python"):
        exec(compile(block, "README.md", "exec"), {})
    assert Path("results", "more_deliberation", "manifest.json").exists()
    assert capsys.readouterr().out


def test_the_readme_lists_what_is_shipped(root: Path) -> None:
    text = (root / "README.md").read_text(encoding="utf-8")
    section = text.split("## Shipped scenarios")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    assert sorted(re.findall(r"`(\w+)`", "".join(rows))) == sorted(sim.shipped())


def test_the_documents_point_at_files_that_exist(root: Path) -> None:
    for document in ("README.md", "results/README.md", "CHANGELOG.md"):
        text = (root / document).read_text(encoding="utf-8")
        for link in re.findall(r"\]\(([^)#]+)\)", text):
            if not link.startswith("http"):
                assert (root / document).parent.joinpath(link).exists(), (document, link)


@pytest.mark.slow
def test_an_installed_wheel_brings_its_scenarios(root: Path, tmp_path: Path) -> None:
    """By way of the source distribution, so that it too holds all that a wheel needs."""
    subprocess.run([sys.executable, "-m", "build", "--outdir", tmp_path, root], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    venv.create(tmp_path / "fresh", with_pip=True)
    programs = tmp_path / "fresh" / ("Scripts" if sys.platform == "win32" else "bin")
    subprocess.run([programs / "python", "-m", "pip", "install", "--quiet", wheel], check=True)
    alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def says(*command: str) -> str:
        program, *arguments = command
        ended = subprocess.run(
            [programs / program, *arguments],
            cwd=tmp_path,
            env=alone,
            capture_output=True,
            text=True,
            check=True,
        )
        return ended.stdout

    listed = [line.split()[0] for line in says("mufakat", "list").splitlines()]
    assert listed == list(sim.shipped())
    assert says("mufakat", "check", "river_basin", "--resolved")
    code = "from sim.evidence.targets import stagings; print(*stagings())"
    assert says("python", "-c", code).split()[0] == "game_equal"
    code = "import sim; print(len(sim.read_posterior('shipped')))"
    assert int(says("python", "-c", code)) > 50
    assert says("mufakat", "run", "river_basin")
    assert (tmp_path / "results" / "river_basin" / "manifest.json").exists()
    assert says("python", "-c", "import sim; print(sim.__file__)").startswith(str(tmp_path))


def test_the_lower_bounds_are_stated_for_every_dependency(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert all(">=" in needed for needed in project["dependencies"])


def test_the_claims_and_the_sweep_in_the_readme_are_read(root: Path, tmp_path: Path) -> None:
    from sim.scenario.grid import grid
    from sim.studies.claim_file import read_claims

    plain = [block for block in blocks(root, "") if block.startswith(("[sweep]", "error_rate"))]
    sweep, claims = plain
    (tmp_path / "claims.toml").write_text(claims, encoding="utf-8")
    assert len(read_claims(tmp_path / "claims.toml").claims) == 2
    (tmp_path / "mine.toml").write_text(f'title = "Mine"\n{sweep}', encoding="utf-8")
    assert len(grid({"mine": sim.load(tmp_path / "mine.toml")})) == 30
