"""What makes pages is part of them: when an extension, a template or a style changes, every page is made anew.

When one page changes, the search keeps what it knows of the others.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from small_clone import PAGE, build, make_clone, site

from outdated_pages import digest

STYLE = "_static/book.css"


def add(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "other"),
    [
        (lambda book: add(book / STYLE), True),
        (lambda book: add(book / "_ext" / "quiz.py"), True),
        (lambda book: (book / STYLE).rename(book / "_static" / "other.css"), True),
        (lambda book: (book / STYLE).unlink(), True),
        (lambda book: add(book / "page.md"), False),
        (lambda book: (book / STYLE).touch(), False),
    ],
)
def test_the_digest_tells_changes_of_names_and_contents(
    tmp_path: Path, change: Callable[[Path], None], other: bool
) -> None:
    for name in (STYLE, "_ext/quiz.py", "_templates/layout.html", "page.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    before = digest(tmp_path)
    change(tmp_path)
    assert (digest(tmp_path) != before) == other


@pytest.mark.timeout(300)
def test_a_style_alone_changes_the_site_and_executes_nothing(tmp_path: Path) -> None:
    clone = make_clone(tmp_path / "clone")
    style = clone / "book" / STYLE
    style.write_text(style.read_text(encoding="utf-8") + "\np { color: #123456; }\n", encoding="utf-8")
    result = build(clone)
    assert result.returncode == 0, result.stdout
    assert " s book/page.md" not in result.stdout
    assert b"#123456" in site(clone)["_static/site.css"]


def index_entries(clone: Path) -> dict[str, object]:
    """What the search knows from indices and glossaries."""
    script = site(clone)["searchindex.js"].decode()
    return json.loads(script.removeprefix("Search.setIndex(").removesuffix(")"))["indexentries"]


@pytest.mark.timeout(300)
def test_the_search_knows_the_glossary_when_another_page_has_changed(tmp_path: Path) -> None:
    page, glossary = f"{PAGE}\n```{{index}} witness\n```\n", "\n```{glossary}\nbackground\n  What stands in.\n```\n"
    clone = make_clone(tmp_path / "clone", page)
    bibliography = clone / "book" / "reference" / "bibliography.md"
    bibliography.write_text(bibliography.read_text(encoding="utf-8") + glossary, encoding="utf-8")
    assert build(clone).returncode == 0
    known = index_entries(clone)
    (clone / "book" / "page.md").write_text(f"{page}\nA sentence more.\n", encoding="utf-8")
    assert build(clone).returncode == 0
    assert index_entries(clone) == known
    assert {"background", "witness"} <= known.keys()
