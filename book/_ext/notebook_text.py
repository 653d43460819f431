"""Write the text of a page as plain CommonMark that reads well in Colab, Jupyter and GitHub's preview.

Figure, equation and exercise numbers, citations and names of other pages stand in it as the site shows them; links
lead to the published site, and are plain text where its address is not known.
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from posixpath import dirname, join, normpath

from docutils import nodes
from sphinx.builders import Builder
from sphinx.locale import admonitionlabels
from sphinx.util import logging
from sphinx_markdown_builder.contexts import (
    IndentContext,
    SubContext,
    SubContextParams,
    TableContext,
    TitleContext,
    WrappedContext,
)
from sphinx_markdown_builder.escape import escape_markdown_chars
from sphinx_markdown_builder.translator import MarkdownTranslator, pushing_context, pushing_status

from how_computed import CLASS as HOW_COMPUTED
from mathematics import aligned
from quiz_render import quiz_element

LOGGER = logging.getLogger(__name__)
BLOCK = SubContextParams(2, 2)


@dataclass(frozen=True)
class Part:
    """A piece of a page, in order: `kind` is "text", "cell" (`name` is its index) or "caption" (of the cell before)."""

    kind: str
    name: str
    text: str = ""


@dataclass(frozen=True)
class Place:
    """What the text of a page refers to: the page's own address, the site's if known, and what the site numbers."""

    uri: str
    site: str | None
    numbers: Mapping[str, Mapping[str, tuple[int, ...]]]

    def number(self, kind: str, node: nodes.Element) -> str:
        ids = node["ids"][0] if node["ids"] else ""
        return ".".join(map(str, self.numbers.get(kind, {}).get(ids, ())))

    def link(self, address: str) -> str | None:
        """The absolute form of an address on this page, or None if that of the site is not known."""
        path, _, anchor = address.partition("#")
        target = normpath(join(dirname(self.uri), path)) if path else self.uri
        return f"{self.site}/{target}{anchor and '#' + anchor}" if self.site else None


def escaped(text: str) -> str:
    """Return text in which Markdown finds neither markup nor HTML."""
    return re.sub(r"[\\`*_<>\[\]]", r"\\\g<0>", text)


class Table(TableContext):
    """A table whose cells stay as they are written; the library's own takes them for numbers and rounds them."""

    def make(self) -> str:
        head, *body = map(self.make_row, [*self.headers, *self.body])
        rows = [head, ["---"] * len(head), *body]
        return "\n".join(f"| {' | '.join(row)} |" for row in rows)


class NotebookTranslator(MarkdownTranslator):
    """Turns the resolved tree of a page into `parts`; the solutions of exercises are left out unless asked for."""

    def __init__(self, document: nodes.document, builder: Builder, place: Place, solutions: bool) -> None:
        super().__init__(document, builder)
        self.place = place
        self.solutions = solutions
        self.parts: list[Part] = []
        self.section = "start"

    def finish(self, kind: str = "text", name: str = "") -> None:
        """Make what was written since the last time a part of its own."""
        text = re.sub(r"[ \t]+$", "", self._ctx_queue[0].make(), flags=re.MULTILINE).strip("\n")
        self._ctx_queue[0] = SubContext()
        if text:
            self.parts.append(Part(kind, name or self.section, text))

    def inside(self, kind: type[SubContext]) -> bool:
        return any(isinstance(context, kind) for context in self._ctx_queue)

    # ---------------------------------------------------------------- the frame

    def depart_document(self, node: nodes.document) -> None:
        self.finish()

    @pushing_status
    def visit_section(self, node: nodes.section) -> None:
        if node.children and isinstance(node[0], nodes.title):
            self.finish()
            self.section = node["ids"][0]
        super().visit_section(node)

    @pushing_context
    def visit_title(self, node: nodes.title) -> None:
        if isinstance(node.parent, nodes.section | nodes.document):
            self._push_context(TitleContext(self.status.section_level))
        else:  # of an exercise or a solution
            self._push_context(TitleContext(self.status.section_level + 1))
            self.add(node.get("title", "") % self.place.number("exercise", node.parent) if "title" in node else "")

    def visit_container(self, node: nodes.container) -> None:
        if node.get("nb_element") != "cell_code":
            return
        if len(self._ctx_queue) > 1:
            LOGGER.warning("a code cell inside a box or a list cannot be shown in a notebook", location=node)
        self.finish()
        self.parts.append(Part("cell", str(node["cell_index"])))
        for figure in node.findall(nodes.figure):
            self.caption(figure)
        raise nodes.SkipNode

    visit_HideCodeCellNode = MarkdownTranslator._pass

    def caption(self, figure: nodes.figure) -> None:
        label = self.config.numfig_format["figure"] % self.place.number("figure", figure)
        address = self.place.link(f"#{figure['ids'][0]}")
        self.add(f"**[{label}]({address}).** " if address else f"**{label}.** ")
        for caption in figure.findall(nodes.caption):
            self.walk(caption.children)
        self.finish("caption", figure["ids"][0])

    def visit_figure(self, node: nodes.figure) -> None:
        """A drawn figure that no cell makes."""
        self.walk(list(node.findall(nodes.image)))
        self.finish()
        self.caption(node)
        raise nodes.SkipNode

    def visit_image(self, node: nodes.image) -> None:
        _, name = self.builder.env.images[node["uri"]]
        address = self.place.site and f"{self.place.site}/{self.builder.imagedir}/{name}"
        alt = escaped(" ".join(node.get("alt", "").split()))
        self.add(f"![{alt}]({address})" if address else f"*{alt}*")

    def visit_compound(self, node: nodes.compound) -> None:
        if "toctree-wrapper" in node["classes"]:
            raise nodes.SkipNode

    def leave_out(self, node: nodes.Node) -> None:
        raise nodes.SkipNode

    visit_target = visit_comment = visit_system_message = leave_out

    # ---------------------------------------------------------------- boxes

    def visit_admonition(self, node: nodes.admonition) -> None:
        title = node.next_node(nodes.title)
        self.box(node, title.astext() if title else "")

    def visit_named(self, node: nodes.Admonition) -> None:
        self.box(node, str(admonitionlabels[node.tagname]))

    visit_attention = visit_caution = visit_danger = visit_error = visit_hint = visit_named
    visit_important = visit_note = visit_tip = visit_warning = visit_seealso = visit_named

    def box(self, node: nodes.Element, title: str) -> None:
        """Quote the content under a bold title, or fold it away as the page does."""
        if "dropdown" in node["classes"]:
            self._push_context(self.folded(title))
        else:
            self._push_context(IndentContext("> ", empty=True, params=BLOCK))
            self.add(f"**{self.escaped(title)}**", suffix_eol=2)
        self.walk([child for child in node.children if not isinstance(child, nodes.title)])
        self._pop_context()
        raise nodes.SkipNode

    @staticmethod
    def folded(summary: str) -> WrappedContext:
        start = f"<details>\n<summary>{html.escape(summary, quote=False)}</summary>\n\n"
        return WrappedContext(start, "\n\n</details>", params=BLOCK)

    def visit_exercise_node(self, node: nodes.Element) -> None:
        self.finish()
        self.section = node["ids"][0]

    visit_exercise_enumerable_node = visit_exercise_node

    def visit_solution_node(self, node: nodes.Element) -> None:
        self.finish()
        if not self.solutions:
            address = self.place.link(f"#{node['ids'][0]}")
            self.add(f"[Solution in the book]({address})" if address else "")
            self.finish()
            raise nodes.SkipNode

    # ---------------------------------------------------------------- text

    @staticmethod
    def escaped(text: str) -> str:
        return re.sub(r"[$<]", r"\\\g<0>", escape_markdown_chars(text))

    def visit_Text(self, node: nodes.Text) -> None:
        text = node.astext()
        if self.status.escape_text:
            text = self.escaped(text)
        self.add(text.replace("|", r"\|") if self.inside(TableContext) else text)

    def visit_literal(self, node: nodes.literal) -> None:
        text = " ".join(node.astext().split("\n"))
        fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
        pad = " " if len(fence) > 1 else ""
        self.add(f"{fence}{pad}{text}{pad}{fence}")
        raise nodes.SkipNode

    def visit_math(self, node: nodes.math) -> None:
        latex = " ".join(node.astext().split())
        latex = latex.replace("|", r"\vert ") if self.inside(TableContext) else latex
        self.add(f"${latex}$")
        raise nodes.SkipNode

    def visit_math_block(self, node: nodes.math_block) -> None:
        number = self.place.number("displaymath", node)
        latex = aligned(node.astext().strip()) + (rf" \tag{{{number}}}" if number else "")
        if self.inside(IndentContext):  # a quote's or a list's signs must not get into the formula
            self.add(f"$${' '.join(latex.split())}$$", prefix_eol=2, suffix_eol=2)
        else:
            self.add(f"$$\n{latex}\n$$", prefix_eol=2, suffix_eol=2)
        raise nodes.SkipNode

    def visit_literal_block(self, node: nodes.literal_block) -> None:
        self.ensure_eol(2)
        language = node.get("language", "").replace("ipython3", "python")
        self.add(f"```{language}\n{node.astext().rstrip()}\n```", suffix_eol=2)
        raise nodes.SkipNode

    def visit_meta(self, node: nodes.meta) -> None:
        """What the front matter tells search engines."""
        raise nodes.SkipNode

    def visit_raw(self, node: nodes.raw) -> None:
        elsewhere = HOW_COMPUTED in node["classes"]  # the reader's machine will compute the notebook
        for_the_site = node.get("format") != "html" or node.astext().startswith("<!--")
        self.add("" if elsewhere or for_the_site else node.astext())
        raise nodes.SkipNode

    def visit_reference(self, node: nodes.reference) -> None:
        address = node.get("refuri", "")
        if node.get("internal"):
            here = not address or address.startswith("#")
            address = None if here else self.place.link(address)
        self._push_context(WrappedContext("[", f"]({address})") if address else SubContext())

    depart_reference = MarkdownTranslator._pop_context
    visit_number_reference, depart_number_reference = visit_reference, depart_reference

    @pushing_context
    def visit_table(self, node: nodes.table) -> None:
        self._push_context(Table(params=BLOCK))

    @pushing_context
    def visit_term(self, node: nodes.term) -> None:
        self._push_context(WrappedContext("**", params=BLOCK))

    @pushing_context
    def visit_definition(self, node: nodes.definition) -> None:
        self._push_context(SubContext(BLOCK))

    # ---------------------------------------------------------------- quizzes

    def visit_quiz_element(self, node: quiz_element) -> None:
        for form in node.findall(lambda n: isinstance(n, quiz_element) and n["tag"] == "form"):
            self.question(form)
        raise nodes.SkipNode

    def question(self, form: quiz_element) -> None:
        """Write a question as its words and options, with the answer and every reason folded below."""
        self.finish()
        (title,), (how,) = parts_of(form, "quiz-title"), parts_of(form, "quiz-how")
        self.add(f"**{words_of(title)}.** ")
        for prompt in parts_of(form, "quiz-prompt"):
            self.walk(prompt.children)
        self.add(f"*{words_of(how)}*", prefix_eol=2, suffix_eol=2)
        for option in parts_of(form, "quiz-option"):
            self.item(f"**{option['html']['data-letter']}** ", parts_of(option, "quiz-text")[0].children)
        self._push_context(self.folded("Answer"))
        for reason in parts_of(form, "quiz-reason"):
            summary, said = reason.children
            verdict, *words = said.children
            label = f"**{reason.parent['html'].get('data-letter', '')}** {words_of(verdict)} "
            if "quiz-option" not in reason.parent["classes"]:
                right = reason["html"]["data-for"] == "right"
                label = f"{words_of(verdict)} " if right else f"**{words_of(summary)}** "
            self.item(label, words)
        self._pop_context()
        self.finish()

    def item(self, label: str, content: list[nodes.Node]) -> None:
        """Add an item to a list, its first paragraph on the line of its label."""
        self._push_context(IndentContext("- ", only_first=True, params=SubContextParams(1, 1)))
        self.add(label)
        first, *rest = content
        self.walk([*first.children, *rest] if isinstance(first, nodes.paragraph) else content)
        self._pop_context()

    def walk(self, content: list[nodes.Node]) -> None:
        for node in content:
            node.walkabout(self)


def parts_of(node: nodes.Element, name: str) -> list[nodes.Element]:
    return [n for n in node.findall(nodes.Element) if name in n["classes"]]


def words_of(node: nodes.Element) -> str:
    return " ".join(node.astext().split())
