"""The run player: one run played round by round in the browser, from data that is sent once."""

import json
from typing import Any

import solara

from sim.view.dashboard.frames import frames_of

__all__ = ["RunPlayer", "frames_of"]


def _as_text(frames: dict[str, Any], _widget: object) -> str:
    """One text: nothing looks into it on its way, and the browser reads it at once."""
    return json.dumps(frames, separators=(",", ":"), allow_nan=False)


@solara.component_vue("player.vue", vuetify=False, to_json={"frames": _as_text})
def _Player(frames: dict[str, Any]) -> None:  # noqa: N802 - a component
    """What is drawn in the browser; takes names only."""


@solara.component
def RunPlayer(frames: dict[str, Any]) -> None:  # noqa: N802 - a component
    """Play a run: the policy plane, the ring, the minutes, and keys to move in time.

    Playing needs no answer from the server. Space plays and pauses, arrows step.

    Parameters
    ----------
    frames
        The run, from :func:`sim.view.dashboard.frames.frames_of`.
    """
    _Player(frames=frames)
