"""Each exercise: the solution passes, the starter fails, typical wrong answers get their own diagnosis."""

import math
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from shapbook.checks.scaling_up import Parts, combine, partition_rows, write_whole

Pair = tuple[np.ndarray, np.ndarray]


def starter(*arguments: object) -> None:
    raise NotImplementedError


def summed(parts: Parts) -> tuple[int, np.ndarray, np.ndarray]:
    n, total, squares = (sum(column) for column in zip(*parts, strict=True))
    return n, total, squares


def solved(parts: Parts) -> Pair:
    n, total, squares = summed(parts)
    mean = total / n
    return mean, np.sqrt((squares / n - mean**2) / n)


def unbiased(parts: Parts) -> Pair:
    n, total, squares = summed(parts)
    mean = total / n
    return list(mean), list(np.sqrt((squares / n - mean**2) / (n - 1)))


def part_means(parts: Parts) -> np.ndarray:
    return np.array([total / n for n, total, _ in parts])


def error_changed(change: Callable[[Parts, np.ndarray], np.ndarray]) -> Callable[[Parts], Pair]:
    return lambda parts: (solved(parts)[0], change(parts, solved(parts)[1]))


def within_parts(parts: Parts, error: np.ndarray) -> np.ndarray:
    variances = [squares / n - (total / n) ** 2 for n, total, squares in parts]
    return np.sqrt(np.mean(variances, axis=0) / summed(parts)[0])


@pytest.mark.parametrize("solution", [solved, unbiased])
def test_combine_accepts_solutions(solution: Callable[[Parts], Pair]) -> None:
    assert combine(solution).passed


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (starter, "The starter is untouched"),
        (lambda parts: solved(parts)[0], "Return two things"),
        (lambda parts: (part_means(parts).mean(axis=0), solved(parts)[1]), "the mean of the partitions' means"),
        (lambda parts: (summed(parts)[1], solved(parts)[1]), "the sum over all galaxies"),
        (lambda parts: (summed(parts)[1] / 3, solved(parts)[1]), "the number of partitions: divide by the number of"),
        (error_changed(lambda parts, error: error * np.sqrt(2020)), "the spread of the galaxies"),
        (error_changed(lambda parts, error: error**2), "take its root"),
        (error_changed(lambda parts, error: part_means(parts).std(axis=0, ddof=1) / 3**0.5), "scatter of three means"),
        (error_changed(lambda parts, error: error * np.sqrt(2020 / 3)), "the mean is over galaxies"),
        (error_changed(within_parts), "leaves out how far their means lie apart"),
        (error_changed(lambda parts, error: summed(parts)[2] ** 0.5 / 2020), "The squared mean is missing"),
        (error_changed(lambda parts, error: 2 * error), "Expected ["),
        (lambda parts: (1.0, 2.0), "must have shape (5,)"),
    ],
)
def test_combine_names_the_mistake(wrong: Callable[[Parts], object], words: str) -> None:
    verdict = combine(wrong)
    assert not verdict.passed
    assert words in repr(verdict)


def rows(memory_limit: float, fixed: float, row_bytes: float, n_threads: int) -> int:
    return max(0, int((memory_limit - fixed) // (n_threads * row_bytes)))


def test_partition_rows_accepts_the_solution() -> None:
    assert partition_rows(rows).passed


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (starter, "The starter is untouched"),
        (lambda m, f, r, n: m // (r * n), "subtract `fixed`"),
        (lambda m, f, r, n: max(0, (m - f) // r), "You forgot the threads"),
        (lambda m, f, r, n: max(0, math.ceil((m - f) / (r * n))), "You rounded up"),
        (lambda m, f, r, n: (m - n * f) // (r * n), "once a thread"),
        (lambda m, f, r, n: (m - f) // (r * n), "cannot be negative"),
        (lambda m, f, r, n: max(0, (m - f) / (r * n)), "Rows are whole"),
        (lambda m, f, r, n: (m - f) / (r * n), "Rows are whole"),
        (lambda m, f, r, n: 17, "For (1000, 400, 7, 1) expected 85 rows, got 17"),
        (lambda m, f, r, n: "many", "must be one number"),
    ],
)
def test_partition_rows_names_the_mistake(wrong: Callable[..., object], words: str) -> None:
    verdict = partition_rows(wrong)
    assert not verdict.passed
    assert words in repr(verdict)


Write = Callable[[Path], None]


def replaced(write: Write, target: Path) -> Path:
    temporary = target.with_name(target.name + ".tmp")
    write(temporary)
    os.replace(temporary, target)
    return target


def tidy(write: Write, target: Path) -> Path:
    temporary = target.parent / f".{target.name}.unfinished"
    try:
        write(temporary)
        temporary.rename(target)
    finally:
        temporary.unlink(missing_ok=True)
    return target


def at_once(write: Write, target: Path) -> Path:
    write(target)
    return target


def cleaning_up(write: Write, target: Path) -> Path:
    try:
        write(target)
    except Exception:
        target.unlink()
        raise
    return target


def silent(write: Write, target: Path) -> Path:
    temporary = target.with_name("temporary")
    try:
        write(temporary)
    except Exception:
        return target
    os.replace(temporary, target)
    return target


def elsewhere(write: Write, target: Path) -> Path:
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder, "part"))
        shutil.move(Path(folder, "part"), target)
    return target


def with_the_same_ending(write: Write, target: Path) -> Path:
    write(target.with_name("temporary.parquet"))
    os.replace(target.with_name("temporary.parquet"), target)
    return target


def copied(write: Write, target: Path) -> Path:
    write(target.with_name("temporary"))
    shutil.copy(target.with_name("temporary"), target)
    return target


def never_renamed(write: Write, target: Path) -> Path:
    write(target.with_name("temporary"))
    return target


def removing_first(write: Write, target: Path) -> Path:
    target.unlink(missing_ok=True)
    return replaced(write, target)


def only_once(write: Write, target: Path) -> Path:
    write(target.with_name("temporary"))
    if not target.exists():
        os.replace(target.with_name("temporary"), target)
    return target


@pytest.mark.parametrize("solution", [replaced, tidy])
def test_write_whole_accepts_solutions(solution: Callable[[Write, Path], Path]) -> None:
    assert write_whole(solution).passed


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (starter, "The starter is untouched"),
        (lambda write, target: target, "never calls `write`"),
        (at_once, "half a file stands under the final name"),
        (cleaning_up, "half a file stands under the final name"),
        (silent, "kept silent"),
        (elsewhere, "in another folder"),
        (with_the_same_ending, "Give it another ending"),
        (copied, "You copied the temporary file"),
        (never_renamed, "rename the temporary one"),
        (removing_first, "was removed before the new one was whole"),
        (only_once, "was not replaced"),
        (lambda write, target: replaced(write, target) and None, "returned nothing"),
        (7, "Pass the function itself"),
    ],
)
def test_write_whole_names_the_mistake(wrong: Callable[[Write, Path], object], words: str) -> None:
    verdict = write_whole(wrong)
    assert not verdict.passed
    assert words in repr(verdict)
