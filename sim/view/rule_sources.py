"""What the sources of the rules say: functions, named constants, the sections they cite."""

import ast
import re
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

RULES = Path(__file__).parents[1] / "rules"
PURPOSES = "draws"  # the file whose numbers are names of draws
MACHINE = "memory"  # the file whose numbers no outcome depends on
_SECTION = re.compile(r"[1-8](\.[1-7])?")


class Function(NamedTuple):
    """A function of ``sim/rules``: where it stands, what it says, and the names it reads.

    Attributes
    ----------
    names
        Plain names as they are, ``draws.TIE`` as such, ``par[0].assets`` as ``.assets``.
    """

    file: str
    name: str
    says: str
    names: frozenset[str]

    @property
    def summary(self) -> str:
        """The first sentence of its docstring, as Markdown."""
        first = self.says.split("\n\n")[0].replace("\n", " ").replace("``", "`")
        return re.sub(r":\w+:`~?\.?([\w.]+)`", r"`\1`", first)


class Constant(NamedTuple):
    """A number that a rule names: no field of a scenario, so the same in every run."""

    name: str
    value: float
    file: str
    note: str
    readers: tuple[Function, ...]

    @property
    def sections(self) -> tuple[str, ...]:
        """The sections that name it: of the rules that read it, or else of its file."""
        said = [sections(reader.says) for reader in self.readers]
        return tuple(dict.fromkeys(sum(said, ()))) or sections(_parsed(self.file)[1])


def sections(docstring: str) -> tuple[str, ...]:
    """The sections of the description that a docstring names in parentheses.

    >>> sections("Who leaves (2.1, 4), and who objects (4.3, step 4), of (1 - d).")
    ('2.1', '4', '4.3')
    """
    text = docstring.split("Examples\n")[0]
    named = ", ".join(re.findall(r"\(([\d., step]+)\)", text)).split(", ")
    return tuple(dict.fromkeys(part for part in named if _SECTION.fullmatch(part)))


@cache
def _parsed(name: str) -> tuple[ast.Module, str]:
    """A file of ``sim/rules``, and what it says of itself."""
    tree = ast.parse((RULES / name).read_text(encoding="utf-8"))
    return tree, ast.get_docstring(tree) or ""


@cache
def functions() -> tuple[Function, ...]:
    """Every function of ``sim/rules``, by file and line."""
    found = []
    for file in sorted(RULES.glob("*.py")):
        for node in _parsed(file.name)[0].body:
            if isinstance(node, ast.FunctionDef):
                names = frozenset(filter(None, map(_read, ast.walk(node))))
                says = ast.get_docstring(node) or ""
                found.append(Function(file.name, node.name, says, names))
    return tuple(found)


def _read(node: ast.AST) -> str:
    """The name that a piece of code reads, if it is one."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        module = isinstance(node.value, ast.Name) and node.value.id == "draws"
        return f"draws.{node.attr}" if module else f".{node.attr}"
    return ""


def named_numbers(file: Path) -> dict[str, str]:
    """The names that a rule file gives to plain numbers, each with the remark on its line.

    Names that only tell things apart are left out: whole numbers that are named together, such as
    the codes of the norms, and those below zero, which mean nobody or all.
    """
    lines = file.read_text(encoding="utf-8").splitlines()
    module = import_module(f"sim.rules.{file.stem}")
    found: dict[str, str] = {}
    for node in _parsed(file.name)[0].body:
        if not isinstance(node, ast.Assign) or not isinstance(
            node.value, ast.Constant | ast.UnaryOp | ast.BinOp | ast.Tuple
        ):
            continue
        (target,) = node.targets
        parts = target.elts if isinstance(target, ast.Tuple) else [target]
        names = [part.id for part in parts if isinstance(part, ast.Name)]
        values = [getattr(module, name) for name in names]
        whole = bool(values) and all(isinstance(value, int) for value in values)
        code = whole and (len(values) > 1 or values[0] < 0)
        numbers = all(isinstance(value, int | float) for value in values)
        if names and numbers and not code and not names[0].startswith("_"):
            note = lines[node.lineno - 1].partition("  # ")[2]
            found |= dict.fromkeys(names, note)
    return found


@cache
def constants() -> tuple[Constant, ...]:
    """Every named constant of ``sim/rules``, by file and line."""
    found = []
    for file in sorted(RULES.glob("*.py")):
        if file.stem in (PURPOSES, MACHINE):
            continue
        for name, note in named_numbers(file).items():
            value = getattr(import_module(f"sim.rules.{file.stem}"), name)
            readers = tuple(function for function in functions() if name in function.names)
            found.append(Constant(name, value, file.name, note, readers))
    return tuple(found)
