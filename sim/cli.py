"""The command ``mufakat``: one verb, one function.

An error with a cause outside the program (a bad scenario, a full disk, a closed output pipe) is one
message on stderr and exit code 2; Ctrl-C is exit code 130. A verb imports what it needs when it is
called, so that ``--help`` answers at once.
"""

import argparse
import io
import json
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from textwrap import indent
from types import MappingProxyType
from typing import TYPE_CHECKING

from sim.arguments import name_of, parser, read_scenario, read_scenarios, variants_of
from sim.base import CliError, reason
from sim.base.text import _, _n

if TYPE_CHECKING:
    from sim.studies.study import StudyData


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command.

    Parameters
    ----------
    arguments
        The words after ``mufakat``; by default those that the program was started with.

    Returns
    -------
    int
        The exit code: 0; 1 if a run of a study failed or a claim was refuted; 2 if the command
        could not be carried out; 3 if a claim remains undetermined; 130 after Ctrl-C. That of
        ``validate`` is the number of targets outside their bands and of contrary directions.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name that a terminal cannot show stops nothing
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _obey(arguments)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return 130
    except CliError as error:
        return _fail(str(error))
    except ValueError as error:
        from sim.scenario import ScenarioError

        if not isinstance(error, ScenarioError):
            raise
        return _fail(str(error))
    except BrokenPipeError:
        _abandon_stdout()
        return _fail(_("mufakat: output pipe closed"))
    except OSError as error:
        _abandon_stdout()
        return _fail(_("mufakat: {reason}", reason=reason(error, error.filename)))


def list_shipped(args: argparse.Namespace) -> None:
    """List the shipped scenarios, with their titles."""
    from sim.scenario import shipped

    scenarios = {name: read_scenario(name) for name in shipped()}
    width = max(map(len, scenarios), default=0)
    for name, scenario in scenarios.items():
        print(f"{name:{width}}  {scenario.title}")


def new(args: argparse.Namespace) -> None:
    """Write a folder with a case to fill in."""
    from sim.scenario.files import CASE, FileAccessError
    from sim.scenario.new_case import write_case

    try:
        with _reporting(FileAccessError):
            files = write_case(args.folder, args.form, excel=args.excel)
    except OSError as error:
        raise CliError(_("mufakat: {reason}", reason=reason(error, args.folder))) from error
    first, second = (file for file in files if file != CASE)
    name = str(args.folder)
    name = f"./{name}" if name.startswith("-") else name
    name = name if name.replace("/", "").isidentifier() else f'"{name}"'  # for every shell
    text = _(
        "The folder {folder} holds {case}, {first} and {second}.\n"
        "  1. Fill in {case} (in a text editor) and {first} (in a spreadsheet).\n"
        "  2. mufakat check {name}    says what is still missing\n"
        "  3. mufakat run {name}      plays it, and saves the tables"
    )
    print(text.format(folder=args.folder, case=CASE, first=first, second=second, name=name))


def check(args: argparse.Namespace) -> None:
    """Say whether a scenario is valid, and how large it is."""
    from sim.scenario import SECTORS
    from sim.scenario.files import to_toml

    scenario = read_scenario(args.scenario)
    if args.resolved:
        from sim.view.console import format_power

        power = indent(format_power(scenario), "# ")  # a comment: the whole is a scenario file
        print(to_toml(scenario.resolved()), power, sep="\n\n")
        return
    variants, _called = variants_of({name_of(args.scenario): scenario}, [])
    counts = {sector: scenario.count(sector) for sector in SECTORS}
    sectors = ", ".join(f"{sector} {count}" for sector, count in counts.items())
    total = sum(counts.values())
    print(
        _("{scenario} is valid: {title}", scenario=args.scenario, title=scenario.title),
        _("  stakeholders: {total} ({sectors})", total=total, sectors=sectors),
        _("  rounds at most: {rounds}", rounds=scenario.latest_round),
        sep="\n",
    )
    if scenario.sweep:
        fields = ", ".join(item.field for item in scenario.sweep)
        print(_("  variants: {count} (by {fields})", count=len(variants), fields=fields))


def run(args: argparse.Namespace) -> None:
    """Carry out one run of a scenario, print its summary, and save its tables in a folder."""
    scenario = read_scenario(args.scenario)
    from sim.api.run import FILES
    from sim.api.run import run as carry_out
    from sim.base.files import refuse_foreign
    from sim.engine.runs import TooLarge

    folder = args.out or Path("results", name_of(args.scenario))
    with _saving(folder):  # refused now rather than after the work
        refuse_foreign(folder, FILES)
    with _reporting(TooLarge):
        done = carry_out(scenario, seed=args.seed, run=args.run)
    with _saving(folder):
        done.save(folder, full=args.full)
    print(done.summary())
    print(_("Minutes, sheet and tables: {folder}", folder=folder))


def study(args: argparse.Namespace) -> int:
    """Carry out many runs of some scenarios, store them in a folder, and print the outcomes."""
    asked, called = variants_of(read_scenarios(args.scenarios), args.vary)
    from sim.studies.store import require_keepable
    from sim.studies.study import study as carry_out
    from sim.view.console import format_study

    folder = args.out or Path("results", f"study_{called[:60]}")
    with _reporting(ValueError):
        keep = require_keepable(args.keep)
    with _storing(folder), _at_work(args) as workers:
        done = carry_out(asked, args.runs, args.seed, executor=workers, store=folder, keep=keep)
        said, failed = format_study(done), len(done.failures)
    print(said)
    print(_("Runs: {folder}", folder=folder))
    return 1 if failed else 0


def compare(args: argparse.Namespace) -> int:
    """Print the verdicts on what differs between scenarios, and write a report."""
    asked, called = variants_of(read_scenarios(args.scenarios), args.vary)
    from sim.api.studies import compare as carry_out
    from sim.view.console import format_comparison

    over = "_over_sets" if args.parameters else ""
    folder = args.out or Path("results", f"compare_{called[:60]}{over}")
    report = args.report or folder / "report.html"
    if report.suffix not in (".html", ".htm"):  # nobody's scenario is written over
        raise CliError(_("mufakat: {file}: the name of a report ends in .html", file=report))
    with _reporting(ValueError), _storing(folder / "runs"), _at_work(args) as workers:
        found = carry_out(
            asked, args.runs, args.seed, reference=args.reference, outcomes=args.outcomes,
            precision=dict(args.precision), max_runs=args.max_runs, executor=workers,
            store=folder / "runs", parameters=args.parameters,
        )  # fmt: skip
    with _saving(report):
        found.report(report)
    print(format_comparison(found))
    print(_("Report: {file}", file=report))
    return 1 if len(found.study.failures) else 0


def claims(args: argparse.Namespace) -> int:
    """Test the claims of a file, and print the verdicts."""
    from sim.api.studies import check_claims
    from sim.studies.workers import WorkerError

    with _reporting(WorkerError), _at_work(args) as workers:
        checked = check_claims(args.file, args.runs, args.seed, workers)
    print(checked.told())
    return checked.exit_code


def validate(args: argparse.Namespace) -> int:
    """Hold the model against the evidence; return how many findings are outside."""
    from sim.api.evidence import REPORT
    from sim.api.evidence import validate as carry_out

    folder = args.out or Path("results", "validate")
    with _saving(folder):  # refused now rather than after the work
        folder.mkdir(parents=True, exist_ok=True)
    found = carry_out(quick=args.quick, seed=args.seed)
    with _saving(folder):
        found.save(folder)
    print(found.told())
    print(_("Report, tables and stagings: {file}", file=folder / REPORT))
    return found.outside


def calibrate(args: argparse.Namespace) -> None:
    """Find the values of free parameters under which targets are met."""
    scenario = read_scenario(args.scenario)
    from sim.api.evidence import POSTERIOR
    from sim.api.evidence import calibrate as carry_out

    folder = args.out or Path("results", f"calibrate_{args.targets.stem[:60]}")
    with _reporting(ValueError), _storing(folder / "waves"):
        found = carry_out(
            scenario, args.targets, args.runs, args.sets, args.waves,
            seed=args.seed, store=folder / "waves",
        )  # fmt: skip
    with _saving(folder):
        found.save(folder)
    print(found.told())
    print(_("Posterior, tables and pair plot: {file}", file=folder / POSTERIOR))


def export(args: argparse.Namespace) -> None:
    """Write the tables of a stored study as CSV, one row a run, one row a round."""
    from sim.studies.reproduce import beside
    from sim.studies.reproduce import export as write

    file = args.csv or beside(args.folder)
    with _stored(args.folder) as done, _saving(file):
        written = write(done, file)
    (runs, count), *others = written.items()
    print(_("{count} runs: {file}", count=count, file=runs))
    for rounds, count in others:
        print(_("{count} rounds: {file}", count=count, file=rounds))


def reproduce(args: argparse.Namespace) -> int:
    """Carry out runs of a stored study again, and compare every number."""
    from sim.studies.reproduce import reproduce as again

    with _stored(args.folder) as done:
        found = again(done, args.all)
    if found.different.empty and found.checked:
        text = _("{count} runs carried out again: every number is the same, in every bit.")
        print(text.format(count=found.checked))
        return 0
    text = _("{count} runs carried out again: {different} numbers came out another way.")
    print(text.format(count=found.checked, different=len(found.different)))
    for row in found.different.head(5).to_numpy():
        print("  {}, {}, {}: {!r}, {!r}".format(*row))
    return 1


@contextmanager
def _reporting(*kinds: type[Exception]) -> Iterator[None]:
    """Report errors of these kinds as the command's; `main` reports those of scenarios."""
    from sim.scenario import ScenarioError

    try:
        yield
    except ScenarioError:
        raise
    except kinds as error:
        raise CliError(_("mufakat: {reason}", reason=error)) from error


@contextmanager
def _saving(folder: Path) -> Iterator[None]:
    """Report a result that cannot be saved as the command's error."""
    try:
        yield
    except OSError as error:
        raise CliError(
            _("mufakat: the result was not saved: {reason}", reason=reason(error, folder))
        ) from error


@contextmanager
def _stored(folder: Path) -> Iterator["StudyData"]:
    """Yield the study in a folder, and name its damaged files when its work is done."""
    from sim.studies.store import StoreError
    from sim.studies.study import stored

    with _reporting(StoreError):
        done = stored(folder)
        yield done
    if done.damaged:
        text = _n(
            "mufakat: {count} file is damaged, and its runs are missing here; the same study "
            "carries them out again",
            "mufakat: {count} files are damaged, and their runs are missing here; the same study "
            "carries them out again",
            len(done.damaged),
        )
        print(text, *done.damaged, sep="\n  ", file=sys.stderr)


def _at_work(args: argparse.Namespace) -> AbstractContextManager[Executor | None]:
    """Return the workers that are asked for, if any are."""
    if args.dask:
        from sim.studies.workers import cluster

        return cluster(args.dask)
    return ThreadPoolExecutor(args.workers) if args.workers else nullcontext()


@contextmanager
def _storing(folder: Path) -> Iterator[None]:
    """Report a folder that cannot store runs as the command's error, and say what a stop leaves."""
    from sim.base.files import MANIFEST
    from sim.studies.store import StoreError
    from sim.studies.workers import WorkerError

    try:
        with _saving(folder):
            yield
    except KeyboardInterrupt:
        text = _("Stopped. What is done is kept in {folder}; the same command goes on from there.")
        text = text if (folder / MANIFEST).is_file() else _("Stopped; nothing was done yet.")
        print(text.format(folder=folder), file=sys.stderr)
        raise
    except (StoreError, WorkerError) as error:
        raise CliError(f"mufakat: {error}") from error
    except CliError as error:
        if not (folder / MANIFEST).is_file():
            raise
        text = _("{refusal}. What is done is kept; the same command goes on from there.")
        raise CliError(text.format(refusal=error)) from error


def explore(args: argparse.Namespace) -> None:
    """Serve the dashboard on this computer until Ctrl-C."""
    from sim.view.dashboard.server import explore as serve

    serve(args.scenario, args.port, browser=not args.no_browser)


def warm_up(args: argparse.Namespace) -> None:
    """Compile the model, so that no later command waits for it."""
    from sim.engine.runs import warm_up as compile_everything
    from sim.rules.compile import CACHE_FOLDER

    functions = compile_everything()
    if functions == 0:
        print(_("Nothing is compiled, because NUMBA_DISABLE_JIT is set."))
        return
    print(
        _(
            "The model is compiled: {functions} functions in {folder}.",
            functions=functions, folder=CACHE_FOLDER,
        )
    )  # fmt: skip


def schema(args: argparse.Namespace) -> None:
    """Print the JSON Schema of a scenario file, for an editor's completion."""
    from sim.scenario import Scenario

    print(json.dumps(Scenario.model_json_schema(), indent=2, ensure_ascii=False))


VERBS = MappingProxyType(
    {
        "list": list_shipped,
        "new": new,
        "check": check,
        "run": run,
        "study": study,
        "compare": compare,
        "claims": claims,
        "validate": validate,
        "calibrate": calibrate,
        "export": export,
        "reproduce": reproduce,
        "explore": explore,
        "warm-up": warm_up,
        "schema": schema,
    }
)


def _obey(arguments: Sequence[str] | None) -> int:
    try:
        args = parser(VERBS).parse_args(arguments)
    except SystemExit as end:  # --help, --version and a bad argument end so, their text printed
        return int(end.code or 0)
    return int(args.verb(args) or 0)


def _fail(message: str) -> int:
    with suppress(OSError):  # nobody is left to tell if stderr is full as well
        print(message, file=sys.stderr, flush=True)
    return 2


def _abandon_stdout() -> None:
    """Send nothing more to stdout: Python would try once more at exit, and complain."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
