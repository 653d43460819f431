"""A quiz as a document tree: real form controls, which stay hidden until the script of the page wakes them.

Without the script, and on paper, a question is a list of answers, each with its reason folded below it.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxTranslator

from quiz_source import ChoiceQuestion, NumberQuestion, OrderQuestion, Passage, Question, Quiz

__all__ = ["Parse", "depart_html", "element", "quiz_element", "render", "visit_html", "visit_plain"]

Parse = Callable[[Passage], list[nodes.Node]]
RIGHT, WRONG = ("✓", "Right."), ("✗", "Not quite.")
HOW = {
    "one": "Choose one answer.",
    "several": "Choose every right answer.",
    "order": "Put these in order, the first at the top.",
    "number": "Write a number.",
}


class quiz_element(nodes.General, nodes.Element):
    """An HTML element of a quiz; other outputs show what is in it, without the controls."""


def element(
    tag: str, classes: str = "", *children: nodes.Node | str, ids: str = "", **html: str | bool
) -> quiz_element:
    """An HTML element; attributes are named with underscores for hyphens, and True gives a bare one."""
    node = quiz_element("", tag=tag, classes=classes.split(), ids=[ids] if ids else [])
    attributes = {key.rstrip("_").replace("_", "-"): value for key, value in html.items()}
    node["html"] = {k: k if v is True else v for k, v in attributes.items() if v is not False}
    for child in children:
        node += nodes.Text(child) if isinstance(child, str) else child
    return node


def inline(classes: str, children: Sequence[nodes.Node]) -> nodes.inline:
    """A span of what stood in a paragraph; Sphinx writes links only in nodes that it knows to hold text."""
    return nodes.inline("", "", *children, classes=[classes])


def render(quiz: Quiz, parse: Parse) -> quiz_element:
    """The quiz as a tree.

    Arguments:
        quiz: the checked questions.
        parse: gives the nodes of a passage of MyST.
    """
    root = element("div", "quiz", data_quiz=quiz.name)
    for number, question in enumerate(quiz.questions, 1):
        root += _Form(quiz, question, parse).form(f"Question {number} of {len(quiz.questions)}")
    root += element(
        "div",
        "quiz-total",
        element("p", "quiz-score", role="status"),
        element("p", "quiz-note"),
        element("button", "quiz-clear", "Clear all answers", type="button"),
        data_control="",
        hidden=True,
    )
    return root


class _Form:
    """The form of one question."""

    def __init__(self, quiz: Quiz, question: Question, parse: Parse) -> None:
        self.question = question
        self.parse = parse
        self.name = f"quiz-{quiz.name}--{question.id}"

    def form(self, title: str) -> quiz_element:
        question = self.question
        said = f"{self.name}--feedback"
        fieldset = element("fieldset", "", *self._prompt(title))
        answers = {
            "one": self._choices,
            "several": self._choices,
            "order": self._steps,
            "number": self._number,
        }
        fieldset += answers[question.kind]()
        fieldset += element(
            "div",
            "quiz-buttons",
            element("button", "quiz-check", "Check", type="button"),
            element("button", "quiz-again", "Try again", type="button", hidden=True),
            data_control="",
            hidden=True,
        )
        fieldset += element("div", "quiz-feedback", ids=said, role="status")
        html: dict[str, str | bool] = {
            "data_kind": question.kind,
            "data_question": question.id,
            "data_version": hashlib.sha256(repr(question).encode()).hexdigest()[:12],
            "autocomplete": "off",
            "novalidate": True,
        }
        if isinstance(question, NumberQuestion):
            html |= {"data_answer": repr(question.answer), "data_tolerance": repr(question.tolerance)}
            html |= {"data_unit": question.unit}
        return element("form", "quiz-question", fieldset, ids=self.name, **html)

    def _prompt(self, title: str) -> list[nodes.Node]:
        """The legend, which can hold one paragraph, and what follows it."""
        parsed = self.parse(self.question.prompt)
        legend = element("legend", "", element("span", "quiz-title", title), " ")
        if parsed and isinstance(parsed[0], nodes.paragraph):
            legend += inline("quiz-prompt", parsed.pop(0).children)
        body = [element("div", "quiz-prompt", *parsed)] if parsed else []
        return [
            legend,
            *body,
            element("p", "quiz-how", HOW[self.question.kind], data_control="", hidden=True),
        ]

    def _choices(self) -> list[nodes.Node]:
        question = self.question
        assert isinstance(question, ChoiceQuestion)
        kind = "radio" if question.kind == "one" else "checkbox"
        items = element("ul", "quiz-options")
        for letter, place in zip(LETTERS, question.order(), strict=False):
            option = question.options[place]
            ids = f"{self.name}--{place}"
            control = element(
                "input", type=kind, name=self.name, value=str(place), ids=ids, data_control="", hidden=True
            )
            label = element("label", "quiz-label", *self._lettered(letter, option.text), for_=ids)
            reason = self._reason(f"Is {letter} right?", RIGHT if option.correct else WRONG, option.feedback)
            html = {
                "data_value": str(place),
                "data_letter": letter,
                "data_correct": str(option.correct).lower(),
            }
            items += element("li", "quiz-option", control, label, reason, **html)
        return [items]

    def _steps(self) -> list[nodes.Node]:
        question = self.question
        assert isinstance(question, OrderQuestion)
        count = len(question.options)
        items = element("ul", "quiz-options")
        for shown, (letter, place) in enumerate(zip(LETTERS, question.order(), strict=False)):
            step = question.options[place]
            text = f"{self.name}--{place}"
            choices = [element("option", "", str(n + 1), value=str(n)) for n in range(count)]
            choices[shown]["html"]["selected"] = "selected"
            controls = element(
                "span",
                "quiz-places",
                element("select", "", *choices, aria_label=f"Place of {letter}", aria_describedby=text),
                self._mover("↑", -1, f"Move {letter} up", text),
                self._mover("↓", 1, f"Move {letter} down", text),
                data_control="",
                hidden=True,
            )
            label = element("div", "quiz-label", *self._lettered(letter, step.text), ids=text)
            mark = ("", f"Place {place + 1} of {count}.")
            reason = self._reason(f"Where does {letter} belong?", mark, step.feedback)
            html = {"data_value": str(place), "data_letter": letter}
            items += element("li", "quiz-option", controls, label, reason, **html)
        return [items]

    @staticmethod
    def _mover(arrow: str, by: int, label: str, text: str) -> quiz_element:
        html = {"aria_label": label, "aria_describedby": text, "data_step": str(by), "type": "button"}
        return element("button", "quiz-move", arrow, **html)

    def _number(self) -> list[nodes.Node]:
        question = self.question
        assert isinstance(question, NumberQuestion)
        ids, unit = f"{self.name}--number", f"{self.name}--unit"
        field = {"type": "text", "inputmode": "decimal", "spellcheck": "false", "autocomplete": "off"}
        described = f"{unit} {self.name}--feedback" if question.unit else f"{self.name}--feedback"
        entry = element(
            "p",
            "quiz-entry",
            element("label", "", "Your answer", for_=ids),
            element("input", "quiz-number", ids=ids, aria_describedby=described, **field),
            data_control="",
            hidden=True,
        )
        if question.unit:
            entry += element("span", "quiz-unit", question.unit, ids=unit)
        behind = f" {question.unit}" if question.unit else ""
        words = f"Right: {question.shown}{behind}" + (
            f", give or take {question.shown_tolerance}." if question.tolerance else "."
        )
        reasons = [self._reason("Show the answer", (RIGHT[0], words), question.right, role="right")]
        reasons += [
            self._reason(f"Why not {slip.shown}{behind}?", WRONG, slip.feedback, role=repr(slip.answer))
            for slip in question.slips
        ]
        reasons.append(self._reason("Why not another number?", WRONG, question.wrong, role="wrong"))
        return [entry, element("div", "quiz-options", *reasons)]

    def _lettered(self, letter: str, text: Passage) -> list[nodes.Node]:
        parsed = self.parse(text)
        single = len(parsed) == 1 and isinstance(parsed[0], nodes.paragraph)
        shown = inline("quiz-text", parsed[0].children) if single else element("div", "quiz-text", *parsed)
        return [element("span", "quiz-letter", letter), " ", shown]

    def _reason(self, summary: str, verdict: tuple[str, str], text: Passage, role: str = "") -> quiz_element:
        """The folded answer; the script shows its words when the answer is checked."""
        icon, words = verdict
        colour = {RIGHT[0]: "right", WRONG[0]: "wrong"}.get(icon, "plain")
        line = element("p", f"quiz-verdict quiz-{colour}")
        if icon:
            line += [element("span", "quiz-icon", icon, aria_hidden="true"), nodes.Text(" ")]
        line += element("strong", "", words)
        html = {"data_for": role} if role else {}
        said = element("div", "quiz-said", line, *self.parse(text))
        return element("details", "quiz-reason", element("summary", "", summary), said, **html)


LETTERS = "ABCDEFGHIJKL"


# ---------------------------------------------------------------- writing


def visit_html(self: SphinxTranslator, node: quiz_element) -> None:
    """Open the element; docutils escapes what stands in the attributes."""
    self.body.append(self.starttag(node, node["tag"], "", **node["html"]))


def depart_html(self: SphinxTranslator, node: quiz_element) -> None:
    """Close the element, if it has an end."""
    if node["tag"] != "input":
        self.body.append(f"</{node['tag']}>")
    if node["tag"] in ("form", "li", "legend", "details", "div", "p"):
        self.body.append("\n")


def visit_plain(self: Any, node: quiz_element) -> None:  # noqa: ANN401 (any writer)
    """Leave the controls out of other outputs."""
    if "data-control" in node["html"]:
        raise nodes.SkipNode
