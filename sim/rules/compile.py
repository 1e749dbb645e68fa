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
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType, NoneType
from typing import Any, ParamSpec, TypeVar, cast, get_args, get_type_hints

import numba
import numpy as np
from numba import types
from numba.core.caching import FunctionCache

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
SOURCES = ("rules/*.py", "engine/loop.py")
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
SOON = 1.0  # seconds of compiling that pass without a message


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


class Progress:
    """Tells the user that compiling takes a while, and on a terminal how far it is.

    Attributes
    ----------
    functions
        Each function that numba compiles, with its signature.
    """

    def __init__(self) -> None:
        self.functions: list[tuple[Any, Any]] = []
        self._ready = 0
        self._depth = 0
        self._began = self._before = 0.0
        self._shown = False

    @contextlib.contextmanager
    def of_one(self) -> Iterator[None]:
        """Count a function that is loaded or compiled inside, with all that it calls."""
        if self._depth == 0:
            self._began = time.monotonic()
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            self._ready += 1
            if self._depth == 0:
                self._before += time.monotonic() - self._began
                if self._shown and sys.stderr.isatty():
                    print("\r\033[K", end="", file=sys.stderr, flush=True)

    def show(self) -> None:
        """Print a message, unless compiling only began; without a terminal only once."""
        if self._before + time.monotonic() - self._began < SOON:
            return
        if sys.stderr.isatty():
            text = _(
                "Compiling the model, which happens once: {ready} of about {functions} functions",
                ready=self._ready, functions=len(self.functions),
            )  # fmt: skip
            print(f"\r{text}", end="", file=sys.stderr, flush=True)
        elif not self._shown:
            text = _("Compiling the model; this happens once and takes up to a minute ...")
            print(text, file=sys.stderr, flush=True)
        self._shown = True


PROGRESS = Progress()


class RuleCache(FunctionCache):
    """Compiled code on disk; whatever is wrong with it costs time, and never ends a run."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Load compiled code; ``None`` if there is none, or if its file is damaged."""
        try:
            loaded = super().load_overload(sig, target_context)
        except Exception:  # what unpickling a damaged file raises can be anything
            loaded = None
            with contextlib.suppress(OSError):
                self.flush()
        if loaded is None:
            _forget_older_once()
            PROGRESS.show()
        return loaded

    def save_overload(self, sig: Any, data: Any) -> None:
        """Store compiled code, if that is possible."""
        try:
            super().save_overload(sig, data)
        except Exception as error:  # a full disk, or an index that is damaged and stays so
            _say_not_stored(str(error))


@functools.cache
def _forget_older_once() -> None:
    forget_older(CACHE_FOLDER)


@functools.cache
def _say_not_stored(reason: str) -> None:
    text = _(
        "Compiled code is not stored in {folder}: {reason}. The next start compiles it again.",
        folder=CACHE_FOLDER, reason=reason,
    )  # fmt: skip
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
    merged: bool = False,
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
    merged
        Whether the function becomes part of its caller before types are inferred, so that it is
        not compiled by itself. This saves time where a function has a single caller.
    """
    if numba.config.DISABLE_JIT:
        return function
    # Rules make no objects, so references are not counted (_nrt): twice the speed. Divisions are
    # guarded where they stand; "numpy" keeps numba from guarding each of them again.
    dispatcher = numba.njit(
        nogil=True, _nrt=False, error_model="numpy", no_cfunc_wrapper=True,
        forceinline=inline, inline="always" if merged else "never",
    )(function)  # fmt: skip
    # In a home that is read-only there is no cache: everything is compiled each time.
    with _our_cache(), contextlib.suppress(RuntimeError):
        dispatcher._cache = RuleCache(function)
    declared, compile_for = signature_of(function, arrays), dispatcher.compile

    def compile_as_declared(asked: tuple[Any, ...]) -> Any:
        """Compile, or load from the cache; numbers are converted, arrays must be as declared."""
        for given, wanted in zip(asked, declared.args, strict=True):
            if isinstance(wanted, types.Array) and given != wanted:
                raise TypeError(f"{function.__name__} takes {wanted}, not {given}")
        if declared.args in dispatcher.overloads:
            return compile_for(declared)
        with PROGRESS.of_one():
            return compile_for(declared)

    dispatcher.compile = compile_as_declared
    if not merged:
        PROGRESS.functions.append((dispatcher, declared.args))
    return cast("Callable[Inputs, Output]", dispatcher)


def compile_all() -> int:
    """Compile, or load, every function that has been imported; return how many there are."""
    for dispatcher, arguments in PROGRESS.functions:
        dispatcher.compile(arguments)
    return len(PROGRESS.functions)


def helper(function: Callable[Inputs, Output]) -> Callable[Inputs, Output]:
    """Compile a small function of plain numbers; its code is copied into every caller."""
    return compiled(function, inline=True)
