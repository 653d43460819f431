"""Write each page with code as two notebooks: a learner's, and one with the solutions.

The text comes from the page's resolved tree and the code from its source, so both say what the page says.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import Any

import nbformat
from docutils import nodes
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from sphinx.application import Sphinx
from sphinx.util import logging

from execution_cache import SDSS, data_read
from notebook_code import MAGIC, Cell, CodeError, cells_needed, names_lost
from notebook_text import NotebookTranslator, Part, Place
from page_execution import read_page
from repository import FOLDER, ROOT, Repository, this_repository
from shapbook.sdss_sheets import present_sheets

LOGGER = logging.getLogger(__name__)
# what the library imports, and what that needs in turn
LACKING_IN_COLAB = ("captum", "colour", "galois", "pygraphviz", "shapiq", "sparse-transform", "zuko")
SOLUTION = re.compile(r"^`{3,}\{solution-(start|end)\}", re.MULTILINE)
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


@dataclass(frozen=True)
class Kind:
    """A kind of notebook: its folder, and which code cells of a page it leaves out."""

    folder: str
    solutions: bool

    def cells(self, cells: list[Cell]) -> list[Cell]:
        unsolved = {"starter", "check"}
        return [c for c in cells if not (c.tags & unsolved if self.solutions else c.in_solution)]


KINDS = LEARNER, SOLVED = Kind("", False), Kind("solutions", True)


def notebook_path(docname: str, kind: Kind = LEARNER) -> str:
    """The path of a page's notebook below the site's root, and in the branch that publishes the notebooks."""
    return "/".join(filter(None, [FOLDER, kind.folder, docname.removeprefix("book/") + ".ipynb"]))


def code_cells(notebook: NotebookNode) -> list[Cell]:
    """Return the code cells of a page, each with whether it belongs to the solution of an exercise."""
    cells, in_solution = [], False
    for index, (cell, line) in enumerate(zip(notebook.cells, notebook.metadata.source_map, strict=True)):
        if cell.cell_type == "code":
            cells.append(Cell(index, line, cell.source, frozenset(cell.metadata.get("tags", [])), in_solution))
        elif gates := SOLUTION.findall(cell.source):
            in_solution = gates[-1] == "start"
    return cells


def installing_cell(repository: Repository, lock: str, real_images: bool) -> str:
    """Return the first cell: in Colab it installs the library at the built commit, and what Colab lacks.

    Nothing else is touched (`--no-deps`), so Colab's own torch, numpy and pandas stay. A page that was built on real
    images of galaxies gets them too.
    """
    pins = [re.search(rf"^{name}==[^ ;\\]+", lock, re.MULTILINE).group() for name in LACKING_IN_COLAB]
    library = f'"shapbook @ git+{repository.address}@{repository.commit}"'
    lines = [
        "# In Colab this cell installs the book's library, with its data, and what else Colab lacks.",
        "# Elsewhere it does nothing.",
        "try:",
        "    import google.colab",
        "except ImportError:",
        "    pass",
        "else:",
        f"    %pip install --quiet --no-deps {library} {' '.join(pins)}",
        "    !python -m shapbook.sdss_download",
    ]
    return "\n".join(lines if real_images else lines[:-1])


def shows_real_images(cells: list[Cell]) -> bool:
    code = "\n".join(MAGIC.sub("", cell.source) for cell in cells)
    return bool(present_sheets()) and SDSS in data_read(code)


def assembled(parts: list[Part], code: dict[int, str], tags: dict[int, list[str]]) -> NotebookNode:
    """Put text and code together; hidden code that is needed stands right before the next shown cell.

    Ids are named after the section, so that they outlast changes elsewhere in the page.
    """
    notebook = new_notebook(metadata=METADATA)
    taken: set[str] = set()

    def add(cell: NotebookNode, name: str) -> None:
        name = re.sub(r"[^A-Za-z0-9_-]+", "-", name)[:56]
        numbered = (f"{name}-{number}" for number in count(2))
        cell["id"] = next(one for one in chain([name], numbered) if one not in taken)
        taken.add(cell["id"])
        notebook.cells.append(cell)

    def add_code(last: int) -> None:
        for index in [i for i in sorted(code) if i <= last]:
            metadata = {"tags": tags[index]} if tags[index] else {}
            add(new_code_cell(code.pop(index), metadata=metadata), f"{section}-code")

    section = "start"
    for part in parts:
        if part.kind == "cell":
            add_code(int(part.name))
        else:
            section = part.name if part.kind == "text" else section
            add(new_markdown_cell(part.text), part.name)
    add_code(max(code, default=-1))
    nbformat.validate(notebook)
    return notebook


def page_notebooks(app: Sphinx, document: nodes.document, docname: str) -> Iterator[tuple[Kind, NotebookNode]]:
    """Make the notebooks of a page that shows code; what they cannot show is a warning, which fails the build."""
    source = read_page(Path(app.env.doc2path(docname)))
    cells = code_cells(source)
    repository = this_repository()
    site = app.config.html_baseurl.rstrip("/") or (repository.site if repository else None)
    place = Place(app.builder.get_target_uri(docname), site, app.env.toc_fignumbers.get(docname, {}))
    tags = {cell.index: sorted(cell.tags & {"starter", "check"}) for cell in cells}
    for kind in KINDS if any(not cell.hidden for cell in cells) else ():
        try:
            code = cells_needed(kind.cells(cells))
        except CodeError as error:
            LOGGER.warning("%s", error, location=docname)
            return
        for problem in names_lost(kind.cells(cells) if kind.solutions else cells, code):
            LOGGER.warning("in the notebook%s: %s", " with solutions" * kind.solutions, problem, location=docname)
        translator = NotebookTranslator(document, app.builder, place, kind.solutions)
        document.walkabout(translator)
        yield kind, assembled(translator.parts, code, tags)


def write_notebooks(app: Sphinx, document: nodes.document, docname: str) -> None:
    """Write a page's notebooks whenever its HTML is written, but for the cell that names the commit."""
    if app.builder.format != "html":
        return
    for kind, notebook in page_notebooks(app, document, docname):
        path = Path(app.outdir, notebook_path(docname, kind))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(nbformat.writes(notebook), encoding="utf-8")


def finish_notebooks(app: Sphinx, error: Exception | None) -> None:
    """Give every notebook the first cell of this commit, and remove those whose page is gone."""
    if error or app.builder.format != "html":
        return
    repository = this_repository()
    lock = ROOT.joinpath("requirements.txt").read_text(encoding="utf-8")
    pages = {notebook_path(docname, kind): docname for docname in app.env.found_docs for kind in KINDS}
    for path in sorted(Path(app.outdir, FOLDER).rglob("*.ipynb")):
        docname = pages.get(path.relative_to(app.outdir).as_posix())
        if not docname:
            path.unlink()
            continue
        notebook = nbformat.read(path, as_version=4)
        notebook.cells = [cell for cell in notebook.cells if cell.id != "install"]
        if repository:
            real = shows_real_images(code_cells(read_page(Path(app.env.doc2path(docname)))))
            notebook.cells.insert(0, new_code_cell(installing_cell(repository, lock, real), id="install"))
        path.write_text(nbformat.writes(notebook), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    app.setup_extension("sphinx_markdown_builder")
    app.connect("doctree-resolved", write_notebooks, priority=900)
    app.connect("build-finished", finish_notebooks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
