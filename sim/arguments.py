"""The arguments of ``mufakat``: its verbs, what each takes, and the scenarios they name."""

import argparse
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from sim.base import CliError, __version__
from sim.base.text import _

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

    from sim.scenario import Scenario

SEEDS = 2**64  # the key of the random numbers has 64 bits
RUNS = 2**32  # and a run number is one word of their counter
MAX_WORKERS = 1024

Verb = Callable[[argparse.Namespace], int | None]


class Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line, without repeating the usage."""

    def error(self, message: str) -> NoReturn:
        """Print what is wrong with the arguments, and end with exit code 2."""
        text = _("{command}: {message} ({command} --help says more)")
        self.exit(2, text.format(command=self.prog, message=message) + "\n")

    def flag(self, name: str, text: str) -> None:
        """Add an option that is given or not."""
        self.add_argument(name, action="store_true", help=text)

    def path(self, name: str, metavar: str, text: str, nargs: str | None = None) -> None:
        """Add the path of a file or folder."""
        self.add_argument(name, metavar=metavar, type=Path, help=text, nargs=nargs)

    def number(
        self,
        name: str,
        metavar: str,
        text: str,
        least: int,
        limit: int,
        *,
        default: int | None = None,
    ) -> None:
        """Add a whole number from `least` up to, but not including, `limit`."""
        kind = _whole(least, limit)
        self.add_argument(name, metavar=metavar, type=kind, default=default, help=text)

    def _print_message(self, message: str, file: "SupportsWrite[str] | None" = None) -> None:
        """Write it; argparse's own would pass over a full disk in silence."""
        (file or sys.stderr).write(message)


def parser(verbs: Mapping[str, Verb]) -> Parser:
    """Return the parser of the command line.

    Parameters
    ----------
    verbs
        What carries out each verb; it finds itself as ``verb`` among the arguments.
    """
    made = Parser(
        prog="mufakat",
        description=_("Simulate collaborative governance: from a scenario file to tables."),
        allow_abbrev=False,
    )
    made.add_argument("--version", action="version", version=f"mufakat {__version__}")
    under = made.add_subparsers(metavar="VERB", required=True)
    for name, (text, arguments) in _verbs().items():
        added = under.add_parser(name, help=text, description=text, allow_abbrev=False)
        added.set_defaults(verb=verbs[name])
        arguments(added)
    return made


def _verbs() -> dict[str, tuple[str, Callable[[Parser], None]]]:
    """Return what each verb is for, and what adds its arguments."""
    return {
        "list": (_("list the shipped scenarios"), _nothing),
        "new": (_("write a folder with a case to fill in"), _new),
        "check": (_("say whether a scenario is valid"), _check),
        "run": (_("carry out one run and save its minutes, sheet and tables"), _run),
        "study": (_("carry out many runs of some scenarios, and keep them"), _study),
        "compare": (_("say what differs between scenarios, in a report"), _compare),
        "claims": (_("test the claims that a file makes about scenarios"), _claims),
        "validate": (_("hold the model against what is known of collaborations"), _validate),
        "calibrate": (_("find the values under which measured targets are met"), _calibrate),
        "export": (_("write the tables of a stored study as CSV"), _export),
        "reproduce": (_("carry out runs of a stored study again, and compare them"), _reproduce),
        "explore": (_("open the dashboard: what if, answered in a second"), _explore),
        "warm-up": (_("compile the model now, so that no later command waits for it"), _nothing),
        "schema": (_("print the JSON Schema of a scenario file"), _nothing),
    }


def _nothing(verb: Parser) -> None:
    """Add no arguments."""


def _new(verb: Parser) -> None:
    verb.path("folder", "NAME", _("the folder to make"))
    text = _("the form: team, community (default) or network")
    verb.add_argument("--form", default="community", metavar="FORM", help=text)
    verb.flag("--excel", _("write the lists as .xlsx; they are .csv if not"))


def _check(verb: Parser) -> None:
    _take_scenario(verb)
    text = _("print the scenario with every value filled in, and who has how much power")
    verb.flag("--resolved", text)


def _run(verb: Parser) -> None:
    _take_scenario(verb)
    _take_seed(verb)
    verb.number("--run", "K", _("the run number (default: 0)"), 0, RUNS, default=0)
    verb.path("--out", "DIR", _("the result folder (default: results/NAME)"))
    verb.flag("--full", _("tell every round in the minutes"))


def _study(verb: Parser) -> None:
    _take_scenario(verb, "scenarios", nargs="+")
    verb.number("--runs", "N", _("runs of each (default: 1000)"), 1, RUNS + 1, default=1000)
    _take_vary(verb)
    _take_seed(verb)
    verb.path("--out", "DIR", _("the folder (default: results/study_NAMES)"))
    text = _("keep this besides the outcomes: rounds, what is seen of every round")
    verb.add_argument("--keep", action="append", default=[], metavar="WHAT", help=text)
    _take_workers(verb)


def _compare(verb: Parser) -> None:
    _take_scenario(verb, "scenarios", nargs="+")
    text = _("runs of each (default: 2000); with --precision, how many at first")
    verb.number("--runs", "N", text, 1, RUNS + 1, default=2000)
    _take_seed(verb)
    _take_vary(verb)
    text = _("the scenario that the others are held against (default: the first)")
    verb.add_argument("--reference", metavar="NAME", help=text)
    text = _("compare this outcome only; may be given several times")
    verb.add_argument("--outcome", dest="outcomes", action="append", metavar="NAME", help=text)
    text = _("add runs until the 95 %% interval of this outcome is no wider than +- WIDTH")
    verb.add_argument(
        "--precision", action="append", type=_precision, default=[], metavar="NAME=WIDTH", help=text
    )
    text = _("where adding ends (default: 100000)")
    verb.number("--max-runs", "N", text, 1, RUNS + 1, default=100_000)
    text = _(
        "draw a set of values for every run, the same in all scenarios, from this file, or from "
        "what fits the evidence: shipped"
    )
    verb.add_argument("--parameters", metavar="FILE", help=text)
    verb.path("--out", "DIR", _("the folder of report and runs (default: results/compare_NAMES)"))
    verb.path("--report", "PATH", _("the report (default: report.html in that folder)"))
    _take_workers(verb)


def _claims(verb: Parser) -> None:
    text = _(
        "a file of claims (.toml), each a [[claim]] that says = 'community >= team on retention by "
        "0.05', say; exit code 0: all are supported, 1: some refuted, 3: some undetermined"
    )
    verb.path("file", "FILE", text)
    text = _("runs of each scenario (default: what the file says)")
    verb.number("--runs", "N", text, 2, RUNS + 1)
    verb.number("--seed", "N", _("the seed (default: what the file says)"), 0, SEEDS)
    _take_workers(verb)


def _validate(verb: Parser) -> None:
    verb.epilog = _(
        "exit code: how many of the 12 targets are outside their bands and of the 16 directions "
        "contrary; also 2, with a message and no table, if it cannot be done"
    )
    verb.flag("--quick", _("a tenth of the runs: the same in seconds, less sure"))
    _take_seed(verb)
    text = _("the folder of report, tables and stagings (default: results/validate)")
    verb.path("--out", "DIR", text)


def _calibrate(verb: Parser) -> None:
    _take_scenario(verb)
    text = _(
        "a file (.toml) that says which parameters are free, each a [[parameters]], and what is to "
        "come out, each a [[targets]]"
    )
    verb.path("targets", "TARGETS", text)
    text = _("runs of each scenario under each set of values (default: 100)")
    verb.number("--runs", "N", text, 5, 10_001, default=100)
    text = _("sets of values a wave, a power of 2 (default: 1024)")
    verb.number("--sets", "N", text, 2, 2**15 + 1, default=1024)
    verb.number("--waves", "N", _("the most waves (default: 12)"), 1, 101, default=12)
    _take_seed(verb)
    text = _(
        "the folder of posterior, tables and what is done (default: results/calibrate_TARGETS)"
    )
    verb.path("--out", "DIR", text)


def _export(verb: Parser) -> None:
    _take_study(verb)
    text = _("the file (default: DIR.csv); rounds, if kept, go into a second one beside it")
    verb.path("--csv", "FILE", text, nargs="?")


def _reproduce(verb: Parser) -> None:
    _take_study(verb)
    verb.flag("--all", _("every run, not a sample of each scenario"))


def _explore(verb: Parser) -> None:
    text = _("what is open at first: a scenario file (.toml), a folder with one, or a shipped name")
    verb.add_argument("scenario", metavar="FILE", nargs="?", help=text)
    text = _("the port on this computer (default: 8765, or a free one if that is taken)")
    verb.number("--port", "N", text, 1, 65_536)
    verb.flag("--no-browser", _("only say where the page is, and open no browser"))


def _take_scenario(verb: Parser, name: str = "scenario", nargs: str | None = None) -> None:
    text = _("a scenario file (.toml), a folder that holds one, or the name of a shipped scenario")
    verb.add_argument(name, metavar="FILE", help=text, nargs=nargs)


def _take_seed(verb: Parser) -> None:
    verb.number("--seed", "N", _("the seed (default: 1)"), 0, SEEDS, default=1)


def _take_vary(verb: Parser) -> None:
    text = _(
        "let a field take several values, as in principles.deliberation=0,0.5,1 or =0:1:5 (5 even "
        "steps from 0 to 1), or a sector's share of all power, as in power_share.private=0.3,0.6; "
        "may be repeated: every combination is a scenario"
    )
    verb.add_argument("--vary", action="append", default=[], metavar="FIELD=VALUES", help=text)


def _take_workers(verb: Parser) -> None:
    workers = verb.add_mutually_exclusive_group()
    text = _("how many runs at a time (default: as many as there are processors)")
    workers.add_argument("--workers", type=_whole(1, MAX_WORKERS + 1), metavar="W", help=text)
    text = _("the scheduler of a Dask cluster, tcp://HOST:PORT; its workers need not see DIR")
    workers.add_argument("--dask", metavar="ADDRESS", help=text)


def _take_study(verb: Parser) -> None:
    verb.path("folder", "DIR", _("the folder of a study"))


def _precision(text: str) -> tuple[str, float]:
    """Return an outcome and the half-width that its interval is to reach.

    >>> _precision("agreement=0.01")
    ('agreement', 0.01)
    """
    name, _equals, width = text.partition("=")
    try:
        half = float(width)
    except ValueError:
        half = math.nan
    if not 0 < half < math.inf:
        raise argparse.ArgumentTypeError(
            _("{text} is not an outcome, =, and a width above 0, as in agreement=0.01", text=text)
        )
    return name, half


def _whole(least: int, limit: int) -> Callable[[str], int]:
    """Return a reader of whole numbers from `least` up to, but not including, `limit`."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = -1
        if not least <= number < limit:
            message = _("{text} is not a whole number from {least} to {most}")
            raise argparse.ArgumentTypeError(message.format(text=text, least=least, most=limit - 1))
        return number

    return read


def read_scenario(name_or_path: str) -> "Scenario":
    """Return a scenario by its name or path."""
    from sim.scenario import load

    return load(name_or_path)


def read_scenarios(names_or_paths: Sequence[str]) -> "dict[str, Scenario]":
    """Return scenarios by the names that their results have."""
    names = [name_of(item) for item in names_or_paths]
    asked = {name: read_scenario(item) for name, item in zip(names, names_or_paths, strict=True)}
    if len(asked) < len(names):
        raise CliError(_("mufakat: two of the scenarios have the same name"))
    return asked


def variants_of(
    scenarios: "Mapping[str, Scenario]", vary: Sequence[str]
) -> "tuple[dict[str, Scenario], str]":
    """Return every variant of ``--vary`` and the sweeps by its name, and what all are called."""
    from sim.scenario import Scenario
    from sim.scenario.grid import grid, parse_vary, read_vary, study_name

    fields = read_vary(Scenario, parse_vary(vary))
    variants = {variant.name: variant.scenario for variant in grid(scenarios, fields)}
    return variants, study_name(scenarios, fields)


def name_of(name_or_path: str) -> str:
    """Return what the result folder of a scenario is called.

    >>> [name_of(text) for text in ("team", "../mine.toml", "case/dam/", "case/dam/scenario.toml")]
    ['team', 'mine', 'dam', 'dam']
    """
    from sim.scenario.files import CASE, SUFFIX

    path = Path(name_or_path).resolve()
    if path.name == CASE:
        return path.parent.name
    return path.stem if path.suffix == SUFFIX else path.name
