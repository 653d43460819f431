"""What a check of an exercise answers, and how it runs a learner's code without ever raising."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Verdict", "array_fault", "attempt", "failed", "known_slip", "passed"]


@dataclass(frozen=True)
class Verdict:
    """The answer of a check: whether the exercise is solved, and what is right or off, in words."""

    passed: bool
    findings: tuple[str, ...]

    def __repr__(self) -> str:
        head = "✓ Solved." if self.passed else "✗ Not yet."
        return "\n  ".join([head, *self.findings])


def passed(*findings: str) -> Verdict:
    """Say that the exercise is solved, and what the learner has shown."""
    return Verdict(True, findings)


def failed(*findings: str) -> Verdict:
    """Say that the exercise is not solved yet: what is off, the likely cause, what to try."""
    return Verdict(False, findings)


def attempt(function: Any, *arguments: Any) -> tuple[Any, Verdict | None]:  # noqa: ANN401 - a learner may pass anything
    """Call a learner's function and return its value, or the verdict to give when it cannot be called.

    Example:
        >>> attempt(lambda x: 1 / x, 0)[1]
        ✗ Not yet.
          Your function raised ZeroDivisionError: division by zero.
    """
    if not isinstance(function, Callable):
        return None, failed(f"Pass the function itself, not {type(function).__name__}: write its name without ().")
    try:
        value = function(*arguments)
    except NotImplementedError:
        return None, failed("The starter is untouched: replace `raise NotImplementedError` by your own lines.")
    except Exception as error:  # whatever the learner's code raises becomes a sentence
        return None, failed(f"Your function raised {type(error).__name__}: {str(error).rstrip('.')}.")
    if value is None or value is ...:
        return None, failed("Your function returned nothing: end it with `return …`.")
    return value, None


def array_fault(value: Any, shape: Sequence[int], what: str) -> Verdict | None:  # noqa: ANN401
    """Return the verdict for a value that is no finite numeric array of the wanted shape, or None for one that is."""
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        wanted = f"numbers in an array of shape {tuple(shape)}" if shape else "one number"
        return failed(f"{what} must be {wanted}; yours is {type(value).__name__}.")
    if array.shape != tuple(shape):
        if not shape:
            return failed(f"{what} must be one number; yours is an array of shape {array.shape}.")
        return failed(f"{what} must have shape {tuple(shape)}; yours has shape {array.shape}.")
    if not np.isfinite(array).all():
        return failed(
            f"{what} must be finite; yours has {np.count_nonzero(~np.isfinite(array))} NaN or infinite entries."
        )
    return None


def known_slip(got: np.ndarray, slips: dict[str, Any], rtol: float = 1e-5, atol: float = 1e-8) -> str | None:
    """Return the words of the first known slip that gives the learner's numbers, or None.

    Arguments:
        got: The learner's numbers.
        slips: What each slip gives, by the words that name it; one of another shape than `got` is passed over.
        rtol: Relative tolerance, as in `numpy.isclose`.
        atol: Absolute tolerance.

    Example:
        >>> known_slip(np.array([2.0, 4.0]), {"You forgot to halve.": [2, 4], "The sign is turned.": [-1, -2]})
        'You forgot to halve.'
    """
    for words, mistaken in slips.items():
        if np.shape(mistaken) == np.shape(got) and np.allclose(got, mistaken, rtol=rtol, atol=atol):
            return words
    return None
