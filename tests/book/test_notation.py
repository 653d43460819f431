"""Every symbol of the book's formulas stands in the table of notation, and there with every meaning it has."""

import re
from collections import defaultdict
from pathlib import Path

import pytest
import symbols
from tested_pages import LESSONS, ROOT, SOURCES

NOTATION = ROOT / "book" / "reference" / "notation.md"
ROW = re.compile(r"^\| (?P<symbols>.*?) \| (?P<meaning>.*) \| (?P<pages>.*) \|$", re.MULTILINE)
LINK = re.compile(r"\{doc\}`/([\w/-]+)`")


def name_of(lesson: Path) -> str:
    return lesson.relative_to(ROOT).with_suffix("").as_posix()


def text_of(lesson: Path) -> str:
    """A lesson's source with its quiz, which uses the same symbols."""
    quiz = ROOT / "book" / "quizzes" / f"{lesson.stem}.yml"
    return lesson.read_text(encoding="utf-8") + (quiz.read_text(encoding="utf-8") if quiz.exists() else "")


def rows() -> list[tuple[list[str], str]]:
    """Return the rows of the table that explain a formula, each with the pages it names."""
    found = [m for m in ROW.finditer(NOTATION.read_text(encoding="utf-8")) if "$" in m["symbols"]]
    return [(LINK.findall(m["pages"]), m.group()) for m in found]


def heads(row: str) -> set[str]:
    """Return the symbols that a row explains: the first of each of its formulas."""
    cell = ROW.match(row)["symbols"]
    return {symbols.first_symbol(latex) for latex in symbols.formulas(cell)}


def unexplained(used: set[str], page: str) -> list[str]:
    """Return the symbols of a page that the table lacks, and those whose several meanings are all of other pages."""
    explained = defaultdict(list)
    for pages, row in rows():
        for symbol in heads(row):
            explained[symbol].append(pages if "every page" not in row else [*pages, page])
    lacking = [f"{symbol} is not in book/reference/notation.md" for symbol in sorted(used - set(explained))]
    several = [s for s in sorted(used & set(explained)) if len(explained[s]) > 1]
    return lacking + [
        f"{symbol} has several meanings, and no row says which it has on {page}"
        for symbol in several
        if not any(page in pages for pages in explained[symbol])
    ]


def test_every_symbol_of_a_page_is_in_the_table(lesson: Path) -> None:
    assert unexplained(symbols.symbols_of_page(text_of(lesson)), name_of(lesson)) == []


def test_pages_that_are_no_lessons_use_no_other_symbols() -> None:
    used = {path.stem: symbols.symbols_of_page(text_of(path)) for path in set(SOURCES) - set(LESSONS)}
    explained = set().union(*(heads(row) for _, row in rows()))
    assert {name: found - explained for name, found in used.items() if found - explained} == {}


def needless(row: str, named: dict[str, set[str]]) -> list[str]:
    """Return what a row claims too much, given the symbols of the pages that it names."""
    claimed = symbols.symbols_of_page(ROW.match(row)["symbols"])
    unused = [f"{symbol} is on none of {sorted(named)}" for symbol in sorted(claimed.difference(*named.values()))]
    strangers = [page for page, used in named.items() if not heads(row) & used]
    return unused + [f"{page} uses none of {sorted(heads(row))}" for page in strangers]


def test_every_row_is_needed_on_the_pages_that_it_names() -> None:
    used = {name_of(lesson): symbols.symbols_of_page(text_of(lesson)) for lesson in LESSONS}
    problems = [problem for pages, row in rows() for problem in needless(row, {page: used[page] for page in pages})]
    assert problems == []


def test_a_symbol_without_a_row_is_refused() -> None:
    page = "book/redshifts/trees-and-importances"
    assert unexplained({r"\phi", "x"}, page) == []
    assert unexplained({r"\psi"}, page) == [r"\psi is not in book/reference/notation.md"]
    assert unexplained({"D"}, page) == [f"D has several meanings, and no row says which it has on {page}"]


def test_a_row_that_claims_too_much_is_refused() -> None:
    row = "| $q$, $q_k$ | a thing | {doc}`/one` |"
    assert needless(row, {"one": {"q", "k"}}) == []
    assert needless(row, {"one": {"q"}}) == ["k is on none of ['one']"]
    assert needless(row, {"one": {"q", "k"}, "two": {"k"}}) == ["two uses none of ['q']"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (r"a $\hat{z} - z' \le 3\,\mathrm{mag}$", {r"\hatz", "z'"}),
        ("```{math}\n:label: eq-x\n\\sum_i \\text{if } \\phi_i\n```\n", {"i", r"\phi"}),
        ("$$\n\\frac{a}{\\ln b}\n$$", {"a", "b"}),
        ("`$q$` and\n\n```{code-cell} ipython3\nprint('$r$')\n```\n", set()),
        ("```{code-cell} ipython3\n---\ncaption: of $r$\n---\nprint('$q$')\n```\n", {"r"}),
        (r"a price of \$5 and of \$6", set()),
        (r"$A^\mathsf{T}\,\mathrm{diag}(\boldsymbol\varepsilon)$", {"A", r"\boldsymbol\varepsilon"}),
    ],
)
def test_symbols_are_found_in_formulas_alone(text: str, found: set[str]) -> None:
    assert symbols.symbols_of_page(text) == found
