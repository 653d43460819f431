"""Every page's source obeys the laws of CONTRIBUTING.md, and each law refuses a page that breaks it."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import source_laws
import yaml
from pybtex.database import parse_file
from tested_pages import LESSONS, ROOT, SOURCES

REASONS = yaml.safe_load(Path(__file__).with_name("typed_numbers.yml").read_text(encoding="utf-8"))
BIBLIOGRAPHY = ROOT / "book" / "references.bib"


def page(source: Path) -> source_laws.Page:
    return source_laws.take_apart(source.read_text(encoding="utf-8"))


def questions(source: Path) -> list[dict[str, Any]]:
    quiz = ROOT / "book" / "quizzes" / f"{source.stem}.yml"
    return yaml.safe_load(quiz.read_text(encoding="utf-8"))["questions"]


def test_skeleton(lesson: Path) -> None:
    assert source_laws.skeleton(page(lesson)) == []


def test_every_objective_is_tested(lesson: Path) -> None:
    tested = {question["objective"] for question in questions(lesson)}
    assert source_laws.untested_objectives(page(lesson), tested) == []


def test_a_quiz_has_five_to_eight_questions(lesson: Path) -> None:
    assert 5 <= len(questions(lesson)) <= 8


def test_the_reading_time_is_honest(lesson: Path) -> None:
    assert source_laws.dishonest_time(page(lesson)) == []


def test_the_welcome_adds_up_the_reading_times() -> None:
    hours = re.search(r"takes about (\d+) hours", (ROOT / "book" / "intro.md").read_text(encoding="utf-8"))
    assert abs(int(hours[1]) - sum(source_laws.stated_minutes(page(lesson)) for lesson in LESSONS) / 60) <= 0.5


def test_figures_are_described(source: Path) -> None:
    assert source_laws.undescribed_figures(page(source)) == []


def test_numbers_are_glued_or_have_a_reason(source: Path) -> None:
    reasons = REASONS["everywhere"] | REASONS.get(source.stem, {})
    assert source_laws.typed_numbers(page(source), {str(number) for number in reasons}) == []


def test_every_reason_is_needed() -> None:
    for name, reasons in REASONS.items():
        pages = [page(path) for path in SOURCES if name in {"everywhere", path.stem}]
        assert source_laws.needless_reasons(pages, {str(number) for number in reasons}) == [], name


def test_cells_are_short(source: Path) -> None:
    assert source_laws.long_cells(page(source)) == []


def test_shown_cells_need_no_removed_ones(source: Path) -> None:
    assert source_laws.hidden_names(page(source)) == []


def test_randomness_has_one_seeded_source(source: Path) -> None:
    assert source_laws.unseeded(page(source)) == []


def test_one_sentence_per_line(source: Path) -> None:
    assert source_laws.crowded_lines(page(source)) == []


def test_citations_and_bibliography_agree() -> None:
    texts = [path.read_text(encoding="utf-8") for path in [*SOURCES, *(ROOT / "book" / "quizzes").glob("*.yml")]]
    assert source_laws.bibliography_faults(texts, set(parse_file(str(BIBLIOGRAPHY)).entries)) == []


def test_every_entry_can_be_found() -> None:
    entries = parse_file(str(BIBLIOGRAPHY)).entries
    lost = [key for key, entry in entries.items() if not {"doi", "eprint", "url", "isbn"} & set(entry.fields)]
    assert not lost
    assert not [key for key in entries if not re.fullmatch(r"[a-z]+\d{4}[a-z0-9]*", key)]


def misspellings(*paths: str | Path) -> str:
    command = [sys.executable, "-m", "codespell_lib", *map(str, paths)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout


def test_spelling() -> None:
    assert misspellings("book", "lib", "tests", "data", "README.md", "CONTRIBUTING.md") == ""


def test_a_misspelt_word_is_refused(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("We rec" + "ieve light.")
    assert "==> receive" in misspellings(tmp_path / "page.md")


GOOD = """\
---
kernelspec: {name: python3}
---

(good)=
# A good page

It asks one question.

:::{admonition} After this page you can
:class: objectives
1. compute one thing
2. tell two things apart
3. judge a third
:::

:::{admonition} Before you start
:class: needs
Nothing.

**Time:** 5 minutes to read, 3 seconds to run.
:::

## A section

We see {glue:text}`bias` here.

```{code-cell} ipython3
---
mystnb:
  image:
    alt: "The spread grows with redshift in a nearly straight line."
  figure:
    caption: |
      Redshift errors.
    name: fig-good
---
rng = np.random.default_rng(1)
ax.plot(x)
```

```{exercise-start} One
:label: ex-one
:class: objective-1
```
Do it.
```{exercise-end}
```

## Quiz

## Summary

One line.

## Further reading

- A book.
"""

BROKEN = [
    ("skeleton", "## Quiz\n", "", "the last sections are"),
    ("skeleton", "3. judge a third\n", "", "3 to 5 objectives"),
    ("skeleton", ":class: needs", ":class: note", "class needs is wanted"),
    ("skeleton", "# A good page", "A good page", "one title"),
    ("skeleton", "**Time:** 5", "Time: 5", "minutes to read"),
    ("skeleton", "One line.", "\n".join(["One line."] * 6), "at most five lines"),
    (
        "undescribed_figures",
        "Redshift errors.",
        "The spread grows with redshift in a nearly straight line.",
        "repeat",
    ),
    ("undescribed_figures", "    name: fig-good\n", "", "without a name"),
    ("undescribed_figures", "in a nearly straight line", "", None),
    ("long_cells", "ax.plot(x)", "ax.plot(x)\n" * 6, "median cell"),
    ("unseeded", "np.random.default_rng(1)", "np.random.normal(1)", "outside the page's one generator"),
    ("unseeded", "np.random.default_rng(1)", "np.random.default_rng()", "outside the page's one generator"),
    ("unseeded", "np.random.default_rng(1)", "DecisionTreeRegressor(max_depth=2)", "outside the page's one generator"),
    (
        "crowded_lines",
        "It asks one question.",
        "It asks one question. It gives no answer.",
        "more than one sentence",
    ),
]


@pytest.mark.parametrize(("law", "old", "new", "message"), BROKEN)
def test_each_law_refuses_a_broken_page(law: str, old: str, new: str, message: str | None) -> None:
    check = getattr(source_laws, law)
    assert check(source_laws.take_apart(GOOD)) == []
    assert old in GOOD
    problems = check(source_laws.take_apart(GOOD.replace(old, new)))
    assert (message is None and not problems) or message in " ".join(problems)


def test_a_name_of_a_removed_cell_is_refused() -> None:
    removed = "```{code-cell} ipython3\n:tags: [remove-cell]\nslope, (low, _) = fit(ax)\n```\n\n## Quiz\n"
    used = "```{code-cell} ipython3\n%matplotlib inline\ndef f(low):\n    return low * slope\n```\n\n## Quiz\n"
    good, bad = (source_laws.take_apart(GOOD.replace("## Quiz\n", cells)) for cells in (used + removed, removed + used))
    assert source_laws.hidden_names(good) == []
    (problem,) = source_laws.hidden_names(bad)
    assert "slope is defined in a removed cell only" in problem


def test_a_dishonest_time_is_refused() -> None:
    told = source_laws.take_apart("**Time:** 3 minutes to read, 5 seconds to run.\n\n" + "word " * 2000)
    assert source_laws.dishonest_time(told) == ["3 minutes to read are stated, about 10 are needed"]


def test_a_typed_number_is_refused_unless_it_has_a_reason() -> None:
    text = GOOD.replace("{glue:text}`bias`", "0.0302")
    assert source_laws.typed_numbers(source_laws.take_apart(GOOD), set()) == []
    (problem,) = source_laws.typed_numbers(source_laws.take_apart(text), set())
    assert "the number 0.0302 is typed" in problem
    assert source_laws.typed_numbers(source_laws.take_apart(text), {"0.0302"}) == []


def test_an_objective_without_a_question_is_refused() -> None:
    good = source_laws.take_apart(GOOD)
    assert source_laws.untested_objectives(good, {2, 3}) == []
    assert source_laws.untested_objectives(good, {2}) == ["objective 3 is tested by no exercise and no question"]
    assert source_laws.untested_objectives(good, {2, 3, 4}) == ["objective 4 is tested but not stated"]


def test_a_needless_reason_is_refused() -> None:
    text = GOOD.replace("{glue:text}`bias`", "0.0302")
    assert source_laws.needless_reasons([source_laws.take_apart(text)], {"0.0302"}) == []
    glued = source_laws.take_apart(GOOD)
    assert source_laws.needless_reasons([glued], {"0.0302"}) == ["no page needs a reason for 0.0302"]


def test_a_bibliography_that_disagrees_is_refused() -> None:
    texts = ["see {cite:t}`a2000b`", "and {cite:p}`c2001d`"]
    assert source_laws.bibliography_faults(texts, {"a2000b", "c2001d"}) == []
    assert source_laws.bibliography_faults(texts, {"a2000b"}) == ["c2001d is cited, but has no entry"]
    assert source_laws.bibliography_faults(texts[:1], {"a2000b", "c2001d"}) == ["c2001d has an entry, but is not cited"]


def test_citations_are_found_in_every_form() -> None:
    assert source_laws.citations("see {cite:t}`a2000b` and {cite:p}`c2001d, e2002f`") == {
        "a2000b",
        "c2001d",
        "e2002f",
    }
