"""The directive `{quiz}`, which shows the questions of one file of `book/quizzes/`."""

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from quiz_render import depart_html, quiz_element, render, visit_html, visit_plain
from quiz_source import Passage, QuizError, load_quiz

LOGGER = logging.getLogger(__name__)
SCHEMES = ("", "http", "https", "mailto")


class BrokenQuizError(SphinxError):
    """A quiz that would mislead stops the build."""

    category = "Quiz"


class QuizDirective(SphinxDirective):
    """Show the quiz named by the argument, the stem of its file."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        folder = Path(self.config.quiz_folder)
        path = Path(self.env.srcdir, folder, f"{name}.yml")
        known = sorted(p.stem for p in path.parent.glob("*.yml"))
        self.env.note_dependency(str(folder / f"{name}.yml"))
        if name not in known:
            msg = f"{self._here()}: no quiz {name!r} in {folder}; there are: {', '.join(known) or 'none'}"
            raise BrokenQuizError(msg)
        if name in self.env.temp_data.setdefault("quizzes", []):
            msg = f"{self._here()}: the quiz {name!r} stands on this page already; show it once"
            raise BrokenQuizError(msg)
        self.env.temp_data["quizzes"].append(name)
        try:
            quiz = load_quiz(path, shown_as=folder / f"{name}.yml")
        except QuizError as error:
            msg = f"{self._here()}: the quiz {name!r} is broken\n{error}"
            raise BrokenQuizError(msg) from error
        return [render(quiz, lambda passage: self._parse(passage, path))]

    def _here(self) -> str:
        return "{}:{}".format(*self.get_source_info())

    def _parse(self, passage: Passage, path: Path) -> list[nodes.Node]:
        """The nodes of a passage; messages about it name the quiz file and its line."""
        document, holder = self.state.document, nodes.container()
        page = document["source"], document.reporter.source
        document["source"] = document.reporter.source = str(path)
        try:
            lines = passage.text.splitlines()
            offset = passage.line - 1 - self.lineno
            self.state.nested_parse(StringList(lines, str(path)), offset, holder)
        finally:
            document["source"], document.reporter.source = page
        _disarm(holder)
        return list(holder.children)


def _disarm(holder: nodes.Element) -> None:
    """Show raw HTML as text, take links that run a script away, and refuse images from elsewhere."""
    for raw in list(holder.findall(nodes.raw)):
        text = nodes.literal(raw.astext(), raw.astext())
        inline = isinstance(raw.parent, nodes.TextElement)
        raw.parent.replace(raw, text if inline else nodes.paragraph("", "", text))
    for link in list(holder.findall(nodes.reference)):
        if scheme(link.get("refuri", "")) not in SCHEMES:
            LOGGER.warning("a quiz may not link to %r", link["refuri"], location=link, type="quiz")
            link.parent.replace(link, link.children)
    for image in list(holder.findall(nodes.image)):
        if scheme(image["uri"]) or image["uri"].startswith("//"):
            LOGGER.warning("the image %r stands on another host", image["uri"], location=image, type="quiz")
            image.parent.remove(image)


def scheme(uri: str) -> str:
    """The scheme as a browser reads it, which skips spaces and control characters."""
    visible = re.sub(r"[\x00-\x20\x7f]", "", uri)
    match = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):", visible)
    return match[1].lower() if match else ""


def add_files(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document) -> None:
    """Load the script on pages with a quiz only."""
    if doctree is not None and any(doctree.findall(quiz_element)):
        app.add_js_file("quiz.js", loading_method="defer")


def setup(app: Sphinx) -> dict[str, Any]:
    """Teach Sphinx the directive."""
    plain = (visit_plain, lambda self, node: None)
    app.add_config_value("quiz_folder", "book/quizzes", "env", str)
    app.add_node(quiz_element, html=(visit_html, depart_html), latex=plain, text=plain, man=plain, texinfo=plain)
    app.add_directive("quiz", QuizDirective)
    app.add_css_file("quiz.css")
    app.connect("html-page-context", add_files)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
