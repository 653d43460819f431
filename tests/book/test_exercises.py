"""Every exercise can be solved, and only by working on it."""

import ast
import re
from pathlib import Path

import site_laws
import source_laws
from bs4 import BeautifulSoup
from tested_pages import ROOT, SITE

from shapbook.checks.verdicts import Verdict


def imports(page: source_laws.Page) -> ast.Module:
    """The import statements of a page's shown cells."""
    cells = [ast.parse(cell.source) for cell in page.cells if cell.shown and not cell.source.lstrip().startswith("%")]
    return ast.Module([n for c in cells for n in c.body if isinstance(n, ast.Import | ast.ImportFrom)], [])


def starters(page: source_laws.Page) -> list[tuple[source_laws.Cell, source_laws.Cell]]:
    """Each starter with the check that follows it."""
    pairs = zip(page.cells, page.cells[1:], strict=False)
    return [(one, two) for one, two in pairs if "starter" in one.tags and "check" in two.tags]


def judged(page: source_laws.Page, starter: source_laws.Cell, check: source_laws.Cell) -> Verdict:
    namespace: dict = {}
    exec(compile(imports(page), "imports", "exec"), namespace)
    exec(starter.source, namespace)
    return eval(check.source, namespace)


def unsolved(page: BeautifulSoup) -> list[str]:
    """The names of the solutions on a built page whose check did not pass."""
    told = {
        box.get("id"): " ".join(output.get_text() for output in box.select(".cell_output"))
        for box in page.select("div.solution")
    }
    return [name for name, words in told.items() if "✓ Solved." not in words or "✗" in words]


def test_every_starter_fails_its_check_helpfully(source: Path) -> None:
    page = source_laws.take_apart(source.read_text(encoding="utf-8"))
    assert len(starters(page)) == len(page.exercises), "each exercise has a starter and a check"
    for starter, check in starters(page):
        verdict = judged(page, starter, check)
        assert not verdict.passed, f"line {starter.line}: the untouched starter passes"
        assert len(" ".join(verdict.findings)) > 30


def test_every_solution_passes_its_check(source: Path) -> None:
    text = source.read_text(encoding="utf-8")
    asked = re.findall(r"^:label: (ex-[\w-]+)", text, re.M)
    solved = re.findall(r"^`{3,}\{solution-start\} (ex-[\w-]+)", text, re.M)
    assert sorted(asked) == sorted(solved)
    html = site_laws.parse(SITE / source.relative_to(ROOT).with_suffix(".html"))
    assert len(html.select("div.solution")) == len(solved)
    assert unsolved(html) == []


def test_a_solution_that_fails_is_noticed() -> None:
    box = "<div class='solution' id='ex-one'><div class='cell_output'>{}</div></div>"
    assert unsolved(BeautifulSoup(box.format("✓ Solved."), "html.parser")) == []
    for told in ("✗ Not yet.", "✓ Solved.</div><div class='cell_output'>✗ Not yet.", ""):
        assert unsolved(BeautifulSoup(box.format(told), "html.parser")) == ["ex-one"]


def test_every_exercise_has_a_hint(source: Path) -> None:
    text = source.read_text(encoding="utf-8")
    assert text.count("{exercise-start}") == text.count(":class: dropdown hint")


def test_a_starter_that_passes_is_noticed() -> None:
    cells = [
        source_laws.Cell(1, {}, "from shapbook.checks import verdicts"),
        source_laws.Cell(2, {"tags": ["starter"]}, "answer = 42"),
        source_laws.Cell(
            3, {"tags": ["check"]}, "verdicts.passed('so it is') if answer == 42 else verdicts.failed('no')"
        ),
    ]
    page = source_laws.Page("", cells)
    ((starter, check),) = starters(page)
    assert judged(page, starter, check).passed
