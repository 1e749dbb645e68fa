"""Write the generated parts of the documents: ``python -m docs.build``.

A generated block stands between two comment lines, ``<!-- NAME -->`` and ``<!-- end -->``.

``odd``
    The blocks ``generated: ...`` of ``sim/ODD.md``: tables of parameters, constants, outcomes and
    columns. They are read from the code in a few seconds, and a test keeps them up to date. With
    ``--check`` nothing is written, and exit code 1 means that a table is out of date.
``evidence``
    The blocks ``measured`` of ``sim/ODD.md`` and ``README.md``. A full validation takes minutes,
    so its results carry their date, seed and number of runs; a slow test compares them with other
    runs.
``calibration``
    The block ``calibration`` of ``sim/ODD.md``. A calibration takes a quarter of an hour; its
    posterior becomes part of the package.
"""

import argparse
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from types import MappingProxyType

from docs import evidence_tables, odd_tables
from sim.api.evidence import REPORT, validate
from sim.studies.posterior import SHIPPED_FILE

ROOT = Path(__file__).parents[1]
ODD, README = ROOT / "sim" / "ODD.md", ROOT / "README.md"
VALIDATION, CALIBRATION = Path("results", "validate"), Path("results", "calibrate_common")
END = "<!-- end -->\n"

TABLES: Mapping[str, Callable[[], str]] = MappingProxyType(
    {**odd_tables.TABLES, **evidence_tables.TABLES}
)


def replace_block(text: str, name: str, body: str) -> str:
    r"""Return a document with the content of one block replaced.

    Raises
    ------
    ValueError
        The block is missing, appears more than once, or has no end mark.

    Examples
    --------
    >>> replace_block("<!-- measured -->\nold\n<!-- end -->\n", "measured", "new")
    '<!-- measured -->\n\nnew\n\n<!-- end -->\n'
    """
    begin = f"<!-- {name} -->\n"
    count = text.count(begin)
    if count != 1:
        raise ValueError(f'the block "{name}" must appear once, not {count} times')
    before, _begin, rest = text.partition(begin)
    old, end, after = rest.partition(END)
    if not end or "<!-- " in old:
        raise ValueError(f'the block "{name}" has no end mark')
    return f"{before}{begin}\n{body.strip()}\n\n{END}{after}"


def update_tables(text: str) -> tuple[str, list[str]]:
    """Return the document with up-to-date tables, and the names of those that were out of date.

    Raises
    ------
    ValueError
        A table is unknown, missing, appears more than once, or has no end mark.
    """
    for name in re.findall(r"<!-- generated: (.*?) -->", text):
        if name not in TABLES:
            raise ValueError(f'no table is called "{name}"')
    stale = []
    for name, table in TABLES.items():
        updated = replace_block(text, f"generated: {name}", table())
        if updated != text:
            stale.append(name)
        text = updated
    return text, stale


def build_odd(check: bool) -> int:
    """Write the tables that are out of date, or only list them."""
    text, stale = update_tables(ODD.read_text(encoding="utf-8"))
    if not stale:
        print(f"{ODD.name}: every table is what the code has")
        return 0
    if not check:
        ODD.write_text(text, encoding="utf-8", newline="\n")
    print(f"{ODD.name}: {'stale' if check else 'written anew'}: {', '.join(stale)}")
    return 1 if check else 0


def build_evidence() -> None:
    """Validate the model in full, save the report, and write the results into the documents."""
    result, today = validate(), date.today()
    result.save(VALIDATION)
    _rewrite(ODD, "measured", evidence_tables.validation_results(result, today))
    _rewrite(README, "measured", evidence_tables.validation_summary(result, today))
    print(result.told())
    print(f"Report: {VALIDATION / REPORT}; what came out stands in {ODD.name} and {README.name}")


def build_calibration() -> None:
    """Calibrate the model, ship the posterior, and write the results into the description."""
    result = evidence_tables.calibrate_common(CALIBRATION / "waves")
    result.save(CALIBRATION)
    result.posterior.save(SHIPPED_FILE)
    _rewrite(ODD, "calibration", evidence_tables.calibration_results(result, date.today()))
    print(result.told())


def _rewrite(file: Path, name: str, body: str) -> None:
    text = replace_block(file.read_text(encoding="utf-8"), name, body)
    file.write_text(text, encoding="utf-8", newline="\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the generated parts of the documents.

    Returns
    -------
    int
        The exit code: 0; 1 if `--check` finds a table out of date; 2 if a document is broken or
        cannot be written.
    """
    parser = argparse.ArgumentParser(
        prog="python -m docs.build", description="Write the generated parts of the documents."
    )
    parser.add_argument(
        "part", nargs="?", choices=("odd", "evidence", "calibration"), default="odd"
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit code 1 if a table is out of date"
    )
    args = parser.parse_args(arguments)
    if args.check and args.part != "odd":
        parser.error("--check applies to odd only: the other parts take minutes to compute")
    try:
        if args.part == "odd":
            return build_odd(args.check)
        if args.part == "evidence":
            build_evidence()
        else:
            build_calibration()
    except (OSError, ValueError) as error:
        print(f"{args.part}: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
