"""The run player: one run played round by round in the browser, from data sent once."""

import json
from typing import Any

import solara

from sim.view.dashboard.frames import frames_of

__all__ = ["RunPlayer", "frames_of"]


def _as_text(frames: dict[str, Any], _widget: object) -> str:
    """One text: the browser reads it at once, and nothing has to look into it on the way."""
    return json.dumps(frames, separators=(",", ":"), allow_nan=False)


@solara.component_vue("player.vue", vuetify=False, to_json={"frames": _as_text})
def RunPlayer(frames: dict[str, Any]) -> None:  # noqa: N802 - a component is named as one
    """Play a run: the plane, the ring, the minutes, and the keys to move in time.

    Playing needs no answer from the server. Space plays and pauses, arrows step.

    Parameters
    ----------
    frames
        The run, from :func:`sim.view.dashboard.frames.frames_of`.
    """
