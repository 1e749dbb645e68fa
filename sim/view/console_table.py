"""Tables of text for a terminal."""

from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[str]]) -> str:
    r"""Cells below each other, two spaces apart; no spaces at the end of a line.

    >>> print(aligned([["id", "verdict"], ["V12", "inside"]]))
    id   verdict
    V12  inside
    """
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
