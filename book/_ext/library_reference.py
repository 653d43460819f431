"""Write the reference of the library from its docstrings, every module found by itself.

A page names modules, by name or by pattern, in a block `{library}`; the pattern `*` stands for all that no other page
names, so that a new module is never forgotten. Only names in a module's `__all__` are shown, those that a package
passes on from its modules at the package alone.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from numpy.typing import ArrayLike
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.inspect import getdoc
from sphinx.util.typing import stringify_annotation

from execution_cache import LIBRARY, module_file

PAGES = Path(__file__).parents[1] / "reference" / "library"
BLOCK = re.compile(r"^```\{library\}\n(?P<patterns>.*?)^```$", re.MULTILINE | re.DOTALL)
ARRAY_LIKE = stringify_annotation(ArrayLike, "smart")
DIRECTIVES = {ast.FunctionDef: "autofunction", ast.ClassDef: "autoclass"}
VERBATIM = re.compile(
    r"(?P<doctest>^[ ]*>>>.*?(?=^\s*$|\Z))|^(?P<indent>[ ]*)\$\$(?P<block>.+?)\$\$"
    r"|\$(?P<math>[^$]+)\$|(?:\{\w+\})?`(?P<code>[^`]+)`",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Name:
    """A public name: where a reader imports it from, and the directive that shows it."""

    path: str
    directive: str


def library_modules() -> list[str]:
    """Return the modules of the library below `shapbook`, a package before its modules."""
    package = LIBRARY / "shapbook"
    paths = [path.relative_to(package).with_suffix("") for path in package.rglob("*.py")]
    modules = [path.parent if path.name == "__init__" else path for path in paths]
    return sorted(".".join(module.parts) for module in modules if module.parts)


def parsed(module: str) -> ast.Module:
    return parsed_text(module_file(f"shapbook.{module}").read_text(encoding="utf-8"))


@cache
def parsed_text(text: str) -> ast.Module:
    return ast.parse(text)


def public_names(module: str) -> list[str]:
    """Return the names in a module's `__all__`; a module without one has no public names."""
    for node in parsed(module).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return ast.literal_eval(node.value)
    return []


def passed_on(module: str) -> dict[str, str]:
    """Return the names that a module imports from modules of the library, with the module each comes from."""
    return {
        alias.asname or alias.name: node.module.removeprefix("shapbook.")
        for node in parsed(module).body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("shapbook.")
        for alias in node.names
    }


def shown_names(module: str) -> list[Name]:
    """Return the public names that the reference shows at a module: its own, and those of a package's modules."""
    origins = passed_on(module)
    package = module.rpartition(".")[0]
    elsewhere = set(public_names(package)) if package else set()
    shown = []
    for name in public_names(module):
        origin = origins.get(name, module)
        if name in elsewhere or not f"{origin}.".startswith(f"{module}."):
            continue
        kinds = {node.name: type(node) for node in parsed(origin).body if hasattr(node, "name")}
        shown.append(Name(f"shapbook.{module}.{name}", DIRECTIVES.get(kinds.get(name), "autodata")))
    return shown


def patterns_of(text: str) -> list[str]:
    block = BLOCK.search(text)
    return block["patterns"].split() if block else []


def modules_of(text: str) -> list[str]:
    """Return the modules that a page shows: those its patterns match in their order, or with `*` those left over."""
    patterns = patterns_of(text)
    if patterns == ["*"]:
        others = [p for page in PAGES.glob("*.md") for p in patterns_of(page.read_text(encoding="utf-8")) if p != "*"]
        return [m for m in library_modules() if not any(fnmatchcase(m, pattern) for pattern in others)]
    return [module for pattern in patterns for module in library_modules() if fnmatchcase(module, pattern)]


def module_text(module: str) -> Iterator[str]:
    """Give the lines that show one module; one whose names all stand at its package is shown there."""
    if public_names(module) and not shown_names(module):
        return
    yield f"## `{module}`\n\n```{{eval-rst}}\n.. automodule:: shapbook.{module}\n"
    for name in shown_names(module):
        yield f".. {name.directive}:: {name.path}\n" + ("   :members:\n" if name.directive == "autoclass" else "")
    yield "```\n"


def expanded(text: str) -> str:
    """Return a page's text with its block of modules written out."""
    return BLOCK.sub(lambda block: "\n".join(line for m in modules_of(text) for line in module_text(m)), text)


def expand(app: Sphinx, docname: str, source: list[str]) -> None:
    if BLOCK.search(source[0]):
        source[0] = app.env.metadata[docname]["library_text"] = expanded(source[0])


def changed_pages(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """Return the pages whose modules or names are others than when they were read."""
    known = [name for name in env.found_docs - added - changed if "library_text" in env.metadata[name]]
    texts = {name: Path(env.doc2path(name)).read_text(encoding="utf-8") for name in known}
    return [name for name, text in texts.items() if expanded(text) != env.metadata[name]["library_text"]]


def to_restructured_text(text: str, targets: dict[str, str]) -> str:
    """Return a docstring, written in Markdown, as reStructuredText; code that is one of `targets` becomes a link."""
    parts, end = [], 0
    for match in VERBATIM.finditer(text):
        parts += [escaped(text[end : match.start()]), restructured(match, targets)]
        end = match.end()
    return "".join([*parts, escaped(text[end:])])


def restructured(match: re.Match[str], targets: dict[str, str]) -> str:
    if match["doctest"]:
        return match.group()
    if match["block"]:
        formula = " ".join(match["block"].split())
        return f"{match['indent']}.. math:: {formula}\n"
    if match["math"]:
        return f":math:`{' '.join(match['math'].split())}`\\ "
    code = " ".join(match["code"].split())
    if code.startswith(("shapbook.", "~shapbook.")):
        return f":py:obj:`{code}`\\ "
    return f":py:obj:`{code} <{targets[code]}>`" if code in targets else f"``{code}``\\ "


def escaped(text: str) -> str:
    return re.sub(r"\||_(?!\w)|(?<!\w)\*(?=\w+\))", r"\\\g<0>", text)


def link_targets(module: str) -> dict[str, str]:
    """Return the addresses of the names that a docstring of a module may mean: the module's own and its package's."""
    within = [module, *([module.rpartition(".")[0]] if "." in module else [])]
    return {name.path.rpartition(".")[2]: name.path for m in within for name in shown_names(m)}


def translate_docstring(
    app: Sphinx, what: str, name: str, obj: object, options: dict[str, bool], lines: list[str]
) -> None:
    if what == "data" and lines[:-1] == (getdoc(obj, getattr) or "").splitlines():  # that of its type, such as dict
        lines.clear()
    longest_first = sorted(library_modules(), key=len, reverse=True)
    module = next(m for m in longest_first if f"{name}.".startswith(f"shapbook.{m}."))
    lines[:] = to_restructured_text("\n".join(lines), link_targets(module)).split("\n")


def shorten_types(app: Sphinx, what: str, name: str, *unused: object) -> None:
    """Call what NumPy takes for an array by its name, which annotations lose, and say nothing of returning nothing."""
    types = app.env.temp_data.get("annotations", {}).get(name, {})
    if types.get("return") == "None":
        del types["return"]
    types.update({key: value.replace(ARRAY_LIKE, "~numpy.typing.ArrayLike") for key, value in types.items()})


def setup(app: Sphinx) -> dict[str, Any]:
    app.setup_extension("sphinx.ext.autodoc")
    app.setup_extension("sphinx.ext.napoleon")
    app.connect("source-read", expand)
    app.connect("env-get-outdated", changed_pages)
    app.connect("autodoc-process-docstring", translate_docstring, priority=400)  # before napoleon
    app.connect("autodoc-process-signature", shorten_types, priority=900)  # after autodoc has recorded them
    return {"parallel_read_safe": True, "parallel_write_safe": True}
