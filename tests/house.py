"""Measure the package: code lines, files, functions, import cycles, imports that point upward.

``python tests/house.py`` prints a table. Nothing of the package is imported; its sources are read.
"""

import ast
from collections.abc import Iterable, Iterator
from importlib.util import resolve_name
from pathlib import Path
from statistics import median
from typing import NamedTuple

import networkx as nx

ROOT = Path(__file__).parents[1]
# Each floor imports only the floors before it. Importing `sim` itself is importing the top.
FLOORS = ("base", "scenario", "rules", "engine", "studies", "evidence", "view", "api", "cli")
# Modules outside the folder or file of their floor.
FLOOR_OF = {
    "": "api",
    "__main__": "cli",
    "arguments": "cli",
}


class Module(NamedTuple):
    """A file of the package.

    Attributes
    ----------
    lines
        All its lines.
    code
        Its lines that are neither blank, comment nor docstring.
    imports
        The modules of the package that it imports, also inside functions and by ``import_module``;
        what is imported for type checking alone is left out.
    """

    name: str
    lines: int
    code: int
    functions: int
    imports: frozenset[str]

    @property
    def floor(self) -> str:
        """The floor that it belongs to."""
        part = (*self.name.split("."), "")[1]
        return FLOOR_OF.get(part, part)


def read_package(folder: Path) -> dict[str, Module]:
    """Return the modules of a package by name."""
    files = {_name_of(file, folder): file for file in sorted(folder.rglob("*.py"))}
    return {name: _read(name, file, files) for name, file in files.items()}


def _name_of(file: Path, folder: Path) -> str:
    parts = file.relative_to(folder.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _read(name: str, file: Path, known: Iterable[str]) -> Module:
    source = file.read_text(encoding="utf-8")
    tree = ast.parse(source)
    nodes = list(ast.walk(tree))
    documented = {line for node in nodes for line in _docstring_lines(node)}
    lines = source.splitlines()
    code = sum(
        bool(line.strip()) and not line.lstrip().startswith("#") and number not in documented
        for number, line in enumerate(lines, start=1)
    )
    functions = sum(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for node in nodes)
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    imports = {_module_of(path, known) for path in _imported(tree, package)} - {name, ""}
    return Module(name, len(lines), code, functions, frozenset(imports))


def _docstring_lines(node: ast.AST) -> range:
    """Return the numbers of the lines of a node's docstring, if it can have one and has."""
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    if not isinstance(node, documented) or ast.get_docstring(node, clean=False) is None:
        return range(0)
    docstring = node.body[0]
    return range(docstring.lineno, (docstring.end_lineno or docstring.lineno) + 1)


def _imported(node: ast.AST, package: str) -> Iterator[str]:
    """Yield the dotted paths that a piece of code imports."""
    if isinstance(node, ast.If) and _last_name(node.test) == "TYPE_CHECKING":
        children: Iterable[ast.AST] = node.orelse
    else:
        children = ast.iter_child_nodes(node)
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        module = resolve_name("." * node.level + (node.module or ""), package)
        yield from (f"{module}.{alias.name}" for alias in node.names)
    elif isinstance(node, ast.Call) and _last_name(node.func) == "import_module":
        yield from (str(path.value) for path in node.args[:1] if isinstance(path, ast.Constant))
    for child in children:
        yield from _imported(child, package)


def _last_name(node: ast.AST) -> str:
    """Return ``b`` for the expressions ``b`` and ``a.b``; nothing for others."""
    return getattr(node, "attr", getattr(node, "id", ""))


def _module_of(path: str, known: Iterable[str]) -> str:
    """Return the module that a path names, or that holds the name; empty if it is not known."""
    parent = path.rpartition(".")[0]
    return path if path in known else parent if parent in known else ""


def cycles(modules: dict[str, Module]) -> list[list[str]]:
    """Return the groups of modules that import each other, the largest first."""
    graph = nx.DiGraph((name, to) for name, module in modules.items() for to in module.imports)
    groups = (sorted(group) for group in nx.strongly_connected_components(graph) if len(group) > 1)
    return sorted(groups, key=lambda group: (-len(group), group))


def upward_imports(modules: dict[str, Module]) -> list[tuple[str, str]]:
    """Return the imports of a floor above: the importing and the imported module."""
    return [
        (name, to)
        for name, module in modules.items()
        for to in sorted(module.imports)
        if FLOORS.index(modules[to].floor) > FLOORS.index(module.floor)
    ]


def main() -> None:
    """Print what the package measures."""
    modules = read_package(ROOT / "sim")
    print(f"{'floor':10}{'code':>8}{'files':>8}{'functions':>12}")
    for floor in (*FLOORS, "all"):
        those = [module for module in modules.values() if floor in (module.floor, "all")]
        code, functions = sum(m.code for m in those), sum(m.functions for m in those)
        print(f"{floor:10}{code:8}{len(those):8}{functions:12}")
    longest = max(modules.values(), key=lambda module: module.lines)
    middle = median(module.lines for module in modules.values())
    print(f"\nmedian file: {middle:g} lines; longest: {longest.name}, {longest.lines} lines")
    groups = cycles(modules)
    print(f"import cycles: {len(groups)}")
    for group in groups:
        print(f"  {len(group)} files: {', '.join(group)}")
    upward = upward_imports(modules)
    print(f"imports that point upward: {len(upward)}")
    for name, to in upward:
        print(f"  {name} imports {to}")


if __name__ == "__main__":
    main()
