"""What a quiz file must hold, and the words for what is wrong with one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["ADVICE", "FILE", "KINDS", "QUOTE", "SCHEMAS", "Problem", "QuizError", "describe"]

NAME = r"^[a-z0-9]+(-[a-z0-9]+)*$"
KINDS = ["one", "several", "number", "order"]
QUOTE = "Put the text in quotes, or on lines of its own after `|`."

ADVICE = {
    "string": QUOTE,
    "number": "Write the number alone, like 0.05, -2 or 1e-3.",
    "integer": "Write a whole number, like 2.",
    "boolean": "Write `true` or `false`.",
    "array": "Start each item with `- `.",
    "object": "Write one `key: value` a line.",
    NAME: "Write it like variance-of-ug.",
    "enum": "Choose one of them.",
    "minItems": "Add more.",
    "maxItems": "Take some out.",
    "minimum": "Write a larger number.",
    "pattern": "Write it out.",
}


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a quiz file: where, what was expected, what stands there, what to do."""

    path: Path
    line: int
    where: str
    expected: str
    got: str
    advice: str

    def __str__(self) -> str:
        where = f"{self.where}: " if self.where else ""
        return f"{self.path}:{self.line}: {where}expected {self.expected}, got {self.got}. {self.advice}"


class QuizError(ValueError):
    """A quiz file that cannot be used, with every problem found in it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(set(problems), key=lambda p: (p.line, str(p))))
        super().__init__("\n".join(map(str, self.problems)))


def _text(expected: str) -> dict[str, Any]:
    return {"type": "string", "pattern": r"\S", "description": expected}


def _object(properties: dict[str, Any], optional: Sequence[str] = ()) -> dict[str, Any]:
    return {
        "type": "object",
        "description": f"a mapping with {', '.join(properties)}",
        "properties": properties,
        "required": [key for key in properties if key not in optional],
        "additionalProperties": False,
    }


def _list(items: dict[str, Any], least: int, of: str) -> dict[str, Any]:
    description = f"a list of {least} to 12 {of}"
    return {"type": "array", "items": items, "minItems": least, "maxItems": 12, "description": description}


def _question(properties: dict[str, Any], optional: Sequence[str] = ()) -> dict[str, Any]:
    head = {
        "id": {"type": "string", "pattern": NAME, "description": "a name in lower case with hyphens"},
        "objective": {"type": "integer", "minimum": 1, "description": "the number of an objective"},
        "kind": {"enum": KINDS, "description": f"one of {', '.join(KINDS)}"},
        "prompt": _text("the question as text"),
    }
    return _object(head | properties, optional)


NUMBER = {"type": "number", "description": "a number"}
STEP = {"text": _text("text"), "feedback": _text("feedback as text")}
OPTION = STEP | {"correct": {"type": "boolean", "description": "true or false"}}
BOOLEAN = {"type": "boolean", "description": "true or false"}
CHOICE = _question({"options": _list(_object(OPTION), 2, "options"), "shuffle": BOOLEAN}, ["shuffle"])
SLIP = _object({"answer": NUMBER, "feedback": _text("feedback as text")})
REPLIES = _object(
    {"right": _text("text"), "wrong": _text("text"), "slips": _list(SLIP, 1, "slips")}, optional=["slips"]
)
SCHEMAS = {
    "one": CHOICE,
    "several": CHOICE,
    "order": _question({"options": _list(_object(STEP), 2, "options")}),
    "number": _question(
        {
            "answer": NUMBER,
            "tolerance": {"type": "number", "minimum": 0, "description": "a number, zero or more"},
            "unit": _text("a unit as text"),
            "feedback": REPLIES,
        },
        optional=["unit"],
    ),
}
FILE = _object({"questions": {"type": "array", "minItems": 1, "description": "a list of questions"}})


def describe(value: Any) -> str:  # noqa: ANN401 (any YAML value)
    """What stands in the file, in a few words."""
    kinds: dict[type, Callable[[Any], str]] = {
        bool: lambda v: f"the truth value {str(v).lower()}",
        type(None): lambda _: "nothing",
        list: lambda v: f"a list of {len(v)}",
        dict: lambda v: f"a mapping with {', '.join(v) or 'nothing'}",
        str: lambda v: f"“{v if len(v) < 40 else v[:39] + '…'}”" if v.strip() else "an empty text",
    }
    return kinds.get(type(value), lambda v: f"the number {v}")(value)
