"""A good file gives its questions; a broken one is refused with its line and what to do."""

import sys
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[2] / "book" / "_ext"))

from quiz_source import ChoiceQuestion, NumberQuestion, OrderQuestion, QuizError, load_quiz, shuffled

FIXTURES = Path(__file__).parent / "fixtures" / "quiz"

# file: the line that is wrong, where it is, and words of what was expected, what stands there and what to do
BROKEN = {
    "answer-with-unit": (6, "question 1 (noise), answer", "a number", "“0.05 mag”", "the number alone"),
    "colon-in-text": (12, "", "YAML", "mapping values", "in quotes"),
    "correct-word": (8, "question 1 (depth), option 1, correct", "true or false", "“right”", "`true`"),
    "empty": (1, "", "questions", "an empty file", "`questions:`"),
    "empty-feedback": (12, "question 1 (depth), option 2, feedback", "feedback", "empty text", "Write it"),
    "id-with-capitals": (2, "question 1 (The Depth), id", "lower case", "“The Depth”", "variance-of-ug"),
    "infinite": (6, "question 1 (noise), answer", "decimal number", ".inf", "0.05"),
    "list-at-top": (1, "", "a mapping with questions", "a list of 1", "`key: value`"),
    "negative-tolerance": (7, "question 1 (noise), tolerance", "zero or more", "-1", "larger"),
    "no-feedback": (10, "question 1 (depth), option 2", "`feedback`", "nothing", "Add `feedback:`"),
    "no-kind": (2, "question 1 (depth)", "one, several, number, order", "nothing", "`kind: one`"),
    "no-questions": (1, "", "a list of questions", "a list of 0", "Add more"),
    "none-right": (7, "question 1 (depth), options", "exactly one", "0", "`correct: true`"),
    "number-with-options": (8, "question 1 (noise), options", "only id, objective", "`options`", "out"),
    "objective-text": (3, "question 1 (depth), objective", "number", "“first”", "whole number"),
    "objective-zero": (3, "question 1 (depth), objective", "number", "0", "larger"),
    "octal": (6, "question 1 (noise), answer", "decimal number", "010", "0.05"),
    "one-option": (7, "question 1 (depth), options", "2 to 12 options", "a list of 1", "Add more"),
    "order-with-correct": (8, "question 1 (depth), option 1, correct", "text, feedback", "correct", "out"),
    "question-is-text": (2, "question 1", "a question", "“How deep?”", "`- id:`"),
    "reference": (12, "", "no references", "it", "in both places"),
    "repeated-key": (6, "question 1 (depth), kind", "`kind` once", "first on line 4", "Keep one"),
    "same-feedback": (12, "question 1 (depth), option 2, feedback", "its own", "line 9", "Say what"),
    "same-id": (13, "question 2 (depth), id", "of its own", "the id of line 2", "rename"),
    "same-reply": (14, "question 1 (noise), feedback, slip 1, feedback", "its own", "line 11", "Say"),
    "same-text": (10, "question 1 (depth), option 2, text", "its own text", "line 7", "Say"),
    "several-all-right": (7, "question 1 (depth), options", "right and wrong", "only right", "each"),
    "several-none-right": (7, "question 1 (depth), options", "right and wrong", "only wrong", "each"),
    "shuffle-word": (6, "question 1 (depth), shuffle", "true or false", "“never”", "`false`"),
    "slip-at-tolerance": (13, "question 1 (noise), feedback, slip 1, answer", "0.001", "0.051", "Narrow"),
    "slip-near-answer": (13, "question 1 (noise), feedback, slip 1, answer", "right", "0.0505", "Narrow"),
    "slip-near-slip": (15, "question 1 (noise), feedback, slip 2, answer", "slip 1", "0.0705", "Narrow"),
    "swallowed-comment": (12, "question 1 (depth), option 2, feedback", "whole", "comment", "in quotes"),
    "two-right": (7, "question 1 (depth), options", "exactly one", "2", "`kind: several`"),
    "unknown-key": (3, "question 1 (depth), objectives", "only id", "`objectives`", "mean `objective`"),
    "unknown-kind": (4, "question 1 (depth), kind", "one, several", "“single”", "`kind: one`"),
    "unquoted-no": (10, "question 1 (depth), option 2, text", "text", "truth value false", "in quotes"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_with_its_line(name: str) -> None:
    line, where, expected, got, advice = BROKEN[name]
    with pytest.raises(QuizError) as raised:
        load_quiz(FIXTURES / "broken" / f"{name}.yml", shown_as=f"{name}.yml")
    problem = next(p for p in raised.value.problems if p.line == line)
    assert str(problem).startswith(f"{name}.yml:{line}: ")
    assert problem.where == where
    assert expected in problem.expected
    assert got in problem.got
    assert advice in problem.advice


def test_every_broken_file_is_tried() -> None:
    assert {path.stem for path in (FIXTURES / "broken").glob("*.yml")} == set(BROKEN)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    text = (FIXTURES / "broken" / "two-right.yml").read_text()
    path = tmp_path / "q.yml"
    path.write_text(text.replace("objective: 1", "objective: one"))
    with pytest.raises(QuizError) as first:
        load_quiz(path)
    assert [p.line for p in first.value.problems] == [3]  # an unsound question is not judged further
    path.write_text(text + text.replace("questions:\n", "").replace("id: depth", "id: Deep"))
    with pytest.raises(QuizError) as second:
        load_quiz(path)
    assert [p.line for p in second.value.problems] == [7, 13]


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"questions:\n  - id: a\x07b\n", 2, "control character"),
        (b"questions:\n  - id: \xff\n", 1, "Save the file as UTF-8"),
        (b"questions:\n  - !!python/object:os.system {}\n", 2, "no tags"),
        (b"questions: []\n---\nquestions: []\n", 2, "another document"),
        (b"questions:\n\t- id: a\n", 2, "YAML"),
    ],
)
def test_a_file_that_is_no_plain_yaml_is_refused(tmp_path: Path, content: bytes, line: int, words: str) -> None:
    path = tmp_path / "q.yml"
    path.write_bytes(content)
    with pytest.raises(QuizError, match=words) as raised:
        load_quiz(path)
    assert raised.value.problems[0].line == line


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(QuizError, match=r"none\.yml:1: expected a readable file"):
        load_quiz(tmp_path / "none.yml")


def test_a_good_file_gives_its_questions() -> None:
    quiz = load_quiz(FIXTURES / "good.yml")
    one, several, number, order = quiz.questions
    assert (quiz.name, [q.objective for q in quiz.questions]) == ("good", [3, 1, 2, 1])
    assert isinstance(one, ChoiceQuestion)
    assert [option.correct for option in one.options] == [False, True, False]
    assert one.prompt.text.startswith("What does this loop do with $\\Delta z/(1+z)$?\n\n```python")
    assert isinstance(several, ChoiceQuestion)
    assert (several.kind, several.shuffle, several.order()) == ("several", False, (0, 1, 2))
    assert isinstance(number, NumberQuestion)
    assert (number.answer, number.shown, number.unit) == (0.05, "0.050", "mag")
    assert [(slip.answer, slip.shown) for slip in number.slips] == [(0.07, "0.07"), (-0.05, "−5 × 10⁻²")]
    assert isinstance(order, OrderQuestion)
    assert order.options[0].text.text == "Choose a model"
    with pytest.raises(FrozenInstanceError):
        one.objective = 4  # type: ignore[misc]


def test_passages_know_their_line() -> None:
    path = FIXTURES / "good.yml"
    lines = path.read_text().splitlines()
    for question in load_quiz(path).questions:
        passages = [question.prompt]
        if isinstance(question, NumberQuestion):
            passages += [question.right, question.wrong, *(slip.feedback for slip in question.slips)]
        else:
            passages += [p for option in question.options for p in (option.text, option.feedback)]
        for passage in passages:
            assert passage.text.splitlines()[0] in lines[passage.line - 1]


@given(text=st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1))
@settings(max_examples=30, deadline=None, derandomize=True)
def test_any_text_comes_back(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    source = yaml.safe_load((FIXTURES / "good.yml").read_text())
    source["questions"][0]["prompt"] = text
    path = tmp_path_factory.mktemp("quiz") / "q.yml"
    path.write_text(yaml.safe_dump(source, allow_unicode=True), encoding="utf-8")
    assert load_quiz(path).questions[0].prompt.text == text


@settings(deadline=None, derandomize=True)
@given(st.text(), st.integers(0, 12))
def test_a_shuffle_is_a_permutation_that_its_seed_fixes(seed: str, count: int) -> None:
    assert sorted(shuffled(seed, count)) == list(range(count))
    assert shuffled(seed, count) == shuffled(seed, count)


def test_shuffles_put_the_right_option_everywhere() -> None:
    # each of the 4 places has 500 ± 19; six sigma fail once in 10⁸ choices of seeds
    places = [shuffled(f"question-{i}", 4).index(0) for i in range(2000)]
    assert all(abs(places.count(place) - 500) < 6 * 19.4 for place in range(4))


def test_things_to_order_never_stand_in_order(tmp_path: Path) -> None:
    path = tmp_path / "q.yml"
    template = (
        "  - id: q{0}\n    objective: 1\n    kind: order\n    prompt: Order\n    options:\n"
        "      - text: a\n        feedback: first\n      - text: b\n        feedback: second\n"
    )
    path.write_text("questions:\n" + "".join(template.format(i) for i in range(50)))
    questions = load_quiz(path).questions
    assert any(shuffled(q.id, 2) == (0, 1) for q in questions)
    assert all(isinstance(q, OrderQuestion) and q.order() == (1, 0) for q in questions)
