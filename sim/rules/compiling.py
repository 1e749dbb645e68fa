"""How a rule is compiled, and why an old compilation never masks a changed rule.

Rules are plain Python functions over record arrays in plain loops. numba compiles them; with
``NUMBA_DISABLE_JIT=1`` the same functions run as Python and give the same bits.

numba keeps compiled code on disk, but it does not notice a change in a function of *another* file
that a compiled function calls. The folder it keeps them in is therefore named after a digest of
all sources that rules are made of.
"""

import contextlib
import functools
import hashlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import numba

from sim.language import _

Inputs = ParamSpec("Inputs")
Output = TypeVar("Output")

SOURCES = ("language.py", "scenario/*.py", "rules/*.py", "engine/one_run.py")


def source_digest(sources: Sequence[str] = SOURCES) -> str:
    """Digest of source files; if not said, of all whose change can change a compiled rule."""
    home = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for pattern in sources:
        for file in sorted(home.glob(pattern)):
            digest.update(file.name.encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def cache_folder() -> Path:
    """The folder that holds the compiled rules of exactly these sources."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "mufakat" / source_digest()


CACHE_FOLDER = cache_folder()


@contextlib.contextmanager
def _our_cache() -> Iterator[None]:
    """Let numba choose our folder for what is decorated inside; restore its own setting after."""
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(CACHE_FOLDER)
    try:
        yield
    finally:
        numba.config.CACHE_DIR = before


def forget_older(folder: Path, kept: int = 8) -> None:
    """Remove what was compiled from earlier sources, but for the latest few folders.

    Parameters
    ----------
    folder
        The folder of the present sources; those beside it are looked at.
    kept
        How many of them stay.
    """
    if not folder.parent.is_dir():
        return
    beside = [other for other in folder.parent.iterdir() if other.is_dir() and other != folder]
    beside.sort(key=lambda other: other.stat().st_mtime, reverse=True)
    for old in beside[kept:]:
        shutil.rmtree(old, ignore_errors=True)


@functools.cache
def _before_compiling() -> None:
    """Tell that compiling takes a while, if nothing compiled from these sources is on disk."""
    if numba.config.DISABLE_JIT or any(CACHE_FOLDER.rglob("*.nbc")):
        return
    forget_older(CACHE_FOLDER)
    text = _("Compiling the model; this happens once and takes up to a minute ...")
    print(text, file=sys.stderr, flush=True)


def _jit(function: Callable[..., Any], *signature: Any, **options: Any) -> Any:
    # Rules make no objects, so references are not counted (_nrt): twice the speed. Divisions are
    # guarded where they stand; "numpy" keeps numba from guarding each of them again.
    options |= {"_nrt": False, "error_model": "numpy", "no_cfunc_wrapper": True}
    _before_compiling()
    with _our_cache():
        try:
            return numba.njit(*signature, cache=True, **options)(function)
        except RuntimeError:  # nowhere to keep it (a read-only home): compile anew each time
            return numba.njit(*signature, **options)(function)


def helper(
    signature: Any, *, inline: bool | None = None
) -> Callable[[Callable[Inputs, Output]], Callable[Inputs, Output]]:
    """Compile a small function for the one signature that is written out.

    Without it numba would compile a helper once for every literal that it is called with.

    Parameters
    ----------
    signature
        A numba signature. One written as text, such as ``"f8(f8, f8)"``, is of plain numbers.
    inline
        Whether it stands in line wherever it is called, which makes every caller as large, and
        compiling slow; if not said, a helper of plain numbers does.
    """
    in_line = isinstance(signature, str) if inline is None else inline

    def decorate(function: Callable[Inputs, Output]) -> Callable[Inputs, Output]:
        return cast("Callable[Inputs, Output]", _jit(function, signature, forceinline=in_line))

    return decorate


def rule(function: Callable[Inputs, Output]) -> Callable[Inputs, Output]:
    """Mark a function over the state's record arrays as a rule: compiled when first needed.

    All rules take the arrays in the same order and of the same types, so each compiles once.
    """
    return cast("Callable[Inputs, Output]", _jit(function, nogil=True))


def inner_rule(function: Callable[Inputs, Output]) -> Callable[Inputs, Output]:
    """Mark a rule of the inner loops, above all one for one stakeholder.

    It stands in line where it is called: handing the arrays over takes longer than its work.
    """
    return cast("Callable[Inputs, Output]", _jit(function, nogil=True, forceinline=True))


def compile_for(signature: tuple[Any, ...], *rules: Callable[..., Any]) -> None:
    """Compile rules for the one signature they are called with, or load them from disk."""
    for function in rules:
        dispatcher = cast("Any", function)
        if hasattr(dispatcher, "compile") and not dispatcher.signatures:
            dispatcher.compile(signature)
