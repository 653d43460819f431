"""A built page shows its quiz as a list that is whole without a script, and nothing in it can run."""

import io
import re
import shutil
import sys
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import pytest
from bs4 import BeautifulSoup, Tag
from sphinx.cmd.build import build_main

sys.path.insert(0, str(Path(__file__).parents[2] / "book" / "_ext"))

from quiz import scheme
from quiz_source import NumberQuestion, Quiz, load_quiz

ROOT = Path(__file__).parents[2]
FIXTURES = Path(__file__).parent / "fixtures" / "quiz"

CONF = f"""
import sys
sys.path.insert(0, {str(ROOT / "book" / "_ext")!r})
extensions = ["myst_nb", "quiz"]
html_static_path = [{str(ROOT / "book" / "_static")!r}]
myst_enable_extensions = ["amsmath", "attrs_block", "attrs_inline", "colon_fence", "deflist", "dollarmath"]
exclude_patterns = ["_build", "jupyter_execute"]
nb_execution_mode = "off"
mathjax_path = "none.js"
"""
HEAD = "---\nkernelspec: {display_name: Python 3, language: python, name: python3}\n---\n\n# A page\n\n"
TARGET = "(the-target)=\n## The target\n\nText.\n\n"


class Done(NamedTuple):
    """How a build went, and its messages."""

    code: int
    said: str


Build = Callable[..., tuple[Path, Done]]


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Builds a book of pages and quizzes, and gives its folder and how the build went."""

    def run(
        pages: dict[str, str], quizzes: dict[str, str], builder: str = "html", book: Path | None = None
    ) -> tuple[Path, Done]:
        book = book or tmp_path_factory.mktemp("book")
        (book / "book" / "quizzes").mkdir(parents=True, exist_ok=True)
        (book / "conf.py").write_text(CONF)
        shutil.copy(FIXTURES / "square.png", book)
        for name, text in pages.items():
            (book / f"{name}.md").write_text(HEAD + text, encoding="utf-8")
        for name, text in quizzes.items():
            (book / "book" / "quizzes" / f"{name}.yml").write_text(text, encoding="utf-8")
        arguments = ["-W", "--keep-going", "-n", "-b", builder, str(book), str(book / "_build")]
        said = io.StringIO()
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(said):
            warnings.simplefilter("ignore")  # Sphinx tells of its own future
            return book, Done(build_main(arguments), said.getvalue())

    return run


def fixture(name: str) -> str:
    return (FIXTURES / f"{name}.yml").read_text(encoding="utf-8")


def soup(book: Path, page: str = "index") -> BeautifulSoup:
    return BeautifulSoup((book / "_build" / f"{page}.html").read_text(encoding="utf-8"), "html.parser")


@pytest.fixture(scope="module")
def book(build: Build) -> Path:
    pages = {
        "index": TARGET + "```{quiz} good\n```\n\n```{quiz} second\n```\n\n```{toctree}\nplain\n```\n",
        "plain": "No quiz.\n",
    }
    folder, done = build(pages, {name: fixture(name) for name in ("good", "second")})
    assert done.code == 0, done.said
    return folder


@pytest.fixture(scope="module")
def page(book: Path) -> BeautifulSoup:
    return soup(book)


@pytest.fixture(scope="module")
def quiz() -> Quiz:
    return load_quiz(FIXTURES / "good.yml")


def form(page: BeautifulSoup, name: str) -> Tag:
    return page.find("form", attrs={"data-question": name})


def test_every_question_is_a_named_group_of_real_controls(page: BeautifulSoup, quiz: Quiz) -> None:
    kinds = {"one": "radio", "several": "checkbox", "number": "text"}
    for question in quiz.questions:
        found = form(page, question.id)
        assert found.fieldset.find("legend", recursive=False).get_text(strip=True)
        inputs = found.find_all("input")
        if question.kind == "order":
            assert len(found.find_all("select")) == len(question.options)
            continue
        assert {node["type"] for node in inputs} == {kinds[question.kind]}
        assert all(found.find("label", attrs={"for": node["id"]}).get_text(strip=True) for node in inputs[:2])
        assert len(found.find_all(class_="quiz-feedback", role="status")) == 1


def test_ids_are_unique_with_two_quizzes_on_a_page(page: BeautifulSoup) -> None:
    ids = [node["id"] for node in page.find_all(id=True)]
    assert len(page.find_all("form", attrs={"data-question": "which-plots"})) == 2
    assert len(ids) == len(set(ids))
    for node in page.select(".quiz [for], .quiz [aria-describedby]"):
        named = (node.get("for") or node["aria-describedby"]).split()
        assert set(named) <= set(ids)


def test_controls_wait_for_the_script_and_answers_do_not(page: BeautifulSoup) -> None:
    for node in page.select(".quiz :is(input, select, button)"):
        assert node.has_attr("hidden") or node.find_parent(hidden=True)
    for node in page.select(".quiz :is(.quiz-label, .quiz-reason, legend)"):
        assert not node.has_attr("hidden")
        assert not node.find_parent(hidden=True)


def test_each_option_stands_beside_its_own_verdict_and_reason(page: BeautifulSoup, quiz: Quiz) -> None:
    for question in quiz.questions:
        if isinstance(question, NumberQuestion):
            continue
        items = form(page, question.id).select(".quiz-option")
        assert [int(item["data-value"]) for item in items] == list(question.order())
        for item, letter in zip(items, "ABCDEFG", strict=False):
            place = int(item["data-value"])
            option = question.options[place]
            assert item.select_one(".quiz-label .quiz-letter").get_text() == letter
            said = item.select_one("details .quiz-said").get_text()
            assert option.feedback.text.split()[0] in said
            if question.kind == "order":
                assert f"Place {place + 1} of 4." in said
            else:
                assert ("✓ Right." if option.correct else "✗ Not quite.") in said


def test_a_number_tells_answer_unit_slips_and_the_rest(page: BeautifulSoup) -> None:
    found = form(page, "variance-of-ug")
    assert (found["data-answer"], found["data-tolerance"]) == ("0.05", "0.001")
    reasons = {node["data-for"]: node.get_text(" ", strip=True) for node in found.select("details")}
    assert list(reasons) == ["right", "0.07", "-0.05", "wrong"]
    assert "0.050 mag, give or take 0.001." in reasons["right"]
    assert "Why not −5 × 10⁻² mag?" in reasons["-0.05"]


def test_maths_code_links_and_images_are_typeset(book: Path, page: BeautifulSoup) -> None:
    found = form(page, "outliers-and-spread")
    assert found.legend.select_one(".math").get_text() == r"\(\Delta z/(1+z)\)"
    assert found.select_one("div.quiz-prompt div.highlight-python pre")
    assert found.select_one(".quiz-label code").get_text() == "True"
    assert found.select_one(".quiz-said a")["href"] == "#the-target"
    assert found.select_one(".quiz-said div.math")
    image = form(page, "which-plots").select_one("label img")
    assert image["alt"] == "A grey square"
    assert (book / "_build" / image["src"]).read_bytes() == (FIXTURES / "square.png").read_bytes()


def test_headings_of_the_page_stay_as_they_were(page: BeautifulSoup) -> None:
    assert not page.select(".quiz :is(h1, h2, h3, h4, h5, h6)")


def test_the_script_is_loaded_with_a_quiz_only_and_the_style_is_part_of_every_page(book: Path) -> None:
    for name, expected in (("index", 1), ("plain", 0)):
        text = (book / "_build" / f"{name}.html").read_text()
        assert len(re.findall(r"_static/quiz\.js", text)) == expected
        assert len(re.findall(r"_static/quiz\.css", text)) == 1


def test_the_script_is_small_and_asks_no_other_host() -> None:
    script = ROOT / "book" / "_static" / "quiz.js"
    assert script.stat().st_size <= 12 * 1024
    text = script.read_text() + (ROOT / "book" / "_static" / "quiz.css").read_text()
    assert not re.search(r"https?:|//[a-z]+\.|@import|url\(|innerHTML|\beval\b|\bfetch\b|import\s*\(", text)


def test_nothing_hostile_can_run(build: Build) -> None:
    book, done = build({"index": "```{quiz} hostile\n```\n"}, {"hostile": fixture("hostile")})
    assert done.code == 0, done.said
    quiz = soup(book).select_one(".quiz")
    assert not quiz.select("script, iframe, svg, b, object, embed, details[ontoggle]")
    assert not [name for node in quiz.find_all(True) for name in node.attrs if name.startswith("on")]
    assert not [a for a in quiz.select("[href]") if "javascript" in a["href"].lower()]
    text = re.sub("[“”]", '"', quiz.get_text())
    for shown in ('<script>alert("prompt")', '<script>alert("block")', '<script>alert("option")', "<iframe"):
        assert shown in text
    assert form(soup(book), "unit")["data-unit"] == '"><script>alert("unit")</script>'


def test_a_link_may_stand_in_a_prompt_and_in_an_option(build: Build) -> None:
    text = fixture("second").replace("text: ", 'text: "[x](https://example.org/option) "  # ', 1)
    text = text.replace("prompt: ", 'prompt: "[x](https://example.org/prompt) What?"  # ')
    book, done = build({"index": "```{quiz} second\n```\n"}, {"second": text})
    assert done.code == 0, done.said
    assert soup(book).select_one('legend .quiz-prompt a[href="https://example.org/prompt"]')
    assert soup(book).select_one('.quiz-label .quiz-text a[href="https://example.org/option"]')


def test_what_the_page_cannot_show_is_told_with_the_line_of_the_quiz(build: Build) -> None:
    figure = "```{figure} square.png\n      :target: TARGET\n      Caption\n      ```"
    wrong = {
        "![x](https://example.org/x.png)": "the image 'https://example.org/x.png' stands on another host",
        figure.replace("TARGET", "javascript:alert(1)"): "may not link to 'javascript:alert",
        figure.replace("TARGET", "data:text/html,x"): "may not link to 'data:",
        "[x](#nowhere)": "'nowhere'",
        "{nonsense}`x`": '"nonsense"',
    }
    prompt = "prompt: |\n      " + "\n\n      ".join(["Question?", *wrong])
    text = fixture("second").replace("prompt: The same id as in another quiz?", prompt)
    book, done = build({"index": "```{quiz} second\n```\n"}, {"second": text})
    assert done.code != 0
    for source, words in wrong.items():
        line = 1 + text[: text.index(source)].count("\n")
        assert re.search(rf"second\.yml:{line}: .*{re.escape(words)}", done.said), done.said
    quiz = soup(book).select_one(".quiz")
    assert not quiz.select('[href*="script"], [src*="example"]')


@pytest.mark.parametrize(
    ("text", "quizzes", "words"),
    [
        (
            "```{quiz} none\n```\n",
            ["good"],
            r"index\.md:\d+: no quiz 'none' in book/quizzes; there are: good",
        ),
        ("```{quiz} ../../conf\n```\n", ["good"], r"no quiz '\.\./\.\./conf'"),
        ("```{quiz} second\n```\n\n```{quiz} second\n```\n", ["second"], "stands on this page already"),
    ],
)
def test_a_wrong_directive_stops_the_build(build: Build, text: str, quizzes: list[str], words: str) -> None:
    _, done = build({"index": text}, {name: fixture(name) for name in quizzes})
    assert done.code != 0
    assert re.search(words, done.said), done.said


@pytest.mark.parametrize("uri", ["javascript:x", "JavaScript:x", " java\tscript:x", "\x01javascript\n:x"])
def test_a_scheme_is_read_as_browsers_read_it(uri: str) -> None:
    assert scheme(uri) == "javascript"


def test_a_broken_quiz_stops_the_build_with_its_line(build: Build) -> None:
    _, done = build({"index": "```{quiz} q\n```\n"}, {"q": fixture("broken/two-right")})
    assert done.code != 0
    assert "book/quizzes/q.yml:7: question 1 (depth), options: expected exactly one" in done.said


def test_an_edited_quiz_rebuilds_its_page(build: Build) -> None:
    book, _ = build({"index": "```{quiz} second\n```\n"}, {"second": fixture("second")})
    before = form(soup(book), "which-plots")["data-version"]
    build({}, {"second": "# a comment moves every line\n" + fixture("second")}, book=book)
    assert form(soup(book), "which-plots")["data-version"] == before  # answers kept stay valid
    build({}, {"second": fixture("second").replace("Look above", "Look again")}, book=book)
    after = form(soup(book), "which-plots")
    assert "Look again" in after.get_text()
    assert after["data-version"] != before


def test_two_builds_are_equal(build: Build, book: Path) -> None:
    pages = {"index": TARGET + "```{quiz} good\n```\n\n```{quiz} second\n```\n"}
    again, _ = build(pages, {name: fixture(name) for name in ("good", "second")})
    assert [str(q) for q in soup(again).select(".quiz")] == [str(q) for q in soup(book).select(".quiz")]


def test_other_outputs_show_the_words_without_the_controls(build: Build) -> None:
    book, done = build({"index": "```{quiz} second\n```\n"}, {"second": fixture("second")}, builder="text")
    assert done.code == 0, done.said
    text = (book / "_build" / "index.txt").read_text()
    assert "Quizzes are told apart by their names." in text
    assert "Check" not in text
