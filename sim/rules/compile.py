"""How a rule is compiled, and why an old compilation never masks a changed rule.

Rules are plain Python functions over record arrays in plain loops. numba compiles each of them when
it is first needed, for the types that its parameters declare; with ``NUMBA_DISABLE_JIT=1`` the same
functions run as Python and give the same bits.

numba keeps compiled code on disk, but it does not notice a change in a function of *another* file
that a compiled function calls. The folder that holds the compiled code is therefore named after a
digest of everything that rules are made of: the source files that define compiled functions, and
the few values that these files import from scenarios. A change of anything else in a scenario, such
as a message, leaves compiled code as it is, and does not compile it again.
"""

import contextlib
import functools
import hashlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType, NoneType
from typing import Any, ParamSpec, TypeVar, cast, get_args, get_type_hints

import numba
import numpy as np
from numba import types

from sim.base.text import _
from sim.scenario import (
    INVITATIONS,
    KINDS,
    LAYOUTS,
    MEMBERSHIPS,
    NORMS,
    PHASES,
    RULES,
    SECTORS,
    parameters,
)

Inputs = ParamSpec("Inputs")
Output = TypeVar("Output")

# Compiled code depends on these files, and on these values: the words that rules number and count,
# and the parameters in their order, which is the layout of ``par``.
SOURCES = ("rules/*.py", "engine/one_run.py", "engine/ensemble.py")
FROM_SCENARIO: tuple[tuple[str, ...], ...] = (
    INVITATIONS,
    KINDS,
    LAYOUTS,
    MEMBERSHIPS,
    NORMS,
    PHASES,
    RULES,
    SECTORS,
    tuple(parameter.name for parameter in parameters()),
)
# What an annotation of a number, or of no result, stands for in compiled code.
NUMBERS: Mapping[Any, Any] = MappingProxyType(
    {
        int: types.int64,
        float: types.float64,
        bool: types.boolean,
        np.uint64: types.uint64,
        NoneType: types.void,
    }
)
NO_ARRAYS: Mapping[str, Any] = MappingProxyType({})


def source_digest(sources: Sequence[str]) -> str:
    """Return a digest of source files of this package, given as patterns."""
    home = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for pattern in sources:
        for file in sorted(home.glob(pattern)):
            digest.update(file.name.encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def cache_folder() -> Path:
    """Return the folder for code that is compiled from exactly these sources and values."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    made_of = f"{source_digest(SOURCES)} {FROM_SCENARIO}"
    return Path(base) / "mufakat" / hashlib.sha256(made_of.encode()).hexdigest()[:16]


CACHE_FOLDER = cache_folder()


@contextlib.contextmanager
def _our_cache() -> Iterator[None]:
    """Use our folder for functions that are decorated inside; restore numba's setting after."""
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(CACHE_FOLDER)
    try:
        yield
    finally:
        numba.config.CACHE_DIR = before


def forget_older(folder: Path, kept: int = 8) -> None:
    """Remove code that was compiled from older sources, except in the most recent folders.

    Parameters
    ----------
    folder
        The folder of the present sources. Folders beside it may be removed.
    kept
        How many of those are kept.
    """
    if not folder.parent.is_dir():
        return
    beside = [other for other in folder.parent.iterdir() if other.is_dir() and other != folder]
    beside.sort(key=lambda other: other.stat().st_mtime, reverse=True)
    for old in beside[kept:]:
        shutil.rmtree(old, ignore_errors=True)


@functools.cache
def _before_compiling() -> None:
    """Print that compiling takes a while, if the cache has no compiled code of these sources."""
    if any(CACHE_FOLDER.rglob("*.nbc")):
        return
    forget_older(CACHE_FOLDER)
    text = _("Compiling the model; this happens once and takes up to a minute ...")
    print(text, file=sys.stderr, flush=True)


def signature_of(function: Callable[..., Any], arrays: Mapping[str, Any] = NO_ARRAYS) -> Any:
    """Return the numba signature that the names and annotations of a function declare.

    Parameters
    ----------
    function
        A parameter that is annotated as a number has its type; any other is an array, whose type
        follows from its name.
    arrays
        The numba types of arrays, by name of the parameter.

    Examples
    --------
    >>> def power(base: float, exponent: int) -> float: ...
    >>> signature_of(power)
    (float64, int64) -> float64
    """
    hints = get_type_hints(function)
    result = hints.pop("return")
    returned = NUMBERS.get(result) or types.Tuple([NUMBERS[part] for part in get_args(result)])
    return returned(*(NUMBERS.get(hint) or arrays[name] for name, hint in hints.items()))


def compiled(
    function: Callable[Inputs, Output],
    arrays: Mapping[str, Any] = NO_ARRAYS,
    *,
    inline: bool = False,
) -> Callable[Inputs, Output]:
    """Compile a function, when it is first called, for the one signature that it declares.

    Without a declared signature numba would compile a function once for every literal that it is
    called with.

    Parameters
    ----------
    function
        Its signature is read from it (:func:`signature_of`).
    arrays
        The numba types of arrays, by name of the parameter.
    inline
        Whether the code is copied into every caller. This saves the call, but makes the callers
        larger and compiling slower.
    """
    if numba.config.DISABLE_JIT:
        return function
    # Rules make no objects, so references are not counted (_nrt): twice the speed. Divisions are
    # guarded where they stand; "numpy" keeps numba from guarding each of them again.
    options = {"nogil": True, "_nrt": False, "error_model": "numpy", "no_cfunc_wrapper": True}
    with _our_cache():
        try:
            dispatcher = numba.njit(cache=True, forceinline=inline, **options)(function)
        except RuntimeError:  # the cache cannot be written (a read-only home): compile each time
            dispatcher = numba.njit(forceinline=inline, **options)(function)
    declared, compile_for = signature_of(function, arrays), dispatcher.compile

    def compile_as_declared(asked: tuple[Any, ...]) -> Any:
        """Compile, or load from the cache; numbers are converted, arrays must be as declared."""
        for given, wanted in zip(asked, declared.args, strict=True):
            if isinstance(wanted, types.Array) and given != wanted:
                raise TypeError(f"{function.__name__} takes {wanted}, not {given}")
        _before_compiling()
        return compile_for(declared)

    dispatcher.compile = compile_as_declared
    return cast("Callable[Inputs, Output]", dispatcher)


def helper(function: Callable[Inputs, Output]) -> Callable[Inputs, Output]:
    """Compile a small function of plain numbers; its code is copied into every caller."""
    return compiled(function, inline=True)
