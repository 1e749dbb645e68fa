"""Execute the notebooks, and write what came out into them: ``make notebooks``.

A warning is an error. What changes from one time to the next without the model changing is left
out: times, widgets (their state hangs on a running kernel), and what a picture says of the program
that wrote it. So the same model on the same machine gives the same bytes.
"""

import math
import struct
import sys
import time
from base64 import b64decode, b64encode
from pathlib import Path
from queue import Empty
from typing import Any

import nbformat
from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.channels import AsyncZMQSocketChannel
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbformat import NotebookNode
from traitlets import Type, default

HERE = Path(__file__).parent
WIDGET = "application/vnd.jupyter.widget-view+json"
RICHER = {"text/html", "text/markdown", "image/png"}  # than the plain text of the same thing
WIDGETS = "application/vnd.jupyter.widget-state+json"
LONGEST = 300  # seconds for a cell: all may have to be compiled, on a busy machine
# While a cell runs, warnings are errors, but those in which the kernel speaks of itself.
STRICT = (
    "import warnings; "
    "during = get_ipython().events.register; "
    "during('pre_run_cell', lambda _cell: (warnings.simplefilter('error'), "
    "warnings.filterwarnings('ignore', message='.*ipykernel'))); "
    "during('post_run_cell', lambda _result: warnings.resetwarnings()); "
    "del during"
)
COMPILING = "Compiling the model"
SIGNATURE = b"\x89PNG\r\n\x1a\n"


class ThisPython(KernelSpecManager):
    """Kernels run on the Python that runs this, whatever others are installed."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """The kernel, with warnings as errors in every cell."""
        start = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(
            argv=[*start, "--log-level=ERROR", f"--IPKernelApp.exec_lines={STRICT}"],
            display_name="Python 3",
            language="python",
        )


class WatchfulChannel(AsyncZMQSocketChannel):
    """Looks again every second.

    Whoever sends on a socket may miss that an answer has come on it meanwhile. The answer is there,
    but would be found only when the time for a cell is over.
    """

    async def get_msg(self, timeout: float | None = None) -> dict[str, Any]:
        """The next message, or ``queue.Empty`` if none comes in time."""
        until = math.inf if timeout is None else time.monotonic() + timeout
        while True:
            try:
                return await super().get_msg(max(0, min(1, until - time.monotonic())))
            except Empty:
                if time.monotonic() >= until:
                    raise


class OurClient(AsyncKernelClient):
    """Misses no answer."""

    shell_channel_class = Type(WatchfulChannel)
    iopub_channel_class = Type(WatchfulChannel)


class OurKernel(AsyncKernelManager):
    """Starts kernels on this Python, and hears them."""

    client_factory = Type(OurClient)

    @default("kernel_spec_manager")
    def _this_python(self) -> KernelSpecManager:
        return ThisPython(parent=self)


class Client(NotebookClient):
    """Does not ask at the end what language it was, since `plain` knows."""

    async def async_wait_for_reply(self, msg_id: str, cell: NotebookNode | None = None) -> None:
        """Wait for nothing."""


def notebooks() -> list[Path]:
    """The notebooks, in their order."""
    return sorted(HERE.glob("[0-9][0-9]_*.ipynb"))


def executed(path: Path, longest: int = LONGEST) -> NotebookNode:
    """A notebook with fresh outputs.

    Parameters
    ----------
    longest
        Seconds that a cell may take.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        A cell raised an error, or a warning.
    nbclient.exceptions.CellTimeoutError
        A cell took too long.
    """
    notebook = nbformat.read(path, as_version=4)
    Client(
        notebook,
        kernel_manager_class=OurKernel,
        kernel_name="python3",
        timeout=longest,
        startup_timeout=LONGEST,
        iopub_timeout=longest,
        raise_on_iopub_timeout=True,
        record_timing=False,
        shutdown_kernel="immediate",
        resources={"metadata": {"path": str(HERE)}},
    ).execute()
    refuse_failures(notebook)
    return plain(notebook)


def refuse_failures(notebook: NotebookNode) -> None:
    """A slider shows an error in its own place, and the cell goes on: look there, too.

    Raises
    ------
    RuntimeError
        There is one.
    """
    widgets = notebook.metadata.get("widgets", {}).get(WIDGETS, {}).get("state", {})
    for widget in widgets.values():
        for output in widget["state"].get("outputs", ()):
            if output["output_type"] == "error" or output.get("name") == "stderr":
                raise RuntimeError(output.get("evalue") or output["text"])


def plain(notebook: NotebookNode) -> NotebookNode:
    """The notebook without what says nothing of the model."""
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        cell.metadata = {}
        if cell.cell_type != "code":
            continue
        cell.outputs = [each for each in cell.outputs if not passing(each)]
        for output in cell.outputs:
            data = output.get("data", {})
            if data.keys() & RICHER:
                data.pop("text/plain", None)
            if "image/png" in data:
                picture = without_words(b64decode(data["image/png"]))
                data["image/png"] = b64encode(picture).decode()
                output.metadata = {}
    return notebook


def passing(output: NotebookNode) -> bool:
    """Whether it is a widget, or only says that the model is compiled."""
    return WIDGET in output.get("data", {}) or output.get("text", "").startswith(COMPILING)


def without_words(picture: bytes) -> bytes:
    """A PNG without its texts, such as the version of the program that wrote it."""
    kept, at = [SIGNATURE], len(SIGNATURE)
    while at < len(picture):
        (length,) = struct.unpack(">I", picture[at : at + 4])
        end = at + length + 12  # with length, kind and checksum
        if picture[at + 4 : at + 8] not in (b"tEXt", b"iTXt", b"zTXt", b"tIME"):
            kept.append(picture[at:end])
        at = end
    return b"".join(kept)


def written(notebook: NotebookNode) -> str:
    """The notebook as its file holds it."""
    nbformat.validate(notebook)
    return nbformat.writes(notebook) + "\n"


def main(names: list[str]) -> None:
    """Refresh the notebooks that are named, or all."""
    for path in [HERE / name for name in names] or notebooks():
        print(path.name, flush=True)
        path.write_text(written(executed(path)), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
