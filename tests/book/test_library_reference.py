"""The reference shows every public name of the library once, with what its docstring says, and nothing else."""

import ast
import pkgutil
import re
from collections import Counter
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest
import site_laws
import yaml
from bs4 import Tag
from tested_pages import ROOT, SITE

import execution_cache
import library_reference

PAGES = sorted(library_reference.PAGES.glob("*.md"))
URL = re.compile(r"https?://[^\s,)]+")


@cache
def entries() -> dict[str, Tag]:
    """Return what the built pages show: the description of each name."""
    found: dict[str, Tag] = {}
    for page in PAGES:
        built = site_laws.parse(SITE / page.relative_to(ROOT).with_suffix(".html"))
        for term in built.select("dl.py > dt.sig[id]"):
            assert term["id"] not in found, f"{term['id']} is shown twice"
            found[term["id"]] = term.find_next_sibling("dd")
    return found


def homes(module: str, name: str) -> set[str]:
    """Return the modules that could show a public name: its own, its package, or the one it comes from."""
    return {module, module.rpartition(".")[0], library_reference.passed_on(module).get(name, module)} - {""}


def docstrings() -> dict[str, str]:
    """Return the docstring of every public function and class, by the name under which the reference shows it."""
    found = {}
    for module in library_reference.library_modules():
        for node in library_reference.parsed(module).body:
            for home in homes(module, getattr(node, "name", "")) & set(library_reference.library_modules()):
                path = f"shapbook.{home}.{getattr(node, 'name', '')}"
                if isinstance(node, ast.FunctionDef | ast.ClassDef) and path in entries():
                    found[path] = ast.get_docstring(node) or ""
    return found


def modules_below(folder: Path, prefix: str = "") -> set[str]:
    """Return what Python can import from a package, without importing it."""
    found = set()
    for module in pkgutil.iter_modules([str(folder)]):
        name = prefix + module.name
        found |= {name} | (modules_below(folder / module.name, f"{name}.") if module.ispkg else set())
    return found


def test_every_module_is_found() -> None:
    names = modules_below(ROOT / "lib" / "shapbook")
    assert set(library_reference.library_modules()) == names
    shown = Counter(module for page in PAGES for module in library_reference.modules_of(page.read_text("utf-8")))
    assert shown == Counter(names)


def test_every_public_name_is_shown_once() -> None:
    shown = set(entries())
    lost = [
        f"{module}.{name}"
        for module in library_reference.library_modules()
        for name in library_reference.public_names(module)
        if len({f"shapbook.{home}.{name}" for home in homes(module, name)} & shown) != 1
    ]
    assert lost == []


def test_only_public_names_are_shown() -> None:
    public = {name for module in library_reference.library_modules() for name in library_reference.public_names(module)}
    modules = sorted(library_reference.library_modules(), key=len, reverse=True)
    for path in entries():
        module = next(m for m in modules if path.startswith(f"shapbook.{m}."))
        name, *members = path.removeprefix(f"shapbook.{module}.").split(".")
        assert name in public
        assert not any(member.startswith("_") for member in members), path


def test_examples_and_references_of_docstrings_are_kept() -> None:
    lost = []
    for path, docstring in docstrings().items():
        description = entries()[path]
        links = {link["href"] for link in description.find_all("a", href=True)}
        lost += [f"{path}: {url}" for url in URL.findall(docstring) if url not in links]
        shown = " ".join(block.get_text() for block in description.select(".highlight"))
        examples = re.findall(r"^\s*>>> (.*)$", docstring, re.MULTILINE)
        lost += [f"{path}: {line}" for line in examples if f">>> {line}" not in shown]
    assert lost == []


def test_only_names_of_other_packages_may_lead_nowhere() -> None:
    config = yaml.safe_load(ROOT.joinpath("_config.yml").read_text(encoding="utf-8"))["sphinx"]["config"]
    ((kind, pattern),) = config["nitpick_ignore_regex"]
    assert re.fullmatch(kind, "py:class")
    assert re.fullmatch(pattern, "numpy.ndarray")
    assert not re.fullmatch(pattern, "shapbook.shapley.Game")


@pytest.fixture
def small_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library of a package and a module, and two pages: one names the package, the other shows the rest."""
    library, pages = tmp_path / "shapbook", tmp_path / "pages"
    for name, text in {
        "__init__": "",
        "games/__init__": "from shapbook.games.exact import values\n__all__ = ['values']\n",
        "games/exact": "__all__ = ['table', 'values']\ndef values(): ...\nclass table: ...\n",
        "stars": "__all__ = ['MASS']\nMASS = 1\ndef hidden(): ...\n",
    }.items():
        (library / name).parent.mkdir(parents=True, exist_ok=True)
        (library / f"{name}.py").write_text(text, encoding="utf-8")
    pages.mkdir()
    (pages / "games.md").write_text("# Games\n\n```{library}\ngames\ngames.*\n```\n", encoding="utf-8")
    (pages / "rest.md").write_text("# Rest\n\n```{library}\n*\n```\n", encoding="utf-8")
    monkeypatch.setattr(execution_cache, "LIBRARY", tmp_path)
    monkeypatch.setattr(library_reference, "LIBRARY", tmp_path)
    monkeypatch.setattr(library_reference, "PAGES", pages)
    return library


def directives(page: Path) -> list[str]:
    return re.findall(r"^\.\. (.+)$", library_reference.expanded(page.read_text(encoding="utf-8")), re.MULTILINE)


def test_names_are_shown_where_they_are_imported_from(small_library: Path) -> None:
    assert directives(library_reference.PAGES / "games.md") == [
        "automodule:: shapbook.games",
        "autofunction:: shapbook.games.values",
        "automodule:: shapbook.games.exact",
        "autoclass:: shapbook.games.exact.table",
    ]
    assert directives(library_reference.PAGES / "rest.md") == [
        "automodule:: shapbook.stars",
        "autodata:: shapbook.stars.MASS",
    ]


def test_a_new_module_is_shown_without_being_named(small_library: Path) -> None:
    rest = library_reference.PAGES / "rest.md"
    read = library_reference.expanded(rest.read_text(encoding="utf-8"))
    env = SimpleNamespace(found_docs={"rest"}, metadata={"rest": {"library_text": read}}, doc2path=lambda name: rest)
    assert library_reference.changed_pages(None, env, set(), set(), set()) == []
    (small_library / "novel.py").write_text("__all__ = ['twist']\ndef twist(): ...\n", encoding="utf-8")
    assert library_reference.changed_pages(None, env, set(), set(), set()) == ["rest"]
    assert "autofunction:: shapbook.novel.twist" in directives(rest)


@pytest.mark.parametrize(
    ("markdown", "restructured"),
    [
        ("see `Game` and `other`", r"see :py:obj:`Game <shapbook.games.Game>` and ``other``\ "),
        ("the largest |φ_i − φ_j|", r"the largest \|φ_i − φ_j\|"),
        ("the mean $x_i | b$ of *k*", r"the mean :math:`x_i | b`\  of *k*"),
        ("It is\n\n$$a\n= b$$\n\nhere", "It is\n\n.. math:: a = b\n\n\nhere"),
        (">>> f(`x` | 1)\n1 | 2\n\n|x|", ">>> f(`x` | 1)\n1 | 2\n\n\\|x\\|"),
        ("positions in {data}`CLASSES`", r"positions in ``CLASSES``\ "),
        ("a {class}`~shapbook.stars.Sun`", r"a :py:obj:`~shapbook.stars.Sun`\ "),
        ("shape (n, *shape)", r"shape (n, \*shape)"),
    ],
)
def test_docstrings_are_read_as_markdown(markdown: str, restructured: str) -> None:
    assert library_reference.to_restructured_text(markdown, {"Game": "shapbook.games.Game"}) == restructured
