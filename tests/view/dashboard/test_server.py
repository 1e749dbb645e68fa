"""The command that serves the dashboard: what it refuses, where it listens, how it ends."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest

from sim import cli
from sim.view.dashboard import server


@pytest.fixture
def served() -> list[str]:
    """What would have been served: nothing is, in these tests."""
    return []


@pytest.fixture(autouse=True)
def _unserved(monkeypatch: pytest.MonkeyPatch, served: list[str]) -> None:
    def note(listening: socket.socket, _browser: bool) -> None:
        host, port = listening.getsockname()
        served.append(f"{host}:{port}")
        listening.close()

    monkeypatch.setattr(server, "_serve", note)
    monkeypatch.setattr(server, "_warm_up", lambda: None)
    for name in server.SETTINGS:
        monkeypatch.setenv(name, "")


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert cli.main(["explore", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    return err


def test_without_the_extra_it_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, served: list[str]
) -> None:
    monkeypatch.setattr(server, "NEEDED", ("solara", "solara_missing"))
    assert "pip install 'mufakat[dashboard]'" in refused(capsys)
    assert served == []


def test_what_is_no_scenario_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, served: list[str]
) -> None:
    assert 'did you mean "team"? (a file\'s name ends in .toml)' in refused(capsys, "taem")
    bad = tmp_path / "bad.toml"
    bad.write_text("cycles = 0\n")
    assert f"{bad}:1: cycles: must be" in refused(capsys, str(bad))
    assert served == []


def test_it_listens_on_this_computer_only_and_on_another_port_if_need_be(
    capsys: pytest.CaptureFixture[str], served: list[str]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"port {port} is not available" in refused(capsys, "--port", str(port))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(server, "PORT", port)
            assert cli.main(["explore", "team", "--no-browser"]) == 0
    assert cli.main(["explore", "--port", str(port), "--no-browser"]) == 0
    assert served[0].startswith("127.0.0.1:")
    assert served[0] != f"127.0.0.1:{port}"
    assert served[1] == f"127.0.0.1:{port}"


def line_opened(address: str, origin: str) -> int:
    """What a browser is answered that opens a websocket to the dashboard from some page."""
    where = urlsplit(address)
    asked = (
        f"GET /jupyter/api/kernels/{uuid4()}/channels?session_id=a HTTP/1.1",
        f"Host: {where.netloc}",
        f"Origin: {origin}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {'x' * 22}==",
        "Cookie: solara-session-id=a",
    )
    with socket.create_connection((where.hostname, where.port), timeout=10) as line:
        line.sendall("\r\n".join((*asked, "", "")).encode())
        return int(line.recv(100).split()[1])


@pytest.mark.usefixtures("ctrl_c")
def test_it_serves_until_ctrl_c(root: Path, tmp_path: Path) -> None:
    begun = subprocess.Popen(
        [sys.executable, "-m", "sim", "explore", "team", "--no-browser"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert begun.stdout is not None
        address = begun.stdout.readline().split()[4]
        with urlopen(address) as answer:
            assert answer.status == 200
        elsewhere = Request(address, headers={"Host": "elsewhere.example"})
        with pytest.raises(HTTPError) as refusal:
            urlopen(elsewhere)
        assert refusal.value.code == 400
        refusal.value.close()
        assert line_opened(address, address.rstrip("/")) == 101
        assert line_opened(address, "http://elsewhere.example") == 403
        begun.send_signal(signal.SIGINT)
        out, err = begun.communicate(timeout=30)
        assert (begun.returncode, out) == (130, "")
        assert [line for line in err.splitlines() if "Compiling" not in line] == [
            "Making ready ..."
        ]
    finally:
        begun.kill()  # it is gone already, unless something above failed
        begun.communicate()
