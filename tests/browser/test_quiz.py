"""A quiz taken by keyboard alone, told in words, kept between visits, and whole without a script."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests" / "book" / "fixtures" / "quiz"
CONF = f"""
import sys
sys.path.insert(0, {str(ROOT / "book" / "_ext")!r})
extensions = ["myst_nb", "sphinx_copybutton", "quiz"]
html_theme = "sphinx_book_theme"
html_static_path = [{str(ROOT / "book" / "_static")!r}]
myst_enable_extensions = ["dollarmath"]
exclude_patterns = ["_build", "jupyter_execute"]
nb_execution_mode = "off"
mathjax_path = "none.js"
"""
DENIED = "no storage here"  # the theme's own scripts stumble over it
PAGE = """---
kernelspec: {display_name: Python 3, language: python, name: python3}
---

# A page

(the-target)=
## The target

Text.

## Quiz

```{quiz} good
```

```{quiz} second
```
"""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built book of one page with two quizzes."""
    source = tmp_path_factory.mktemp("book")
    (source / "book" / "quizzes").mkdir(parents=True)
    for name in ("good", "second"):
        shutil.copy(FIXTURES / f"{name}.yml", source / "book" / "quizzes")
    shutil.copy(FIXTURES / "square.png", source)
    (source / "conf.py").write_text(CONF)
    (source / "index.md").write_text(PAGE)
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-W",
        "-n",
        "-q",
        "-b",
        "html",
        str(source),
        str(source / "_build"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return source / "_build"


@pytest.fixture(scope="module")
def url(book: Path, serve: Callable[[Path], str]) -> str:
    return f"{serve(book)}/index.html"


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser without a past, at the width of a phone; a script's error fails the test."""
    errors: list[str] = []
    made = browser.new_context(viewport={"width": 390, "height": 800})
    made.set_default_timeout(5000)
    made.on("weberror", lambda error: errors.append(str(error.error)))
    yield made
    made.close()
    assert [error for error in errors if "MathJax" not in error and error != DENIED] == []


@pytest.fixture
def page(context: BrowserContext, url: str) -> Page:
    made = context.new_page()
    made.goto(url)
    return made


def question(page: Page, name: str, quiz: str = "good") -> Locator:
    return page.locator(f'.quiz[data-quiz="{quiz}"] form[data-question="{name}"]')


def status(form: Locator) -> Locator:
    return form.get_by_role("status")


def tab_to(page: Page, target: Locator, key: str = "Tab") -> None:
    """Press Tab until the target has the focus."""
    for _ in range(80):
        page.keyboard.press(key)
        if target.evaluate("node => node === document.activeElement"):
            return
    pytest.fail("the control is not reached by Tab")


def score(page: Page, quiz: str = "good") -> Locator:
    return page.locator(f'.quiz[data-quiz="{quiz}"] .quiz-score')


def test_one_answer_by_keyboard(page: Page) -> None:
    form = question(page, "outliers-and-spread")
    radios = form.get_by_role("radio")
    tab_to(page, radios.nth(0))
    assert form.get_by_role("radio").nth(0).evaluate("n => getComputedStyle(n).outlineStyle") == "solid"
    page.keyboard.press("ArrowDown")
    expect(radios.nth(1)).to_be_checked()
    expect(status(form)).to_be_empty()  # browsing is not answering
    page.keyboard.press("Enter")
    expect(status(form)).to_contain_text("✗ Not quite.")
    expect(status(form)).to_contain_text("It compares each number with 3")
    expect(score(page)).to_have_text("1 of 4 answered, 0 right.")
    page.keyboard.press("ArrowDown")
    expect(status(form)).to_be_empty()  # what was said is about another option
    tab_to(page, form.get_by_role("button", name="Check"))
    page.keyboard.press("Space")
    expect(status(form)).to_contain_text("✓ Right.")
    expect(score(page)).to_have_text("1 of 4 answered, 1 right.")
    tab_to(page, form.get_by_role("button", name="Try again"))
    page.keyboard.press("Enter")
    expect(status(form)).to_be_empty()
    assert form.locator("input:checked").count() == 0
    expect(radios.nth(0)).to_be_focused()
    expect(score(page)).to_have_text("0 of 4 answered, 0 right.")


def test_reasons_are_copied_without_their_ids(page: Page) -> None:
    form = question(page, "outliers-and-spread")
    form.get_by_role("radio").nth(2).check()
    form.get_by_role("button", name="Check").click()
    assert status(form).locator("div.math").count() == 1  # typeset mathematics, not its source in words
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(node => node.id)")
    assert len(ids) == len(set(ids))


def test_checking_nothing_asks_for_an_answer(page: Page) -> None:
    for name, words in (
        ("outliers-and-spread", "Choose an answer first."),
        ("variance-of-ug", "Write a number"),
    ):
        form = question(page, name)
        form.get_by_role("button", name="Check").click()
        expect(status(form)).to_contain_text(words)
    expect(score(page)).to_have_text("0 of 4 answered, 0 right.")


def test_enter_never_presses_the_copy_button_of_a_code_block(page: Page) -> None:
    form = question(page, "outliers-and-spread")
    expect(form.locator("button.copybtn")).to_be_attached()
    form.get_by_role("radio").nth(0).focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(status(form)).to_contain_text("Not quite.")
    assert form.locator("button.copybtn.success").count() == 0
    assert page.url.endswith("index.html")  # the form was not sent


def test_several_answers_by_keyboard(page: Page) -> None:
    form = question(page, "which-plots")
    boxes = form.get_by_role("checkbox")
    tab_to(page, boxes.nth(0))
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(status(form)).to_contain_text("Wrong choices: 1. Right answers still missing: 1.")
    expect(status(form)).to_contain_text("So it is.")
    expect(status(form)).to_contain_text("Redshift has no unit.")
    expect(status(form)).not_to_contain_text("The square is grey.")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(status(form).locator(".quiz-verdict").first).to_have_text("✓ Right.")
    expect(status(form)).to_contain_text("The square is grey.")


NUMBERS = [
    ("0.05", "Right. The variances add."),
    ("0,05", "Right."),
    (" 0.051 mag ", "Right."),
    ("5e-2", "Right."),
    ("5 × 10⁻²", "Right."),
    ("5*10^-2", "Right."),
    (".0495", "Right."),
    ("0.0511", "Not quite. Add the variances of both bands."),
    ("0.07", "Not quite. You added the standard deviations."),
    ("−0.05", "Not quite. A standard deviation has no sign."),
    ("-0,05", "Not quite. A standard deviation has no sign."),
    ("1e9", "Not quite. Add the variances"),
    ("1,234,567", "Not quite."),
    ("1,234", "can be read in two ways: write 1234 or 1.234."),
    ("0,050", "Right."),
    ("1.234,5", "Write a number, like"),
    ("five", "Write a number, like"),
    ("0x10", "Write a number, like"),
    ("1e999", "Write a number, like"),
    ("<img src=x onerror=alert(1)>", "Write a number, like"),
    ("", "Write a number first."),
]


def test_numbers_as_people_write_them(page: Page) -> None:
    form = question(page, "variance-of-ug")
    entry = form.get_by_label("Your answer")
    for typed, said in NUMBERS:
        entry.fill(typed)
        expect(status(form)).to_be_empty()
        entry.press("Enter")
        words = re.compile(r"\s*".join(map(re.escape, said.split())))
        expect(status(form), f"for {typed!r}").to_contain_text(words)
        judged = "Right." in said or "Not quite." in said
        expect(entry).to_have_attribute("aria-invalid", "false" if judged else "true")
        expect(score(page)).to_have_text(f"{int(judged)} of 4 answered, {int('Right.' in said)} right.")


def test_ordering_by_buttons_keeps_the_focus_and_tells_the_place(page: Page) -> None:
    form = question(page, "steps-of-shap")
    letters = form.locator(".quiz-label .quiz-letter")
    expect(letters).to_have_text(["A", "B", "C", "D"])
    tab_to(page, form.get_by_role("button", name="Move C up"))
    page.keyboard.press("Enter")
    expect(letters).to_have_text(["A", "C", "B", "D"])
    expect(form.get_by_role("button", name="Move C up")).to_be_focused()
    expect(status(form)).to_have_text("C stands at place 2 of 4.")
    page.keyboard.press("Space")
    page.keyboard.press("Space")  # at the top already
    expect(letters).to_have_text(["C", "A", "B", "D"])
    expect(form.get_by_role("button", name="Move C up")).to_have_attribute("aria-disabled", "true")
    tab_to(page, form.get_by_role("button", name="Check"))
    page.keyboard.press("Enter")
    expect(status(form)).to_contain_text("Not quite.")
    expect(status(form)).to_contain_text("They come last.")  # of C, the first thing out of its place


def test_ordering_by_places(page: Page) -> None:
    form = question(page, "steps-of-shap")
    texts = ["Choose a model", "Choose a background", "Compute", "Read the values"]
    for place, text in enumerate(texts):
        item = form.locator(".quiz-option").filter(has=page.locator(".quiz-label", has_text=text))
        item.get_by_role("combobox").select_option(str(place + 1))
    form.get_by_role("button", name="Check").click()
    expect(status(form).locator(".quiz-verdict")).to_have_text("✓ Right.")
    expect(form.locator(".quiz-label .quiz-text")).to_have_text(texts)
    expect(score(page)).to_have_text("1 of 4 answered, 1 right.")


def answer_all(page: Page) -> None:
    form = question(page, "outliers-and-spread")
    form.get_by_role("radio").nth(1).check()
    form.get_by_role("button", name="Check").click()
    question(page, "which-plots").get_by_role("checkbox").nth(0).check()  # not checked by the button
    entry = question(page, "variance-of-ug").get_by_label("Your answer")
    entry.fill("0,05")
    entry.press("Enter")
    order = question(page, "steps-of-shap")
    order.get_by_role("button", name="Move A down").click()
    order.get_by_role("button", name="Check").click()
    second = question(page, "which-plots", "second")
    second.get_by_role("checkbox").nth(0).check()
    second.get_by_role("button", name="Check").click()


def test_answers_are_kept_and_cleared(page: Page) -> None:
    answer_all(page)
    page.reload()
    expect(score(page)).to_have_text("3 of 4 answered, 1 right.")
    expect(status(question(page, "outliers-and-spread"))).to_contain_text("Not quite.")
    expect(question(page, "which-plots").get_by_role("checkbox").nth(0)).to_be_checked()
    expect(status(question(page, "which-plots"))).to_be_empty()
    expect(question(page, "variance-of-ug").get_by_label("Your answer")).to_have_value("0,05")
    expect(question(page, "steps-of-shap").locator(".quiz-label .quiz-letter")).to_have_text(["B", "A", "C", "D"])
    page.locator('.quiz[data-quiz="good"]').get_by_role("button", name="Clear all answers").press("Enter")
    expect(score(page)).to_have_text("All answers cleared. 0 of 4 answered, 0 right.")
    page.reload()
    expect(score(page)).to_have_text("0 of 4 answered, 0 right.")
    expect(page.locator('.quiz[data-quiz="good"] input:checked')).to_have_count(0)
    expect(question(page, "variance-of-ug").get_by_label("Your answer")).to_have_value("")
    expect(question(page, "steps-of-shap").locator(".quiz-label .quiz-letter")).to_have_text(["A", "B", "C", "D"])
    expect(score(page, "second")).not_to_have_text(re.compile("^0"))  # the other quiz keeps its own


@pytest.mark.parametrize(
    "rubbish",
    [
        "not json",
        "null",
        "7",
        '{"version": "V", "answer": null, "checked": true}',
        '{"version": "V", "answer": ["9"], "checked": true}',
        '{"version": "V", "answer": [["0"]], "checked": true}',
        '{"version": "V", "answer": {"length": 1}, "checked": true}',
        '{"version": "another", "answer": "0.05", "checked": true}',
    ],
)
def test_rubbish_in_the_storage_is_ignored(page: Page, rubbish: str) -> None:
    answer_all(page)
    page.evaluate(
        """rubbish => document.querySelectorAll('.quiz form').forEach(form => {
            const key = Object.keys(localStorage).find(key => key.endsWith(':good:' + form.dataset.question));
            if (key) localStorage.setItem(key, rubbish.replace('"V"', JSON.stringify(form.dataset.version)));
        })""",
        rubbish,
    )
    page.reload()
    expect(score(page)).to_have_text("0 of 4 answered, 0 right.")
    answer_all(page)
    expect(score(page)).to_have_text("3 of 4 answered, 1 right.")


def test_a_quiz_works_without_storage(context: BrowserContext, url: str) -> None:
    throw = f"{{get() {{ throw new DOMException('{DENIED}') }}}}"
    context.add_init_script(f"Object.defineProperty(window, 'localStorage', {throw})")
    page = context.new_page()
    page.goto(url)
    answer_all(page)
    expect(score(page)).to_have_text("3 of 4 answered, 1 right.")
    expect(page.locator(".quiz-note").first).to_have_text("This browser does not keep your answers.")
    page.get_by_role("button", name="Clear all answers").first.click()
    expect(score(page)).to_contain_text("0 of 4 answered")


def test_a_quiz_works_from_a_file(context: BrowserContext, book: Path) -> None:
    page = context.new_page()
    page.goto((book / "index.html").as_uri())
    answer_all(page)
    page.reload()
    expect(score(page)).to_have_text("3 of 4 answered, 1 right.")


def test_every_answer_can_be_read_without_a_script(browser: Browser, url: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(url)
    assert page.locator(".quiz :is(input, select, button:not(.copybtn)):visible").count() == 0
    summaries = page.locator(".quiz-reason > summary")
    assert summaries.count() == 3 + 3 + 4 + 4 + 2
    for i in range(summaries.count()):
        summaries.nth(i).click()
        expect(page.locator(".quiz-reason .quiz-said").nth(i)).to_be_visible()
    context.close()


@pytest.mark.parametrize("script", [True, False])
def test_every_reason_is_open_on_paper(browser: Browser, url: str, script: bool) -> None:
    context = browser.new_context(java_script_enabled=script)
    page = context.new_page()
    page.goto(url)
    page.emulate_media(media="print")
    said = page.locator(".quiz-reason .quiz-said")
    heights = [said.nth(i).bounding_box() for i in range(said.count())]
    assert len(heights) == 16
    assert all(box is not None and box["height"] > 20 for box in heights)
    assert page.locator(".quiz :is(input, select, button:not(.copybtn)):visible").count() == 0
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_right_and_wrong_can_be_read_in_both_themes(page: Page, theme: str) -> None:
    answer_all(page)
    page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
    contrasts = page.evaluate(
        """() => {
            const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
            const light = colour => {
                canvas.fillStyle = colour;
                canvas.fillRect(0, 0, 1, 1);
                const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data]
                    .map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
            };
            const behind = node => {
                const colour = getComputedStyle(node).backgroundColor;
                return colour === 'rgba(0, 0, 0, 0)' ? behind(node.parentElement) : colour;
            };
            const shown = '.quiz :is(.quiz-icon, strong, .quiz-title, .quiz-how, .quiz-text, .quiz-letter,'
                + ' button:not(.copybtn), .quiz-score, .quiz-note, .quiz-said p, select)';
            return [...document.querySelectorAll(shown)].filter(node => node.checkVisibility()).map(node => {
                const [a, b] = [light(getComputedStyle(node).color), light(behind(node))];
                return [node.className || node.tagName, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)];
            });
        }"""
    )
    assert len(contrasts) > 40
    assert [pair for pair in contrasts if pair[1] < 4.5] == []


def test_a_phone_shows_all_of_it(page: Page) -> None:
    answer_all(page)
    boxes = page.locator(".quiz :is(input, select, button, .quiz-text, .quiz-feedback):visible")
    for i in range(boxes.count()):
        box = boxes.nth(i).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_nothing_moves_on_its_own(page: Page) -> None:
    moving = page.evaluate(
        "[...document.querySelectorAll('.quiz, .quiz *')].filter(node => !node.closest('.highlight'))"
        ".filter(node => getComputedStyle(node).animationName !== 'none').length"
    )
    assert moving == 0


def test_the_quiz_asks_nothing_of_another_host(context: BrowserContext, url: str) -> None:
    asked: list[str] = []
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(url)
    answer_all(page)
    assert any(address.split("?")[0].endswith("quiz.js") for address in asked)
    origin = url.rsplit("/", 1)[0]
    assert [address for address in asked if not address.startswith((origin, "data:"))] == []
