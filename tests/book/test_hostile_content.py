"""Text that a quiz or a page takes from elsewhere cannot run in the reader's browser, whatever it holds.

Pages are programs and trusted as such; what is tried here are fields that are meant as text.
"""

import io
import os
import re
import shutil
import sys
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup, Tag
from markdown_it import MarkdownIt
from playwright.sync_api import sync_playwright
from small_clone import make_clone
from sphinx.cmd.build import build_main
from tested_pages import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))

from chromium import MISSING, QUIET, find_chromium
from joined_pages import Joiner
from quiz_source import QuizError, load_quiz

PAYLOADS = {
    "script": "<script>alert(1)</script>",
    "script block": "Text.\n\n<script>alert(1)</script>\n\nText.",
    "broken script": "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "handler": '<img src=x onerror="alert(1)">',
    "handler on a block": '<div onmouseover="alert(1)">\n\nText.\n\n</div>',
    "end of an attribute": "\"><svg onload=alert(1)> '><svg onload=alert(1)>",
    "end of elements": "</span></legend></fieldset></form><script>alert(1)</script>",
    "link": "[press](javascript:alert(1))",
    "link with capitals and blanks": "[press](<JaVa\tScRiPt:alert(1)>)",
    "link as entities": "[press](&#106;avascript&colon;alert(1))",
    "automatic link": "<javascript:alert(1)>",
    "link by definition": "[press][r]\n\n[r]: javascript:alert(1)",
    "data address": "[press](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "image": "![x](javascript:alert(1))",
    "image from elsewhere": '![x](https://example.org/x.svg "title")',
    "raw": "```{raw} html\n<script>alert(1)</script>\n```",
    "raw by another parser": "```{eval-rst}\n.. raw:: html\n\n   <script>alert(1)</script>\n```",
    "attributes": '[press](https://example.org){onclick="alert(1)" style="position:fixed"}',
    "attributes of a block": '{onclick="alert(1)"}\nText.',
    "figure": "```{figure} square.png\n:target: javascript:alert(1)\n\nCaption\n```",
    "button": "```{button-link} javascript:alert(1)\nPress\n```",
    "card": "```{card} Title\n:link: javascript:alert(1)\n\nText\n```",
    "admonition": '```{admonition} <img src=x onerror="alert(1)">\nText\n```',
    "formula": r"$\href{javascript:alert(1)}{x}$ and $\text{<img src=x onerror=alert(1)>}$",
    "frame": '<iframe srcdoc="<script>alert(1)</script>"></iframe><object data="javascript:alert(1)"></object>',
    "page settings": '<base href="//example.org"><meta http-equiv="refresh" content="0; url=//example.org">',
    "style": "<style>body{background:url(https://example.org/x)}</style>",
    "form": '<form action="//example.org"><button formaction="javascript:alert(1)">x</button></form>',
}
CONF = f"""
import sys
sys.path.insert(0, {str(ROOT / "book" / "_ext")!r})
extensions = ["myst_nb", "sphinx_design", "sphinx_togglebutton", "mathematics", "quiz"]
html_math_renderer = "mathml"
myst_enable_extensions = ["amsmath", "attrs_block", "attrs_inline", "colon_fence", "deflist", "dollarmath"]
exclude_patterns = ["_build", "jupyter_execute"]
nb_execution_mode = "off"
"""
HEAD = "---\nkernelspec: {display_name: Python 3, language: python, name: python3}\n---\n\n# A page\n\n"
ACTIVE = "script, iframe, frame, object, embed, applet, base, meta, link, style, animate, set, foreignobject"
ADDRESSES = ("href", "src", "action", "formaction", "xlink:href", "data", "srcdoc", "poster", "background")


def dangers(root: Tag) -> list[str]:
    """What could run or load something in a part of a page that comes from text."""
    found = [str(tag)[:90] for tag in root.select(ACTIVE)]
    for tag in root.find_all(True):
        for name, value in tag.attrs.items():
            address = re.sub(r"[\x00-\x20]", "", str(value)).lower()
            local = not re.match(r"[a-z][a-z0-9+.-]*:|//", address)
            linked = tag.name == "a" and name == "href" and re.match(r"(?:https?|mailto):", address)
            if name.startswith("on") or name == "style" or (name in ADDRESSES and not (local or linked)):
                found.append(f"{tag.name} {name}={value}")
    return found


def quiz_of(payloads: dict[str, str]) -> dict[str, Any]:
    """A quiz with a question of each kind for each payload, which stands in every field that is text."""
    questions: list[dict[str, Any]] = []
    for number, payload in enumerate(payloads.values()):
        texts: Iterator[str] = (f"{place}{number}\n\n{payload}\n\nor {payload}" for place in "abcdefghijklmnop")
        for kind in ("one", "several", "order"):
            options = [{"text": next(texts), "feedback": next(texts)} for _ in range(2)]
            if kind != "order":
                options = [option | {"correct": not place} for place, option in enumerate(options)]
            head = {"id": f"{kind}-{number}", "objective": 1, "kind": kind, "prompt": payload}
            questions.append(head | {"options": options})
        slips = [{"answer": 7, "feedback": next(texts)}]
        feedback = {"right": next(texts), "wrong": next(texts), "slips": slips}
        head = {"id": f"number-{number}", "objective": 1, "kind": "number", "prompt": payload}
        questions.append(head | {"answer": 2, "tolerance": 0, "unit": payload, "feedback": feedback})
    return {"questions": questions}


@pytest.fixture(scope="module")
def hostile_quiz(tmp_path_factory: pytest.TempPathFactory) -> BeautifulSoup:
    """The page of a quiz full of payloads; that many of them are also warned of does not matter here."""
    book = tmp_path_factory.mktemp("book")
    (book / "book" / "quizzes").mkdir(parents=True)
    (book / "conf.py").write_text(CONF, encoding="utf-8")
    shutil.copy(Path(__file__).parent / "fixtures" / "quiz" / "square.png", book)
    (book / "index.md").write_text(HEAD + "```{quiz} hostile\n```\n", encoding="utf-8")
    text = yaml.safe_dump(quiz_of(PAYLOADS), sort_keys=False)
    (book / "book" / "quizzes" / "hostile.yml").write_text(text, encoding="utf-8")
    said = io.StringIO()
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(said):
        warnings.simplefilter("ignore")  # Sphinx tells of its own future
        build_main(["-q", "-T", "-b", "html", str(book), str(book / "_build")])
    assert (book / "_build" / "index.html").exists(), said.getvalue()
    return BeautifulSoup((book / "_build" / "index.html").read_text(encoding="utf-8"), "html.parser")


@pytest.mark.parametrize("number", range(len(PAYLOADS)), ids=list(PAYLOADS))
@pytest.mark.parametrize("kind", ["one", "several", "order", "number"])
def test_a_quiz_runs_nothing(hostile_quiz: BeautifulSoup, kind: str, number: int) -> None:
    form = hostile_quiz.find("form", attrs={"data-question": f"{kind}-{number}"})
    assert form.select_one(".quiz-reason")
    assert dangers(form) == []


def test_no_payload_breaks_out_of_its_quiz(hostile_quiz: BeautifulSoup) -> None:
    assert len(hostile_quiz.select(".quiz > form")) == 4 * len(PAYLOADS)
    quiz = hostile_quiz.select_one(".quiz")
    assert dangers(quiz) == []
    quiz.decompose()
    assert "alert(1)" not in str(hostile_quiz)


@pytest.mark.parametrize(
    "danger", ["<p onclick=x>", "<a href=' javascript:x'>", "<img src=//x>", "<svg><style>", "<base>"]
)
def test_dangers_are_seen(danger: str) -> None:
    assert dangers(BeautifulSoup(f"<div>{danger}</div>", "html.parser").div)


def mappings(value: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 (any YAML value)
    if isinstance(value, dict):
        yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from mappings(child)


def test_an_unknown_key_is_refused_wherever_it_stands(tmp_path: Path) -> None:
    sound = quiz_of({"plain": "Text."})
    path = tmp_path / "q.yml"
    path.write_text(yaml.safe_dump(sound), encoding="utf-8")
    assert len(load_quiz(path).questions) == 4
    places = len(list(mappings(sound)))
    assert places == 1 + 4 + 6 + 2
    for place in range(places):
        harmed = quiz_of({"plain": "Text."})
        list(mappings(harmed))[place]["onclick"] = "alert(1)"
        path.write_text(yaml.safe_dump(harmed), encoding="utf-8")
        with pytest.raises(QuizError, match="onclick"):
            load_quiz(path)


# ---------------------------------------------------------------- fields of pages

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "handler": '<img src=x onerror="alert(1)">',
    "end of an attribute": "\"><svg onload=alert(1)> '><svg onload=alert(1)>",
    "end of elements": "</title></h1></span></figcaption></figure><script>alert(1)</script>",
    "address": "[press](javascript:alert(1)) <javascript:alert(1)>",
}
TEXT = " and ".join(HOSTILE.values())
QUOTED = TEXT.replace('"', '\\"')
GLUED = TEXT.replace("'", "\\'")
HOSTILE_PAGE = f"""\
---
jupytext:
  text_representation: {{extension: .md, format_name: myst}}
kernelspec: {{display_name: Python 3, language: python, name: python3}}
description: "{QUOTED}"
myst:
  html_meta:
    keywords: "{QUOTED}"
---

# Hostile title {TEXT}

Hostile beginning, which describes the page, {TEXT}.

## Hostile section {TEXT}

## Hostile code `{HOSTILE["handler"]}`

```{{code-cell}} ipython3
---
mystnb:
  image:
    alt: "{QUOTED}"
  figure:
    caption: |
      Hostile caption {TEXT}
    name: fig-hostile
---
import matplotlib.pyplot as plt
fig, ax = plt.subplots()
ax.set_title("x");
```

```{{code-cell}} ipython3
:tags: [remove-cell]
from myst_nb import glue
glue("hostile", '''{GLUED}''', display=False)
```

See {{numref}}`fig-hostile`, and {{glue:text}}`hostile`.

```{{figure}} _static/favicon.svg
:alt: {TEXT}

Hostile caption {TEXT}
```

```{{exercise-start}} Hostile exercise {TEXT}
:label: ex-hostile
```
What is 1 + 1?
```{{exercise-end}}
```

```{{solution-start}} ex-hostile
:class: dropdown
```
2
```{{solution-end}}
```

:::{{admonition}} Hostile box {TEXT}
Text.
:::

| {HOSTILE["script"]} |
| --- |
| {HOSTILE["handler"]} |
"""


def active(root: Tag) -> list[str]:
    """What of a payload would run in a part of a page."""
    scripts = [str(tag)[:90] for tag in root.find_all("script") if "alert(1)" in tag.get_text()]
    attributes = [
        f"{tag.name} {name}={value}"
        for tag in root.find_all(True)
        for name, value in tag.attrs.items()
        if "alert(1)" in str(value) and (name.startswith("on") or (name in ADDRESSES and "javascript:" in str(value)))
    ]
    return scripts + attributes


def parsed(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "html.parser")


@pytest.fixture(scope="module")
def hostile_clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clone(tmp_path_factory.mktemp("hostile") / "clone", HOSTILE_PAGE)


def test_fields_of_a_page_run_nothing_on_any_page_of_the_site(hostile_clone: Path) -> None:
    site = hostile_clone / "_build" / "html"
    pages = {path.name: path.read_text(encoding="utf-8") for path in site.rglob("*.html")}
    assert {"page.html", "bibliography.html", "genindex.html", "search.html"} <= pages.keys()
    assert {name: active(parsed(page)) for name, page in pages.items() if active(parsed(page))} == {}
    page = parsed(pages["page.html"])
    named = ["description", "keywords"]
    told = [page.select_one(f"meta[name={name}]")["content"] for name in named]
    told += [page.select_one(f"meta[property='og:{name}']")["content"] for name in ("title", "description")]
    told += [page.title.get_text(), page.h1.get_text(), page.find("figcaption").get_text(), page.find("img")["alt"]]
    assert [text for text in told if "Hostile" not in text and "alert(1)" not in text] == []


def test_fields_of_a_page_run_nothing_in_its_notebooks(hostile_clone: Path) -> None:
    notebooks = list((hostile_clone / "_build" / "html" / "notebooks").rglob("*.ipynb"))
    assert len(notebooks) == 2
    for path in notebooks:
        cells = nbformat.read(path, as_version=4).cells
        texts = [MarkdownIt("commonmark").render(cell.source) for cell in cells if cell.cell_type == "markdown"]
        assert any("Hostile title" in text for text in texts)
        assert [active(parsed(text)) for text in texts if active(parsed(text))] == []


def test_fields_of_a_page_run_nothing_in_the_printed_book(hostile_clone: Path, tmp_path: Path) -> None:
    config, contents = (
        yaml.safe_load((hostile_clone / name).read_text(encoding="utf-8")) for name in ("_config.yml", "_toc.yml")
    )
    contents = {"root": contents["root"], "parts": [{"caption": TEXT, "chapters": contents["chapters"]}]}
    document = Joiner(hostile_clone / "_build" / "html", tmp_path, config, contents).document()
    assert document.count("Hostile title") >= 2  # in its contents and on its page
    assert active(parsed(document)) == []


@pytest.mark.parametrize("words", ["hostile", "Hostile title", "Hostile code <img src=x onerror", "alert"])
def test_results_of_a_search_run_nothing(hostile_clone: Path, words: str) -> None:
    browser = find_chromium()
    if not browser:
        pytest.skip(MISSING) if os.environ.get("CI") != "true" else pytest.fail(MISSING)

    def results() -> tuple[list[str], int]:
        with sync_playwright() as playwright:
            page = playwright.chromium.launch(executable_path=browser, args=QUIET).new_page()
            said: list[str] = []
            page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
            address = (hostile_clone / "_build" / "html" / "search.html").as_uri()
            page.goto(f"{address}?q={quote(words)}")
            page.wait_for_function("Search.title && Search.title.innerText === 'Search Results'")
            page.wait_for_timeout(500)
            return said, page.locator("#search-results li").count()

    with ThreadPoolExecutor(1) as threads:
        said, found = threads.submit(results).result()
    assert said == []
    assert found
