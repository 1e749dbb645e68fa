"""What a worker process of a study does first; it imports next to nothing, to be there at once."""

import os
import signal
import threading
import time


def live_with(study: int) -> None:
    """End when the process of the study does, and not before.

    Ctrl-C reaches every process of a terminal; it is for the study to end its workers. A study that
    was killed cannot, and its workers would wait for work without end.

    Parameters
    ----------
    study
        The number of its process, which started this one.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_after, args=(study,), daemon=True).start()


def _end_after(study: int) -> None:
    while os.getppid() == study:
        time.sleep(1)
    os._exit(1)
