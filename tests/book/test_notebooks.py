"""Each page with code has two notebooks, which say in plain CommonMark what the page says."""

import io
import os
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterable
from contextlib import redirect_stderr
from importlib.metadata import requires
from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest
import source_laws
from nbformat import NotebookNode
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from sphinx.cmd.build import build_main
from tested_pages import ROOT, SITE, SOURCES, anchors

sys.path.insert(0, str(ROOT / "book" / "_ext"))

import notebooks
from notebook_code import Cell
from repository import Repository, this_repository

FIXTURES = Path(__file__).parent / "fixtures"
CONF = f"""
import sys
sys.path.insert(0, {str(ROOT / "book" / "_ext")!r})
extensions = ["myst_nb", "sphinx_exercise", "quiz", "mathematics", "notebooks"]
myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath", "smartquotes"]
numfig = True
html_math_renderer = "mathml"
html_static_path = [{str(ROOT / "book" / "_static")!r}]
nb_execution_mode = "off"
exclude_patterns = ["_build"]
"""
REPOSITORY = "ada/shap-book"
SAMPLE = (FIXTURES / "notebooks" / "sample.md").read_text(encoding="utf-8")


class Built(NamedTuple):
    """A small book: the exit code of its build, the messages, and the folder of its notebooks."""

    code: int
    said: str
    folder: Path


Build = Callable[..., Built]


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """A function that builds a book of `sample.md`, `other.md` and pages made from the former by changes."""

    def run(repository: str, **changed: str) -> Built:
        book = tmp_path_factory.mktemp("book")
        pages = {"sample": SAMPLE} | changed
        (book / "conf.py").write_text(CONF, encoding="utf-8")
        names = "\n".join(["sample", "other", *changed])
        (book / "index.md").write_text(f"# Book\n\n```{{toctree}}\n{names}\n```\n", encoding="utf-8")
        shutil.copy(FIXTURES / "notebooks" / "other.md", book)
        shutil.copy(FIXTURES / "quiz" / "square.png", book)
        (book / "book" / "quizzes").mkdir(parents=True)
        shutil.copy(FIXTURES / "notebooks" / "sample.yml", book / "book" / "quizzes")
        for name, text in pages.items():
            (book / f"{name}.md").write_text(text, encoding="utf-8")
        said = io.StringIO()
        this_repository.cache_clear()
        with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings(), redirect_stderr(said):
            warnings.simplefilter("ignore")  # Sphinx tells of its own future
            patch.setenv("GITHUB_REPOSITORY", repository)
            if not repository:
                patch.setenv("GIT_DIR", os.devnull)
            code = build_main(["-W", "--keep-going", "-q", "-b", "html", str(book), str(book / "_build")])
        this_repository.cache_clear()
        return Built(code, said.getvalue(), book / "_build" / "notebooks")

    return run


@pytest.fixture(scope="module")
def sample(build: Build) -> Path:
    """The notebooks of the small book, built for a made-up repository."""
    built = build(REPOSITORY)
    assert built.code == 0, built.said
    return built.folder


def read(path: Path) -> NotebookNode:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return notebook


def text_of(notebook: NotebookNode) -> str:
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def code_of(notebook: NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


# ---------------------------------------------------------------- what the text becomes

SITE_OF_ADA = "https://ada.github.io/shap-book"


@pytest.mark.parametrize(
    "words",
    [
        r"Prices of 5\$ and **bold** *signs*: a \< b, a_b, `code_with_*stars*`, and `` a ` tick ``.",
        f"See [The other page]({SITE_OF_ADA}/other.html#other), [The other page]({SITE_OF_ADA}/other.html),"
        f" Fig. 1, [Fig. 2]({SITE_OF_ADA}/other.html#fig-there), (1), Exercise 1, [a site](https://example.org/a_b).",
        "> **Before you start**\n>\n> Read, with $x^2$ and:\n>\n> $$\\sum_i x_i$$\n>\n> 1. first\n> 2. second\n",
        "> **Warning**\n>\n> Mind the gap.",
        "<details>\n<summary>A hint</summary>\n\nFold me & keep `me`.\n\n</details>",
        "$$\n\\begin{aligned}a &= b \\\\\n  &= c\\end{aligned} \\tag{1}\n$$",
        "| quantity | value |\n| --- | --- |\n| $\\lvert x \\rvert$ | 0.050 |\n| a \\| b | 1.0 |",
        "**term**\n\nIts definition.",
        f"![A square, drawn by hand.]({SITE_OF_ADA}/_images/square.png)",
        f"**[Fig. 1]({SITE_OF_ADA}/sample.html#fig-square).** A square.",
        "### Exercise 1 (Twice)\n\nWrite `double(x)`.",
        "**Question 1 of 3.** Which one, for $x > 0$?\n\n```python\nx = 1\n```\n\n*Choose one answer.*\n\n"
        "- **A** This one.\n- **B** That one.\n\n<details>\n<summary>Answer</summary>\n\n"
        "- **A** ✓ Right. It is *this*.\n- **B** ✗ Not quite. Not that.\n\n</details>",
        "- ✓ Right: 0.05 mag, give or take 0.001. Well done.\n- **Why not 0.5 mag?** Ten times too much.\n"
        "- **Why not another number?** Try again.",
        "- **A** Place 2 of 2. It comes last.\n- **B** Place 1 of 2. It comes first.",
    ],
)
def test_text_becomes_commonmark(sample: Path, words: str) -> None:
    assert words in text_of(read(sample / "sample.ipynb"))


def test_only_pages_with_code_become_notebooks(sample: Path) -> None:
    assert sorted(path.relative_to(sample).as_posix() for path in sample.rglob("*.*")) == [
        "sample.ipynb",
        "solutions/sample.ipynb",
    ]


def test_learners_get_starters_and_teachers_solutions(sample: Path) -> None:
    learner, solved = read(sample / "sample.ipynb"), read(sample / "solutions" / "sample.ipynb")
    starter, check = "def double(x):\n    raise NotImplementedError", "print(double)"
    solution = ["def double(x):\n    return 2 * x", "print(double(1))"]
    assert code_of(learner)[-2:] == [starter, check]
    assert code_of(solved)[-2:] == solution
    assert [cell.metadata.tags for cell in learner.cells if cell.source in (starter, check)] == [["starter"], ["check"]]
    assert "It is twice" not in text_of(learner)
    assert f"[Solution in the book]({SITE_OF_ADA}/sample.html#sample-solution-1)" in text_of(learner)
    assert "### Solution to Exercise 1 (Twice)\n\nIt is twice:" in text_of(solved)


def test_the_first_cell_installs_the_built_commit_in_colab_alone(sample: Path) -> None:
    first = read(sample / "sample.ipynb").cells[0]
    commit = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=ROOT, text=True).strip()
    lines = first.source.splitlines()
    assert lines[2:-1] == ["try:", "    import google.colab", "except ImportError:", "    pass", "else:"]
    assert lines[-1].startswith(
        f'    %pip install --quiet --no-deps "shapbook @ git+https://github.com/ada/shap-book@{commit}" captum=='
    )
    lock = ROOT.joinpath("requirements.txt").read_text(encoding="utf-8")
    for pin in lines[-1].split()[8:]:
        assert re.search(rf"^{re.escape(pin)} ", lock, re.M), pin


def required(packages: Iterable[str]) -> set[str]:
    """What packages require, directly or not, and they themselves."""
    found: set[str] = set()
    queue = list(packages)
    while queue:
        name = canonicalize_name(queue.pop())
        if name not in found:
            found.add(name)
            asked = map(Requirement, requires(name) or ())
            queue += [one.name for one in asked if not one.marker or one.marker.evaluate({"extra": ""})]
    return found


def test_colab_brings_what_the_first_cell_does_not_install() -> None:
    lines = ROOT.joinpath("tests", "launch", "colab.txt").read_text(encoding="utf-8").splitlines()
    brought = required(Requirement(line).name for line in lines if not line.startswith("#"))
    assert required(["shapbook"]) - brought == {"shapbook", *notebooks.LACKING_IN_COLAB}


def test_a_page_that_was_built_on_real_images_fetches_them_in_colab(monkeypatch: pytest.MonkeyPatch) -> None:
    images = Cell(0, 1, "!date\nfrom shapbook.image_survey import load_images", frozenset(), False)
    redshifts = Cell(0, 1, "from shapbook.datasets import load_galaxies", frozenset(), False)
    monkeypatch.setattr(notebooks, "present_sheets", lambda: [Path("trainE.png")])
    assert notebooks.shows_real_images([redshifts, images])
    assert not notebooks.shows_real_images([redshifts])
    monkeypatch.setattr(notebooks, "present_sheets", list)
    assert not notebooks.shows_real_images([redshifts, images])


def test_real_images_are_fetched_after_the_library_is_installed() -> None:
    lock = ROOT.joinpath("requirements.txt").read_text(encoding="utf-8")
    simulated, real = (notebooks.installing_cell(Repository("ada", "shap-book", "0" * 40), lock, r) for r in (0, 1))
    assert real == simulated + "\n    !python -m shapbook.sdss_download"


def relabelled(name: str, old: str, new: str) -> str:
    """The sample with a change, and labels of its own."""
    labelled = re.sub(r"\b(ex-double|fig-square|eq-sum)\b", rf"\1-{name}", SAMPLE.replace("(sample)=\n", ""))
    return labelled.replace(old, new)


FAULTS = {
    "lost": (
        "## Quiz\n",
        "```{code-cell} ipython3\ndouble(2)\n```\n\n## Quiz\n",
        "solution or a hidden cell: `double`",
    ),
    "glued": ("sum([0, base])", "glue('x', 1)", "a shown cell uses `glue`"),
    "broken": ("sum([0, base])", "1 +", "the cell is not Python"),
    "unknown": ("Mind the gap.", "```{productionlist} a: b\n```", "unknown node type"),
}


@pytest.fixture(scope="module")
def second(build: Build) -> Built:
    """Another build of the sample, beside a page with a new section and pages that cannot become notebooks."""
    section = "## New\n\n```{code-cell} ipython3\nnew = 1\n```\n\nNew.\n\n## Exercises"
    changed = {name: relabelled(name, old, new) for name, (old, new, _) in FAULTS.items()}
    return build(REPOSITORY, longer=relabelled("longer", "## Exercises", section), **changed)


def test_notebooks_are_alike_in_every_build(sample: Path, second: Built) -> None:
    for path in sample.rglob("*.ipynb"):
        assert path.read_bytes() == second.folder.joinpath(path.relative_to(sample)).read_bytes()


def test_ids_outlast_changes_elsewhere(sample: Path, second: Built) -> None:
    before = [cell.id for cell in read(sample / "sample.ipynb").cells]
    after = [cell.id.replace("-longer", "") for cell in read(second.folder / "longer.ipynb").cells]
    assert [name for name in after if not name.startswith("new")] == before
    assert [name for name in after if name.startswith("new")] == ["new", "new-code", "new-2"]


@pytest.mark.parametrize("name", FAULTS)
def test_what_no_notebook_can_show_fails_the_build(second: Built, name: str) -> None:
    assert second.code != 0
    assert re.search(rf"{name}.*: WARNING: .*{re.escape(FAULTS[name][2])}", second.said), second.said


def test_without_a_repository_there_are_no_links_and_nothing_is_installed(build: Build) -> None:
    built = build("")
    assert built.code == 0, built.said
    notebook = read(built.folder / "sample.ipynb")
    assert re.findall(r"\]\(([^)]*)\)", text_of(notebook)) == ["https://example.org/a_b"]
    assert "See The other page, The other page, Fig. 1, Fig. 2, (1), Exercise 1," in text_of(notebook)
    assert "*A square, drawn by hand.*" in text_of(notebook)
    assert not any("google.colab" in source for source in code_of(notebook))


# ---------------------------------------------------------------- the notebooks of the book

NOTEBOOKS = sorted((SITE / "notebooks").rglob("*.ipynb"))
NAMES = [path.relative_to(SITE / "notebooks").with_suffix("").as_posix() for path in NOTEBOOKS]
MYST = re.compile(r"\{[a-z][\w:+-]*\}`|^\s*:::|^\s*[`~]{3,}\{|^\([\w-]+\)=|\]\(#|<img|<script|<!--", re.M)
INTERNAL = re.compile(r"\bmyst_nb\b|\bglue\(|/work/|/home/|/tmp/")
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)


def page_of(path: Path) -> Path:
    name = path.relative_to(SITE / "notebooks").as_posix().removeprefix("solutions/")
    return ROOT / "book" / Path(name).with_suffix(".md")


def test_every_page_that_shows_code_has_both_notebooks() -> None:
    pages = {path: source_laws.take_apart(path.read_text(encoding="utf-8")) for path in SOURCES}
    shown = [path for path, page in pages.items() if any("remove-cell" not in cell.tags for cell in page.cells)]
    assert sorted(map(page_of, NOTEBOOKS)) == sorted(shown * 2)


@each_notebook
def test_a_notebook_is_plain_and_valid(path: Path) -> None:
    notebook = read(path)
    prose = re.sub(r"^```.*?^```|`+[^`]*`+", "", text_of(notebook), flags=re.M | re.S)
    assert MYST.findall(prose) == []
    assert INTERNAL.findall("\n".join(code_of(notebook))) == []
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells)
    assert prose.count("<details>") == prose.count("</details>") == prose.count("<summary>")
    assert prose.count("$$") % 2 == 0


@each_notebook
def test_a_notebook_has_the_figures_exercises_and_questions_of_its_page(path: Path) -> None:
    notebook, source = read(path), page_of(path).read_text(encoding="utf-8")
    ids = [cell.id for cell in notebook.cells]
    solutions = path.is_relative_to(SITE / "notebooks" / "solutions")
    gated = re.sub(r"^```\{solution-start\}.*?^```\{solution-end\}", "", source, flags=re.M | re.S)
    for name in re.findall(r"^    name: (fig-[\w-]+)$", source if solutions else gated, re.M):
        cell = notebook.cells[ids.index(name)]
        assert re.match(r"\*\*\[?Fig\. \d+", cell.source), name
        assert notebook.cells[ids.index(name) - 1].cell_type == "code", name
    text = text_of(notebook)
    assert len(re.findall(r"^#{3,4} Exercise \d+ \(", text, re.M)) == source.count("{exercise-start}")
    assert len(re.findall(r"^#{3,4} Solution to Exercise \d+ \(", text, re.M)) == (
        source.count("{solution-start}") * solutions
    )
    quiz = ROOT / "book" / "quizzes" / f"{path.stem}.yml"
    questions = len(re.findall(r"^  - id:", quiz.read_text(encoding="utf-8"), re.M)) if "{quiz}" in source else 0
    assert len(re.findall(r"^\*\*Question \d+ of", text, re.M)) == text.count("<summary>Answer</summary>") == questions


def test_every_link_to_the_site_is_alive() -> None:
    link = re.compile(r"\]\((?P<address>https://[\w-]+\.github\.io/[^)/]+/(?P<page>[^)#]*)(?:#(?P<anchor>[^)]*))?)\)")
    links = [(path, match) for path in NOTEBOOKS for match in link.finditer(text_of(read(path)))]
    if not links:
        pytest.skip("the site was built without a repository, so its notebooks have no links to it")
    for path, match in links:
        target = SITE / match["page"]
        assert target.is_file(), f"{path}: {match['address']}"
        assert not match["anchor"] or match["anchor"] in anchors(target), f"{path}: {match['address']}"
