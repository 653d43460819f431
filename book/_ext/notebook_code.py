"""Decide which code of a page goes into its notebooks, so that they run without what only the build needs."""

import ast
import re
import symtable
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

MARK = "# Not shown in the book, but the cells below need it."
MAGIC = re.compile(r"^\s*[%!].*$", re.MULTILINE)
BUILD_ONLY = "glue"
GENERATOR = "rng"


class CodeError(ValueError):
    """A page's code cannot be taken apart; the message names the line of the cell."""


@dataclass(frozen=True)
class Cell:
    """A code cell of a page: its place among the page's cells, its line, its source and what is said about it."""

    index: int
    line: int
    source: str
    tags: frozenset[str] = frozenset()
    in_solution: bool = False

    @property
    def hidden(self) -> bool:
        return "remove-cell" in self.tags


@dataclass(frozen=True)
class Names:
    """The names that a piece of code reads from what ran before, and those it binds or changes."""

    read: frozenset[str]
    bound: frozenset[str]


@cache
def statements(source: str) -> tuple[ast.stmt, ...]:
    return tuple(ast.parse(MAGIC.sub("", source)).body)


def scope_names(table: symtable.SymbolTable) -> Iterable[str]:
    """The module's names that a scope inside it reads."""
    for child in table.get_children():
        yield from (s.get_name() for s in child.get_symbols() if s.is_global() and s.is_referenced())
        yield from scope_names(child)


def changed_names(statement: ast.stmt) -> Iterable[str]:
    """The names whose value a statement changes in place: `x += …`, `x[0] = …`, `x.y = …`, `x.fit(…)`."""
    at_once = not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    for node in ast.walk(statement) if at_once else ():
        match node:
            case ast.AugAssign(target=ast.Name(id=name)):
                yield name
            case ast.Subscript(ctx=ast.Store()) | ast.Attribute(ctx=ast.Store()):
                yield owner(node)
            case ast.Expr(value=ast.Call(func=ast.Attribute() as method)):
                yield owner(method)


def owner(node: ast.expr) -> str:
    """The name at the root of `x.y[0].z`, or nothing."""
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def simple_statements(body: Iterable[ast.stmt]) -> Iterable[ast.stmt]:
    """Lay loops, branches and contexts out as the simple statements they hold, in the order of the source."""
    for statement in body:
        if isinstance(statement, ast.For):
            yield ast.copy_location(ast.Assign([statement.target], statement.iter), statement)
        elif isinstance(statement, ast.While | ast.If):
            yield ast.Expr(statement.test)
        elif isinstance(statement, ast.With):
            for item in statement.items:
                value = item.context_expr
                named = ast.Assign([item.optional_vars], value) if item.optional_vars else ast.Expr(value)
                yield ast.copy_location(named, statement)
        elif not isinstance(statement, ast.Try):
            yield statement
            continue
        for part in ("body", "handlers", "orelse", "finalbody"):
            for inner in getattr(statement, part, []):
                yield from simple_statements(inner.body if isinstance(inner, ast.ExceptHandler) else [inner])


@cache
def names_of(body: tuple[ast.stmt, ...]) -> Names:
    read: set[str] = set()
    bound: set[str] = set()
    for statement in simple_statements(body):
        table = symtable.symtable(ast.unparse(statement), "cell", "exec")
        top = table.get_symbols()
        changed = set(changed_names(statement)) - {""}
        read |= ({s.get_name() for s in top if s.is_referenced()} | set(scope_names(table)) | changed) - bound
        bound |= {s.get_name() for s in top if s.is_assigned() or s.is_imported()} | changed
    return Names(frozenset(read), frozenset(bound))


def without_build_only(cell: Cell, build_only: set[str]) -> str:
    """Return a cell's source without assertions and without what passes numbers to the page's text."""
    lines: list[str | None] = list(cell.source.splitlines())
    for statement in statements(cell.source):
        names = names_of((statement,))
        if isinstance(statement, ast.Assert) or (names.read | names.bound) & build_only:
            if isinstance(statement, ast.FunctionDef):
                build_only |= {statement.name}
            for number in range(statement.lineno - 1, statement.end_lineno):
                lines[number] = None
    return re.sub(r"\n{3,}", "\n\n\n", "\n".join(line for line in lines if line is not None)).strip("\n")


def drawing_names(cells: Iterable[Cell]) -> set[str]:
    """The names that stand for random numbers of the page: its generator, and the functions that draw from it."""
    drawing = {GENERATOR}
    for cell in cells:
        for statement in statements(cell.source):
            if isinstance(statement, ast.FunctionDef) and names_of((statement,)).read & drawing:
                drawing |= {statement.name}
    return drawing


def cells_needed(cells: list[Cell]) -> dict[int, str]:
    """Return the source of every cell that goes into a notebook, by the cell's index.

    All shown cells do. A hidden cell does if a later one uses what it computes, or if it draws random numbers, since
    without it those of the later cells would differ from the page's; what serves the page alone is taken out of it.

    Raises:
        CodeError: If a cell is not Python, or a shown cell uses what only the build has.
    """
    build_only = {BUILD_ONLY}
    sources: dict[int, str] = {}
    for cell in cells:
        try:
            sources[cell.index] = without_build_only(cell, build_only) if cell.hidden else cell.source
            uses = names_of(statements(sources[cell.index]))
        except SyntaxError as error:
            msg = f"line {cell.line}: the cell is not Python: {error.msg}"
            raise CodeError(msg) from error
        if not cell.hidden and (uses.read | uses.bound) & build_only:
            msg = f"line {cell.line}: a shown cell uses `{BUILD_ONLY}`, which notebooks lack; tag it `remove-cell`"
            raise CodeError(msg)
    drawing = drawing_names(cells)
    needed: set[str] = set()
    kept: dict[int, str] = {}
    for cell in reversed(cells):
        source = sources[cell.index]
        uses = names_of(statements(source))
        draws_before_others = uses.read & drawing and needed & drawing
        if cell.hidden and not (uses.bound & needed or draws_before_others):
            continue
        kept[cell.index] = f"{MARK}\n{source}" if cell.hidden else with_own_script(source)
        needed = (needed - uses.bound) | uses.read
    return dict(sorted(kept.items()))


def with_own_script(source: str) -> str:
    """Return a cell that draws an interactive force plot with SHAP's script, which Colab forgets between cells."""
    for node in ast.walk(ast.Module([*statements(source)], [])):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("shap.plots.force", "shap.force_plot"):
            still = any(word.arg == "matplotlib" and ast.unparse(word.value) == "True" for word in node.keywords)
            if not still:
                return f"shap.initjs()\n{source}"
    return source


def names_lost(cells: list[Cell], kept: Mapping[int, str]) -> list[str]:
    """Return where a notebook uses a name that only what was left out of it, or an unsolved starter, defines."""
    known: set[str] = set()
    lost: set[str] = set()
    problems = []
    for cell in cells:
        uses = names_of(statements(kept.get(cell.index, "")))
        if "check" not in cell.tags:
            where = f"line {cell.line}: defined only in a solution or a hidden cell"
            problems += [f"{where}: `{name}`" for name in sorted((uses.read & lost) - known)]
        solved = frozenset() if "starter" in cell.tags else uses.bound
        bound = names_of(statements(cell.source)).bound
        lost |= bound - solved
        known = (known - bound if "starter" in cell.tags else known) | solved
    return problems
