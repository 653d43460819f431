"""Read the questions of a page's quiz, and refuse a broken file with the line that is wrong.

Everything that needs the questions starts here: the directive of the pages, the notebooks, the tests.
Nothing in this module knows Sphinx.
"""

import difflib
import hashlib
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, ValidationError

from quiz_schema import ADVICE, FILE, KINDS, QUOTE, SCHEMAS, Problem, QuizError, describe

__all__ = [
    "ChoiceQuestion",
    "NumberQuestion",
    "Option",
    "OrderQuestion",
    "Passage",
    "Problem",
    "Question",
    "Quiz",
    "QuizError",
    "Slip",
    "Step",
    "load_quiz",
    "shuffled",
]

# ---------------------------------------------------------------- what a quiz is


@dataclass(frozen=True)
class Passage:
    """MyST text, with the line of the file on which it starts."""

    text: str
    line: int = field(compare=False, repr=False)


@dataclass(frozen=True)
class Option:
    """One choice of a question with one or several right answers."""

    text: Passage
    correct: bool
    feedback: Passage


@dataclass(frozen=True)
class Step:
    """One thing to put in its place."""

    text: Passage
    feedback: Passage


@dataclass(frozen=True)
class Slip:
    """A wrong number that a known mistake gives."""

    answer: float
    shown: str
    feedback: Passage


@dataclass(frozen=True)
class ChoiceQuestion:
    """A question with one right option (`kind` "one") or at least one (`kind` "several")."""

    id: str
    objective: int
    kind: str
    prompt: Passage
    options: tuple[Option, ...]
    shuffle: bool
    line: int = field(compare=False, repr=False)

    def order(self) -> tuple[int, ...]:
        """The places in `options` of the options in the order shown."""
        places = tuple(range(len(self.options)))
        return shuffled(self.id, len(self.options)) if self.shuffle else places


@dataclass(frozen=True)
class OrderQuestion:
    """Things to put in order; `options` holds them in the right one."""

    id: str
    objective: int
    kind: str
    prompt: Passage
    options: tuple[Step, ...]
    line: int = field(compare=False, repr=False)

    def order(self) -> tuple[int, ...]:
        """The places in `options` of the things in the order shown, which is never the right one."""
        places = shuffled(self.id, len(self.options))
        return places if places != tuple(sorted(places)) else places[1:] + places[:1]


@dataclass(frozen=True)
class NumberQuestion:
    """A question whose answer is a number, right within an absolute tolerance.

    `shown` is the answer as the file spells it, with a typographic minus and a power of ten.
    """

    id: str
    objective: int
    kind: str
    prompt: Passage
    answer: float
    shown: str
    tolerance: float
    shown_tolerance: str
    unit: str
    right: Passage
    wrong: Passage
    slips: tuple[Slip, ...]
    line: int = field(compare=False, repr=False)


Question = ChoiceQuestion | OrderQuestion | NumberQuestion


@dataclass(frozen=True)
class Quiz:
    """The questions of one file, in its order; `name` is the file's stem."""

    name: str
    path: Path
    questions: tuple[Question, ...]


def shuffled(seed: str, count: int) -> tuple[int, ...]:
    """The numbers below `count` in an order that depends on `seed` alone.

    Arguments:
        seed: any text; the same text gives the same order on every machine.
        count: how many numbers.

    Returns:
        The numbers 0 … `count` − 1, each once.

    Example:
        >>> sorted(shuffled("variance-of-ug", 4))
        [0, 1, 2, 3]
    """
    return tuple(sorted(range(count), key=lambda i: hashlib.sha256(f"{seed} {i}".encode()).digest()))


TRUNCATED = f"The text ends there, because ` #` starts a comment. {QUOTE}"


def load_quiz(path: str | Path, shown_as: str | Path | None = None) -> Quiz:
    """The questions of a quiz file, checked.

    Arguments:
        path: the YAML file.
        shown_as: how messages name the file, if not by `path`.

    Returns:
        The quiz; every text in it is MyST.

    Raises:
        QuizError: if anything in the file is wrong; its text has one line a problem.
    """
    path = Path(path)
    name = Path(shown_as or path)
    try:
        source = path.read_text(encoding="utf-8")
    except OSError as error:
        advice = "Files of questions stand in book/quizzes/."
        problem = Problem(name, 1, "", "a readable file", str(error.strerror), advice)
        raise QuizError([problem]) from error
    except UnicodeDecodeError as error:
        raise QuizError([Problem(name, 1, "", "UTF-8", str(error), "Save the file as UTF-8.")]) from error
    return _Reader(name, source).quiz(path)


# ---------------------------------------------------------------- YAML with lines


class _Loader(yaml.SafeLoader):
    """YAML that takes 1e-3 for a number, as everybody but YAML 1.1 does."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?[0-9]+[eE][-+]?[0-9]+$"), list("-+0123456789")
)

Place = tuple[str | int, ...]


class _Reader:
    """One file being read: its values, the YAML node of each, and the problems so far."""

    def __init__(self, path: Path, source: str) -> None:
        self.path = path
        self.lines = source.splitlines()
        self.nodes: dict[Place, yaml.Node] = {}
        self.keys: dict[Place, yaml.Node] = {}
        self.problems: list[Problem] = []
        self.data = self._value(self._compose(source), ())

    def quiz(self, path: Path) -> Quiz:
        """The checked questions."""
        self._check_schema(FILE, ())
        questions = self.data.get("questions") if isinstance(self.data, dict) else None
        for i, question in enumerate(questions if isinstance(questions, list) else []):
            self._check_question(question, ("questions", i))
        self._check_ids()
        if self.problems:
            raise QuizError(self.problems)
        made = [self._question(question, ("questions", i)) for i, question in enumerate(questions or [])]
        return Quiz(path.stem, path, tuple(made))

    # -- reading

    def _compose(self, source: str) -> yaml.Node:
        try:
            for token in yaml.scan(source, Loader=_Loader):
                if isinstance(token, yaml.TagToken):
                    got, advice = "".join(part or "" for part in token.value), "Take the tag out."
                    raise QuizError([self._at(token.start_mark, "no tags", got, advice)])
                if isinstance(token, yaml.AliasToken | yaml.AnchorToken):
                    got, advice = f"the reference {token.value}", "Write the text out in both places."
                    raise QuizError([self._at(token.start_mark, "no references", got, advice)])
            node = yaml.compose(source, Loader=_Loader)
        except yaml.MarkedYAMLError as error:
            advice = f"Mend the line or the one above it. {QUOTE}"
            mark = error.problem_mark or error.context_mark
            raise QuizError([self._at(mark, "YAML", str(error.problem), advice)]) from error
        except yaml.reader.ReaderError as error:
            line = source[: error.position].count("\n") + 1
            got = f"a control character at position {error.position}"
            raise QuizError([Problem(self.path, line, "", "text", got, "Take it out.")]) from error
        if node is None:
            problem = Problem(self.path, 1, "", "questions", "an empty file", "Start with `questions:`.")
            raise QuizError([problem])
        return node

    def _at(self, mark: yaml.Mark | None, expected: str, got: str, advice: str) -> Problem:
        return Problem(self.path, mark.line + 1 if mark else 1, "", expected, got, advice)

    def _value(self, node: yaml.Node, place: Place) -> Any:  # noqa: ANN401 (any YAML value)
        self.nodes[place] = node
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(child, (*place, i)) for i, child in enumerate(node.value)]
        known = {"str", "int", "float", "bool", "null"}
        if node.tag.removeprefix("tag:yaml.org,2002:") not in known:
            return str(node.value)  # a date or a tag of somebody's own: the text as it stands
        return yaml.constructor.SafeConstructor().construct_object(node)

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        value: dict[str, Any] = {}
        for key_node, child in node.value:
            key = str(key_node.value)
            if key in value:
                first = self.keys[(*place, key)].start_mark.line + 1
                got = f"it again (first on line {first})"
                self._problem((*place, key), f"`{key}` once", got, "Keep one of the two.", key_node)
                continue
            self.keys[(*place, key)] = key_node
            value[key] = self._value(child, (*place, key))
        return value

    # -- checking

    def _problem(self, place: Place, expected: str, got: str, advice: str, node: yaml.Node | None = None) -> None:
        line = (node or self.nodes[place]).start_mark.line + 1
        self.problems.append(Problem(self.path, line, self._where(place), expected, got, advice))

    def _where(self, place: Place) -> str:

        words = []
        if len(place) > 1:
            node = self.nodes.get((*place[:2], "id"))
            number = f"question {int(place[1]) + 1}"
            words.append(f"{number} ({node.value})" if isinstance(node, yaml.ScalarNode) else number)
        single = {"options": "option", "slips": "slip"}
        for i, part in enumerate(place[2:], 2):
            if isinstance(part, int):
                words[-1] = f"{single.get(str(place[i - 1]), place[i - 1])} {part + 1}"
            else:
                words.append(part)
        return ", ".join(words)

    def _check_schema(self, schema: dict[str, Any], place: Place) -> bool:
        value: Any = self.data
        for part in place:
            value = value[part]
        errors = list(Draft202012Validator(schema).iter_errors(value))
        for error in errors:
            self._translate(error, (*place, *error.absolute_path))
        return not errors

    def _translate(self, error: ValidationError, place: Place) -> None:
        value, schema = error.instance, error.schema
        expected = schema.get("description", "something else")
        if error.validator == "required":
            for key in (key for key in error.validator_value if key not in value):
                self._problem(place, f"`{key}`", "nothing", f"Add `{key}:` here.")
        elif error.validator == "additionalProperties":
            known = list(schema["properties"])
            for key in (key for key in value if key not in known):
                close = difflib.get_close_matches(key, known, 1)
                advice = f"Did you mean `{close[0]}`?" if close else "Take it out."
                at = (*place, key)
                self._problem(at, f"only {', '.join(known)}", f"`{key}`", advice, self.keys[at])
        else:
            advice = ADVICE.get(str(error.validator_value)) or ADVICE[str(error.validator)]
            self._problem(place, expected, describe(value), advice)

    def _check_question(self, question: Any, place: Place) -> None:  # noqa: ANN401 (unchecked)
        if not isinstance(question, dict):
            self._problem(place, "a question", describe(question), "Start it with `- id:`.")
            return
        kind = question.get("kind")
        if kind not in KINDS:
            got = describe(kind) if "kind" in question else "nothing"
            at = (*place, "kind") if "kind" in question else place
            self._problem(at, f"a kind, {', '.join(KINDS)}", got, "Write for instance `kind: one`.")
            return
        self._check_comments(place)
        if not self._check_schema(SCHEMAS[kind], place):
            return
        if kind == "number":
            self._check_number(question, place)
            return
        options = question["options"]
        self._check_distinct((*place, "options", i, "text") for i in range(len(options)))
        self._check_distinct((*place, "options", i, "feedback") for i in range(len(options)))
        if kind != "order":
            self._check_answers(kind, [option["correct"] for option in options], (*place, "options"))

    def _check_answers(self, kind: str, correct: list[bool], place: Place) -> None:
        right = sum(correct)
        if kind == "one" and right != 1:
            advice = "Mark one option `correct: true`" + (", or make it `kind: several`." if right else ".")
            self._problem(place, "exactly one option with `correct: true`", str(right), advice)
        if kind == "several" and right in (0, len(correct)):
            got = "only wrong ones" if right == 0 else "only right ones"
            self._problem(place, "right and wrong options", got, "Give at least one of each.")

    def _check_number(self, question: dict[str, Any], place: Place) -> None:
        tolerance, feedback = question["tolerance"], question["feedback"]
        slips = feedback.get("slips", [])
        at = (*place, "feedback")
        numbers = [((*place, "answer"), question["answer"], "the right answer")]
        numbers += [((*at, "slips", i, "answer"), s["answer"], f"slip {i + 1}") for i, s in enumerate(slips)]
        every = [*numbers, ((*place, "tolerance"), tolerance, "")]
        spelled = {where: str(self.nodes[where].value) for where, _, _ in every}
        bad = [where for where, value, _ in every if not (_is_plain(spelled[where]) and math.isfinite(value))]
        for where in bad:
            self._problem(where, "a decimal number", spelled[where], "Write it like 0.05, -2 or 1e-3.")
        for i, (where, value, _) in enumerate([] if bad else numbers):
            for _, other, name in numbers[:i]:
                if abs(value - other) <= tolerance * (1 + 1e-9):
                    expected = f"a number more than the tolerance, {tolerance:g}, away from {name}, {other:g}"
                    self._problem(where, expected, f"{value:g}", "Narrow the tolerance or drop the slip.")
        replies = [
            (*at, "right"),
            (*at, "wrong"),
            *((*at, "slips", i, "feedback") for i in range(len(slips))),
        ]
        self._check_distinct(iter(replies))

    def _check_distinct(self, places: Iterator[Place]) -> None:
        seen: dict[str, int] = {}
        for place in places:
            node = self.nodes[place]
            text = " ".join(str(node.value).split()).casefold()
            if text in seen:
                advice = "Say what is the case here."
                self._problem(place, f"its own {place[-1]}", f"the one of line {seen[text]} again", advice)
            seen.setdefault(text, node.start_mark.line + 1)

    def _check_comments(self, place: Place) -> None:
        for at, node in self.nodes.items():
            if at[: len(place)] != place or at[-1] not in TEXTS or not isinstance(node, yaml.ScalarNode):
                continue
            end = node.end_mark
            line = self.lines[end.line] if end.line < len(self.lines) else ""
            if node.style is None and line[end.column :].lstrip().startswith("#"):
                self._problem(at, "the whole text", "a comment behind it", TRUNCATED)

    def _check_ids(self) -> None:
        seen: dict[str, int] = {}
        ids = [at for at in self.nodes if len(at) == 3 and at[0] == "questions" and at[2] == "id"]
        for at in ids:
            name, line = str(self.nodes[at].value), self.nodes[at].start_mark.line + 1
            if name in seen:
                got = f"{name}, the id of line {seen[name]}"
                self._problem(at, "an id of its own", got, "Answers are kept by id: rename one.")
            seen.setdefault(name, line)

    # -- making

    def _passage(self, *place: str | int) -> Passage:
        node = self.nodes[place]
        block = isinstance(node, yaml.ScalarNode) and node.style in ("|", ">")
        return Passage(str(node.value).strip("\n"), node.start_mark.line + 1 + block)

    def _question(self, question: dict[str, Any], place: Place) -> Question:
        passage = self._passage
        kind, options = question["kind"], question.get("options", [])
        head: dict[str, Any] = {
            "id": question["id"],
            "objective": int(question["objective"]),
            "kind": kind,
            "prompt": passage(*place, "prompt"),
            "line": self.nodes[place].start_mark.line + 1,
        }
        if kind == "number":
            return self._number(question, place, head)
        at = [(*place, "options", i) for i in range(len(options))]
        if kind == "order":
            steps = tuple(Step(passage(*p, "text"), passage(*p, "feedback")) for p in at)
            return OrderQuestion(options=steps, **head)
        made = tuple(
            Option(passage(*p, "text"), option["correct"], passage(*p, "feedback"))
            for p, option in zip(at, options, strict=True)
        )
        return ChoiceQuestion(options=made, shuffle=question.get("shuffle", True), **head)

    def _number(self, question: dict[str, Any], place: Place, head: dict[str, Any]) -> NumberQuestion:
        at = (*place, "feedback")
        slips = tuple(
            Slip(
                float(slip["answer"]),
                _typeset(str(self.nodes[(*at, "slips", i, "answer")].value)),
                self._passage(*at, "slips", i, "feedback"),
            )
            for i, slip in enumerate(question["feedback"].get("slips", []))
        )
        return NumberQuestion(
            answer=float(question["answer"]),
            shown=_typeset(str(self.nodes[(*place, "answer")].value)),
            tolerance=float(question["tolerance"]),
            shown_tolerance=_typeset(str(self.nodes[(*place, "tolerance")].value)),
            unit=question.get("unit", "").strip(),
            right=self._passage(*at, "right"),
            wrong=self._passage(*at, "wrong"),
            slips=slips,
            **head,
        )


TEXTS = ("prompt", "text", "feedback", "right", "wrong", "unit")
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def _is_plain(number: str) -> bool:
    """Whether a number is spelled in decimals: YAML also takes 010 for 8 and 1:30 for 90."""
    return re.fullmatch(r"[-+]?(0|[1-9]\d*|(?=\.\d))(\.\d*)?([eE][-+]?\d+)?", number) is not None


def _typeset(number: str) -> str:
    """A number as printed: −3 for -3, 2 × 10⁻³ for 2e-3."""
    mantissa, _, exponent = number.lower().lstrip("+").partition("e")
    shown = mantissa.replace("-", "−")
    return f"{shown} × 10{str(int(exponent)).translate(SUPERSCRIPTS)}" if exponent else shown
