"""A new case: a folder with a scenario and its lists to fill in, complete or not there."""

import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

from sim.base.files import LITTER
from sim.language import _
from sim.scenario.faults import meant
from sim.scenario.files import CASE, Refused
from sim.scenario.listing import STAKEHOLDERS, TIES
from sim.scenario.setting import FORMS
from sim.scenario.setting import Kind as Form
from sim.scenario.spreadsheet import needs_openpyxl
from sim.scenario.template import listing_text, scenario_text


def write_case(folder: Path, form: Form = "community", *, excel: bool = False) -> tuple[str, ...]:
    """Write a folder with files to fill in.

    Parameters
    ----------
    folder
        It is made, unless it is there and empty. The folder around it must be there.
    form
        The form of the collaboration.
    excel
        Whether the lists are workbooks; they are CSV files if not.

    Returns
    -------
    tuple of str
        The names of the files.

    Raises
    ------
    Refused
        The folder may not be written to, or there is no such form.
    OSError
        The folder cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> write_case(Path(tempfile.mkdtemp(), "river"))
    ('scenario.toml', 'stakeholders.csv', 'ties.csv')
    """
    if form not in FORMS:
        raise Refused(_('unknown form "{form}", {hint}', form=form, hint=meant(form, FORMS)))
    _refuse(folder)
    files = _files(form, excel)
    target = folder.resolve()
    new = target.with_name(f".{target.name}.{secrets.token_hex(4)}.new")
    try:
        new.mkdir()
        for name, content in files.items():
            (new / name).write_bytes(content)
        _move(new, target)
    except BaseException:  # Ctrl-C too; raised again once nothing half-written is left
        shutil.rmtree(new, ignore_errors=True)
        raise
    return tuple(files)


def _refuse(folder: Path) -> None:
    """A case is not written over anything, nor where nobody has made a place for it."""
    if not folder.resolve().parent.is_dir():
        raise Refused(_("there is no folder {folder} to put it in", folder=folder.parent))
    if folder.exists() and not folder.is_dir():
        raise Refused(_("{folder} is a file: give another name", folder=folder))
    if folder.is_dir() and {entry.name for entry in folder.iterdir()} - LITTER:
        raise Refused(
            _("{folder} is there already, and not empty: give another name", folder=folder)
        )


def _files(form: Form, excel: bool) -> Mapping[str, bytes]:
    suffix = ".xlsx" if excel else ".csv"
    files = {CASE: scenario_text(form, suffix).encode()}
    for kind in (STAKEHOLDERS, TIES):
        if excel:
            try:
                from sim.scenario.template_book import listing_book
            except ImportError:
                raise Refused(needs_openpyxl()) from None
            content = listing_book(kind)
        else:
            content = listing_text(kind).encode()
        files[f"{kind.sheet}{suffix}"] = content
    return files


def _move(new: Path, target: Path) -> None:
    """Put the new folder in its place; into one that is there, in which somebody may stand."""
    if not target.exists():
        new.rename(target)
        return
    moved = []
    try:
        for file in sorted(new.iterdir()):
            moved.append(file.rename(target / file.name))
    except BaseException:
        for file in moved:
            file.unlink(missing_ok=True)
        raise
    new.rmdir()
