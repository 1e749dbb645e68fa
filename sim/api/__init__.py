"""What ``import sim`` offers: the public functions, and results that show and explain themselves.

The floors below return numbers (``RunData``, ``StudyData``, ...). A public class extends one of
these by what a reader sees: plots, minutes, sentences, reports and cards for notebooks.
"""

from typing import Any, TypeVar

Public = TypeVar("Public")


def as_public(kind: type[Public], data: object, **changes: Any) -> Public:
    """Return data as an object of a public class that extends the data's class.

    Tables that the data has already computed are not computed again.

    Parameters
    ----------
    changes
        Attributes that become public objects themselves.
    """
    public = object.__new__(kind)
    vars(public).update(vars(data), **changes)
    return public
