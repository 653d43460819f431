"""Checks of the exercises of the page *Scaling up*."""

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from shapbook.checks.verdicts import Verdict, array_fault, attempt, failed, passed

__all__ = ["combine", "partition_rows", "write_whole"]

Parts = list[tuple[int, np.ndarray, np.ndarray]]


def trial_parts() -> Parts:
    """Three partitions of very different sizes, whose galaxies differ as those of different parts of the sky do."""
    rng = np.random.default_rng(20230807)
    parts = []
    for n, scale in ((20, 0.9), (1500, 0.1), (500, 0.4)):
        size = np.abs(rng.normal(0, scale * np.array([0.2, 1.0, 0.6, 0.5, 0.1]), (n, 5)))
        parts.append((n, size.sum(axis=0), (size**2).sum(axis=0)))
    return parts


def combine(function: Callable[[Parts], Any]) -> Verdict:
    """Check a learner's function (parts): the mean |SHAP value| of all galaxies with its standard error."""
    value, fault = attempt(function, trial_parts())
    if fault:
        return fault
    if not isinstance(value, Sequence | np.ndarray) or len(value) != 2:
        return failed("Return two things, the mean and its standard error: `return mean, error`.")
    for got, name in zip(value, ("The mean", "The standard error"), strict=True):
        if fault := array_fault(got, (5,), name):
            return fault
    mean, error = (np.asarray(got, dtype=float) for got in value)
    n, total, squares = (np.array(column) for column in zip(*trial_parts(), strict=True))
    means = total / n[:, None]
    wanted = total.sum(axis=0) / n.sum()
    variance = squares.sum(axis=0) / n.sum() - wanted**2
    slips = [
        (means.mean(axis=0), "This is the mean of the partitions' means: 20 galaxies count as much as 1,500."),
        (total.sum(axis=0), "This is the sum over all galaxies: divide it by their number."),
        (total.mean(axis=0), "You divided by the number of partitions: divide by the number of galaxies."),
    ]
    if words := slip_of(mean, wanted, slips):
        return failed(f"The mean is off. {words}")
    within = (squares / n[:, None] - means**2).mean(axis=0)
    slips = [
        (np.sqrt(variance), "This is the spread of the galaxies; the error of their mean is smaller by √n."),
        (variance / n.sum(), "This is the variance of the mean: take its root."),
        (
            means.std(axis=0, ddof=1) / np.sqrt(3),
            "This is the scatter of three means, which are not draws from one sky.",
        ),
        (means.std(axis=0) / np.sqrt(3), "This is the scatter of three means, which are not draws from one sky."),
        (np.sqrt(variance / 3), "You divided by the number of partitions: the mean is over galaxies."),
        (
            np.sqrt(within / n.sum()),
            "You averaged the partitions' variances, which leaves out how far their means lie apart: "
            "take the variance from the sums over all.",
        ),
        (np.sqrt(squares.sum(axis=0)) / n.sum(), "The squared mean is missing: the variance is E[x²] − E[x]²."),
    ]
    if words := slip_of(error, np.sqrt(variance / n.sum()), slips):
        return failed(f"The mean is right, its standard error is off. {words}")
    return passed(
        "Mean and standard error are those of all galaxies, though no partition saw another.",
        f"For the second colour they are {mean[1]:.4f} ± {error[1]:.4f}; the mean of the three means would be "
        f"{means[:, 1].mean():.4f}.",
    )


def slip_of(got: np.ndarray, wanted: np.ndarray, slips: list[tuple[np.ndarray, str]]) -> str | None:
    """Return None if the numbers are right, else the words for the slip they fit; √(n − 1) for √n is no slip."""
    if np.allclose(got, wanted, rtol=1e-3):
        return None
    for values, words in slips:
        if np.allclose(got, values, rtol=1e-3):
            return words
    return f"Expected {np.round(wanted, 4)}, got {np.round(got, 4)}."


def partition_rows(function: Callable[[float, float, float, int], Any]) -> Verdict:
    """Check a learner's function (memory_limit, fixed, row_bytes, n_threads): the most rows a partition may have."""
    trials = [(1000, 400, 7, 1), (1000, 400, 7, 4), (1e9, 3e8, 300, 2), (500, 500, 10, 1), (500, 600, 10, 1)]
    got = []
    for trial in trials:
        value, fault = attempt(function, *trial)
        if fault := fault or array_fault(value, (), "The number of rows"):
            return fault
        got.append(float(value))
    wanted = [85, 21, 1_166_666, 0, 0]
    if got == wanted:
        return passed(
            "The rows of every thread fit beside what the worker holds anyway.",
            "No result is negative: where nothing is left the answer is 0, and a program should refuse to start.",
        )
    causes = [
        ([142, 35, 1_666_666, 50, 50], "You forgot what the worker holds before the first galaxy: subtract `fixed`."),
        ([85, 85, 2_333_333, 0, 0], "You forgot the threads: each of them works on a partition of its own."),
        ([86, 22, 1_166_667, 0, 0], "You rounded up, and the last galaxy does not fit any more: round down."),
        ([85, -22, 666_666, 0, -10], "You subtracted `fixed` once a thread: the threads of a worker share it."),
        ([85, 21, 1_166_666, 0, -10], "A number of rows cannot be negative: return 0 where nothing is left."),
    ]
    for pattern, words in causes:
        if got == pattern:
            return failed(words)
    if np.allclose(got, [600 / 7, 150 / 7, 7e8 / 600, 0, 0]) or np.allclose(got, [600 / 7, 150 / 7, 7e8 / 600, 0, -10]):
        return failed("Rows are whole: round down to an integer.")
    first = next(i for i, pair in enumerate(zip(got, wanted, strict=True)) if pair[0] != pair[1])
    return failed(f"For {trials[first]} expected {wanted[first]:,} rows, got {got[first]:,.6g}.")


def write_whole(function: Callable[[Callable[[Path], None], Path], Any]) -> Verdict:
    """Check a learner's function (write, target): a file that is there whole, or is not there."""
    with TemporaryDirectory() as folder:
        target = Path(folder, "part-00000.parquet")
        for trial in (no_trace_of_half_a_part, whole_part, older_part_is_kept):
            if fault := trial(function, target):
                return fault
    return passed(
        "When the writing breaks off the target is as it was before, and the error is heard.",
        "When it ends the target is whole, in one step: no reader can ever see a part of it.",
    )


class PowerCut(Exception):
    """What stops the trial's writer half-way."""


class Writer:
    """Writes a text of two lines, or breaks off after the first; remembers where."""

    def __init__(self, target: Path, breaks: bool, text: str = "new") -> None:
        self.target, self.breaks, self.text = target, breaks, text
        self.path, self.file_number, self.seen = None, None, None

    def __call__(self, path: Path) -> None:
        self.path = Path(path)
        with self.path.open("w") as file:
            file.write(f"first line, {self.text}\n")
            file.flush()
            self.seen = self.target.read_text() if self.target.exists() else None
            if self.breaks:
                raise PowerCut
            file.write("second line\n")
        self.file_number = self.path.stat().st_ino


def called(function: Callable[..., Any], writer: Writer) -> tuple[bool, Verdict | None]:
    """Call the learner's function; tell whether the power cut came through, and any other fault."""
    cut = False

    def guarded(*arguments: object) -> object:
        nonlocal cut
        try:
            return function(*arguments)
        except PowerCut:
            cut = True
            return writer.target

    _, fault = attempt(guarded if callable(function) else function, writer, writer.target)
    if fault is None and writer.path is None:
        fault = failed("Your function never calls `write`: it must write the file, at a path that you choose.")
    return cut, fault


def no_trace_of_half_a_part(function: Callable[..., Any], target: Path) -> Verdict | None:
    writer = Writer(target, breaks=True)
    cut, fault = called(function, writer)
    if fault:
        return fault
    if writer.path == target or target.exists():
        return failed(
            "The writing broke off half-way, and half a file stands under the final name: "
            "let `write` fill a temporary file, and give it the final name when it is whole."
        )
    if not cut:
        return failed("The writing broke off, and your function kept silent: let the error through to the caller.")
    if writer.path.parent != target.parent:
        return failed(
            "Your temporary file lies in another folder, perhaps on another disk, where renaming is copying: "
            "put it beside the target, as with `target.with_name(...)`."
        )
    if writer.path.suffix == ".parquet":
        return failed(
            f"Your temporary file is called {writer.path.name}: who reads `*.parquet` in this folder takes half a "
            "part for a whole one. Give it another ending."
        )
    return None


def whole_part(function: Callable[..., Any], target: Path) -> Verdict | None:
    writer = Writer(target, breaks=False)
    _, fault = called(function, writer)
    if fault:
        return fault
    if not target.exists():
        return failed("The writing ended well, but there is no file under the final name: rename the temporary one.")
    if target.read_text() != "first line, new\nsecond line\n":
        return failed("The file under the final name does not hold what was written.")
    if target.stat().st_ino != writer.file_number:
        return failed(
            "You copied the temporary file, and a copy can break off half-way, too: rename it with `os.replace`, "
            "which happens at once or not at all."
        )
    return None


def older_part_is_kept(function: Callable[..., Any], target: Path) -> Verdict | None:
    writer = Writer(target, breaks=True, text="newer")
    called(function, writer)
    if not target.exists() or writer.seen != "first line, new\nsecond line\n":
        return failed("An older part was removed before the new one was whole: `os.replace` takes its place at once.")
    writer = Writer(target, breaks=False, text="newest")
    _, fault = called(function, writer)
    if fault:
        return fault
    if "newest" not in target.read_text():
        return failed("An older part under the final name was not replaced by the new one.")
    return None
