"""A study on a Dask cluster of processes on this machine, some of which do not live to its end."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from distributed import Client

import sim
from sim import cli
from sim.api.studies import Study
from sim.studies import study as studies
from sim.studies import workers
from sim.studies.workers import WorkerError

Started = subprocess.Popen[bytes]

DASK = (sys.executable, "-c", "from dask.__main__ import main; main()")
carried = partial(sim.study, ["team", "election"], 60, progress=False)


class Cluster:
    """A scheduler and its workers, as processes."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.folder, self.root = folder, root
        self.file = folder / "scheduler.json"
        self.processes: list[Started] = []
        self._start("scheduler", "--host", "127.0.0.1", "--port", "0")
        until = time.monotonic() + 60
        while not self.file.exists() and time.monotonic() < until:
            time.sleep(0.02)
        self.address: str = json.loads(self.file.read_text())["address"]

    def worker(self) -> Started:
        return self._start(
            "worker", "--nthreads", "1", "--no-nanny", "--local-directory", str(self.folder)
        )

    def _start(self, what: str, *arguments: str) -> Started:
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [*DASK, what, *arguments, "--no-dashboard", "--scheduler-file", str(self.file)],
                cwd=self.folder,
                env={**os.environ, "PYTHONPATH": str(self.root)},
                stdout=log,
                stderr=log,
            )
        self.processes.append(process)
        return process

    def end(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()


@contextmanager
def started(folder: Path, root: Path, workers: int) -> Iterator[Cluster]:
    made = Cluster(folder, root)
    try:
        for _number in range(workers):
            made.worker()
        yield made
    finally:
        made.end()


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Iterator[Cluster]:
    """A cluster of two workers."""
    with started(tmp_path_factory.mktemp("cluster"), root, 2) as made:
        with Client(made.address, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
        yield made


@pytest.fixture
def client(two: Cluster) -> Iterator[Client]:
    with Client(two.address, set_as_default=False) as client:
        yield client


@pytest.fixture(scope="module")
def usual() -> Study:
    return carried()


def same(one: Study, other: Study) -> None:
    pd.testing.assert_frame_equal(one.runs, other.runs, check_exact=True)
    assert len(one.failures) == len(other.failures) == 0


def test_the_table_is_the_same(
    client: Client, usual: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studies, "size_of_batches", lambda _runs, _people: 7)
    same(carried(executor=client.get_executor(pure=False)), usual)


def test_behaviours_go_along(client: Client, usual: Study) -> None:
    class Own(sim.PrivateFirm):
        pass

    behaviours = {"team": {"private": Own}}
    done = sim.study(
        "team", 12, executor=client.get_executor(pure=False), behaviours=behaviours, progress=False
    )
    expected = usual.runs.query("scenario == 'team' and run < 12")
    assert done.runs.drop(columns="scenario").equals(expected.drop(columns="scenario"))


@pytest.mark.slow
def test_the_command_leaves_what_it_leaves_without_a_cluster(
    two: Cluster, mufakat: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    command = ("study", "team", "low_trust", "--runs", "120", "--out")
    here = mufakat(*command, "here")
    there = mufakat(*command, "there", "--dask", two.address)
    assert (there.returncode, there.stderr) == (0, "")
    assert there.stdout == here.stdout.replace("here", "there")
    one, other = (
        {file.name: file.read_bytes() for file in (tmp_path / folder).iterdir()}
        for folder in ("here", "there")
    )
    assert one == other


def test_another_version_on_a_worker_stops_the_study(
    two: Cluster,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sim.studies.workers.model_id", lambda: "0.0.1, 0123abcd")
    folder = str(tmp_path / "out")
    assert cli.main(["study", "team", "--runs", "5", "--out", folder, "--dask", two.address]) == 2
    out, err = capsys.readouterr()
    assert err.startswith(f"mufakat: a worker has another mufakat ({sim.__version__}, ")
    assert (out, err.count("\n")) == ("", 1)


@pytest.mark.slow
@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_leaves_no_work_on_the_cluster(
    two: Cluster, client: Client, root: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "sim", "study", "baseline", "--runs", "200000", "--out", "big"]
    process = subprocess.Popen(
        [*command, "--dask", two.address],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 60
    while not list(tmp_path.glob("big/*.parquet")) and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    try:
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()  # a test that failed leaves nothing at work
    assert (process.returncode, out) == (130, "")
    assert err == "Stopped. What is done is kept in big; the same command goes on from there.\n"
    until = time.monotonic() + 5
    while any(client.processing().values()) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(client.processing().values())
    assert not client.run_on_scheduler(lambda dask_scheduler: list(dask_scheduler.tasks))


def test_a_worker_that_is_killed_in_mid_study_costs_nothing(
    two: Cluster, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last test of this cluster: one of its workers is gone after it."""
    monkeypatch.setattr(studies, "size_of_batches", lambda _runs, _people: 20)
    real, kept = sim.studies.store.RunStore.add, []

    def keep(*arguments: object) -> None:
        real(*arguments)
        kept.append(arguments)
        if len(kept) == 5:
            two.processes[-1].kill()
        if len(kept) == 60:
            raise KeyboardInterrupt

    ask = partial(sim.study, "baseline", 2000, progress=False)
    with monkeypatch.context() as watched:
        watched.setattr("sim.studies.store.RunStore.add", keep)
        with pytest.raises(KeyboardInterrupt):
            ask(executor=client.get_executor(pure=False), store=tmp_path)
    assert two.processes[-1].poll() == -signal.SIGKILL
    assert len(client.nthreads()) == 1
    assert len(list(tmp_path.glob("*.parquet"))) == 60
    undisturbed = ask()
    same(ask(executor=client.get_executor(pure=False)), undisturbed)
    same(ask(store=tmp_path), undisturbed)  # and gone on with here


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("nonsense", "nonsense is no address of a scheduler"),
        ("http://127.0.0.1:8787", "http://127.0.0.1:8787 is no address of a scheduler"),
        ("127.0.0.1:1", "no Dask scheduler answers at 127.0.0.1:1"),
    ],
)
def test_an_address_where_nobody_is_is_refused(
    address: str,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(workers, "PATIENCE", 0.5)
    assert cli.main(["study", "team", "--runs", "5", "--dask", address]) == 2
    out, err = capsys.readouterr()
    assert err.startswith(f"mufakat: {said}")
    assert (out, err.count("\n")) == ("", 1)
    assert list(tmp_path.iterdir()) == []


def test_something_else_that_answers_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the pages of a dashboard do: a client would wait for them without end."""
    import socket

    monkeypatch.setattr(workers, "PATIENCE", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host, port = silent.getsockname()
        with (
            pytest.raises(WorkerError, match="no Dask scheduler answers"),
            workers.cluster(f"{host}:{port}"),
        ):
            pass


def test_a_cluster_without_workers_is_refused(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with started(tmp_path, root, 0) as made:
        monkeypatch.setattr(workers, "PATIENCE", 2)
        with (
            pytest.raises(WorkerError, match="has no workers"),
            workers.cluster(made.address),
        ):
            pass


def test_without_dask_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert cli.main(["study", "team", "--dask", "127.0.0.1:8786"]) == 2
    assert capsys.readouterr().err == (
        "mufakat: a cluster needs Dask: pip install 'mufakat[cluster]'\n"
    )
