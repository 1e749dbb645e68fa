"""``mufakat explore``: serves the dashboard on this computer, for this computer only."""

import importlib.util
import os
import socket
import sys
import time
import warnings
import webbrowser
from collections.abc import Mapping
from threading import Thread
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from sim.base import CliError, reason
from sim.base.text import _

HERE = "127.0.0.1"
PORT = 8765
NEEDED = ("solara", "solara_assets", "uvicorn")
# Solara reads these when it is imported. They turn off usage reports and downloads: solara-assets
# contains everything that the page needs.
SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        "SOLARA_APP": "sim.view.dashboard.page",
        "SOLARA_MODE": "production",
        "SOLARA_TELEMETRY_MIXPANEL_ENABLE": "false",
        "SOLARA_ASSETS_PROXY": "true",
        "SOLARA_ASSETS_FONTAWESOME_ENABLED": "false",
        "SOLARA_THEME_SHOW_BANNER": "false",
        "SOLARA_THEME_LOADER": "plain",
        "SOLARA_KERNEL_CULL_TIMEOUT": "10m",
    }
)


def explore(name_or_path: str | None, port: int | None, *, browser: bool) -> None:
    """Serve the dashboard until Ctrl-C.

    Parameters
    ----------
    name_or_path
        The scenario that new tabs open: a shipped scenario, a file or a folder.
    port
        The port; by default the usual port, or a free one if that is taken.
    browser
        Whether to open the page in a browser.

    Raises
    ------
    Refusal
        The extra is not installed, or the port is not available.
    ScenarioError
        The argument is not a valid scenario.
    """
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        text = _(
            "mufakat: the dashboard needs what is not installed here ({names}): "
            "pip install 'mufakat[dashboard]'",
            names=", ".join(missing),
        )
        raise CliError(text)
    os.environ.update(SETTINGS)
    from sim.view.dashboard.files import library, open_path

    if name_or_path is not None:
        library().begin_with(open_path(name_or_path))
    listening = _listening(port)
    _warm_up()
    _serve(listening, browser)


def _listening(port: int | None) -> socket.socket:
    """Return a socket that holds the port from now on."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if os.name == "posix":  # on Windows it would share the port with another program
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    for wanted in (PORT, 0) if port is None else (port,):
        try:
            made.bind((HERE, wanted))
            return made
        except OSError as error:
            if wanted == 0 or port is not None:
                made.close()
                why = reason(error, None)
                raise CliError(
                    _("mufakat: port {port} is not available: {reason}", port=wanted, reason=why)
                ) from error
    raise AssertionError


def _warm_up() -> None:
    """Compile and import everything before the first request."""
    print(_("Making ready ..."), file=sys.stderr, flush=True)
    from sim.view.dashboard.answer import RunRequest, answer, one_run
    from sim.view.dashboard.files import library, open_shipped
    from sim.view.dashboard.state import FIRST, State

    state = State(library().first or open_shipped(FIRST))
    answer(state)
    one_run(RunRequest(state.scenario, state.seed, 0))


def _serve(listening: socket.socket, browser: bool) -> None:
    # The session cookie of Solara is for embedded pages, and this page is not embedded.
    warnings.filterwarnings("ignore", message="Cookies with samesite=none", module="solara")
    import uvicorn
    from solara.server import starlette
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    # Another site may let its own name point to this computer (DNS rebinding).
    app = TrustedHostMiddleware(_for_own_pages(starlette.app), allowed_hosts=[HERE, "localhost"])
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=1))
    address = f"http://{HERE}:{listening.getsockname()[1]}/"
    Thread(target=_say_when_ready, args=(server, address, browser), daemon=True).start()
    server.run(sockets=[listening])  # ends with KeyboardInterrupt after Ctrl-C


def _for_own_pages(app: Any) -> Any:
    """Return the app for our own pages only: any page may open a websocket to localhost."""

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            headers = dict(scope["headers"])
            origin = urlsplit(headers.get(b"origin", b"").decode("latin-1"))
            if origin.netloc != headers.get(b"host", b"").decode("latin-1"):
                await send({"type": "websocket.close", "code": 1008})
                return
        await app(scope, receive, send)

    return answer


def _say_when_ready(server: Any, address: str, browser: bool) -> None:
    """Print the address when the server is ready."""
    while not server.started:
        time.sleep(0.05)
    print(_("The dashboard is ready: {address} (Ctrl-C ends it)", address=address), flush=True)
    if browser:
        webbrowser.open(address)
