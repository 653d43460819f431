"""No link to a place that runs a page is dead: each leads to a notebook that is published."""

import re
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import nbformat
from bs4 import BeautifulSoup
from notebook_runs import Published

COLAB = "/github/ada/shap-book/blob/notebooks/"
BINDER = "/v2/gh/ada/shap-book/notebooks"
TO_SITE = re.compile(r"\]\((https://ada\.github\.io/shap-book/[^)]*)\)")


def opened(address: str) -> str | None:
    """The path in the branch that a link to Colab or Binder opens, or None for another link."""
    parts = urlsplit(address)
    if parts.netloc == "colab.research.google.com":
        assert parts.path.startswith(COLAB)
        return unquote(parts.path.removeprefix(COLAB))
    if parts.netloc == "mybinder.org":
        assert parts.path == BINDER
        (where,) = parse_qs(parts.query)["urlpath"]
        return unquote(where.removeprefix("lab/tree/"))
    return None


def links(page: Path) -> list[str]:
    return [tag["href"] for tag in BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").select("a[href]")]


def test_every_page_with_code_is_opened_by_colab_and_binder(published: Published) -> None:
    learners = {
        path.relative_to(published.branch).as_posix()
        for path in (published.branch / "notebooks").rglob("*.ipynb")
        if "solutions" not in path.parts
    }
    found: dict[str, list[str]] = {name: [] for name in learners}
    for page in (published.site / "book").rglob("*.html"):
        for address in filter(opened, links(page)):
            assert opened(address) in learners, f"{page}: {address}"
            found[opened(address)].append(page.relative_to(published.site).as_posix())
    own = {name: re.sub(r"^notebooks/(.*)\.ipynb$", r"book/\1.html", name) for name in learners}
    assert found == {name: [own[name]] * 2 for name in learners}


def test_every_link_of_a_notebook_leads_to_a_place_on_the_site(published: Published) -> None:
    ids: dict[Path, set[str]] = {}
    seen = 0
    for path in (published.branch / "notebooks").rglob("*.ipynb"):
        text = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
        for address in TO_SITE.findall(text):
            seen += 1
            parts = urlsplit(address)
            target = published.site / unquote(parts.path).removeprefix("/shap-book/")
            assert target.is_file(), f"{path.name}: {address}"
            if parts.fragment:
                if target not in ids:
                    page = BeautifulSoup(target.read_text(encoding="utf-8"), "html.parser")
                    ids[target] = {tag["id"] for tag in page.select("[id]")}
                assert unquote(parts.fragment) in ids[target], f"{path.name}: {address}"
    assert seen > 100
