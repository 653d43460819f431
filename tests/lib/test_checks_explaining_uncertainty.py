"""Every check of *Explaining uncertainty* passes the solution and tells typical mistakes apart."""

from typing import Any

import numpy as np
import pytest

from shapbook.checks import explaining_uncertainty as checks
from shapbook.morphology import entropy


def starter(*arguments: Any) -> None:  # noqa: ANN401
    raise NotImplementedError


def naive(logits: np.ndarray, small: float = 0.0, base: float = np.e) -> np.ndarray:
    with np.errstate(all="ignore"):
        p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        return -(p * np.log(p + small) / np.log(base)).sum(axis=1)


def clipped(logits: np.ndarray) -> np.ndarray:
    return entropy(np.minimum(logits, 5))


def games(p: np.ndarray) -> tuple[float, float, float]:
    each, mean = -(p * np.log(p)).sum(axis=1).mean(), p.mean(axis=0)
    together = -(mean * np.log(mean)).sum()
    return each, together, together - each


def adds_up(blocks: np.ndarray, output: float, base: float) -> tuple[float, bool]:
    sums = blocks.sum(axis=(1, 2))
    miss = (sums.mean() - output + base) / (sums.std(ddof=1) / np.sqrt(len(sums)))
    return miss, bool(abs(miss) < 4)


def swap_patch(image: np.ndarray, background: np.ndarray, row: int, column: int) -> np.ndarray:
    copies = np.repeat(image[None], len(background), axis=0)
    rows, columns = slice(8 * row, 8 * row + 8), slice(8 * column, 8 * column + 8)
    copies[:, :, rows, columns] = background[:, :, rows, columns]
    return copies


def in_place(image: np.ndarray, background: np.ndarray, row: int, column: int) -> np.ndarray:
    background[:, :, :8, :8] = 0
    return swap_patch(image, background, row, column)


@pytest.mark.parametrize(
    ("check", "solution"),
    [
        (checks.entropy, entropy),
        (checks.entropy_games, games),
        (checks.adds_up, adds_up),
        (checks.swap_patch, swap_patch),
    ],
)
def test_the_solution_passes_and_the_starter_does_not(check: Any, solution: Any) -> None:  # noqa: ANN401
    assert check(solution).passed, check(solution)
    assert not check(starter).passed
    assert "The starter is untouched" in repr(check(starter))


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (naive, "not a number for logits of ±1,000"),
        (clipped, "ln 2 = 0.6931; you have"),
        (lambda x: -entropy(x), "The sign is wrong"),
        (lambda x: naive(x, base=2), "These are bits"),
        (lambda x: entropy(x) / 3, "You averaged over the classes"),
        (lambda x: checks.other_axis(x), "over the galaxies"),
        (lambda x: -np.log(np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)).sum(axis=1), "weight each logarithm"),
        (lambda x: entropy(x) + 0.3, "For equal logits the entropy is ln 3"),
        (lambda x: 1.0, "must have shape (3,)"),
    ],
)
def test_every_mistake_of_entropy_has_its_words(mistake: Any, words: str) -> None:  # noqa: ANN401
    verdict = checks.entropy(mistake)
    assert not verdict.passed
    assert words in repr(verdict)


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (lambda p: (games(p)[1], games(p)[0], games(p)[2]), "The first two are swapped"),
        (lambda p: (games(p)[0], games(p)[1], -games(p)[2]), "has the wrong sign"),
        (lambda p: np.array(games(p)) / np.log(2), "These are bits"),
        (lambda p: (4 * games(p)[0], games(p)[1], games(p)[1] - 4 * games(p)[0]), "You summed the entropies"),
        (lambda p: (games(p)[0], 0.5, games(p)[2]), "Off: H[E]. Expected"),
        (lambda p: games(p)[:2], "must have shape (3,)"),
    ],
)
def test_every_mistake_of_the_games_has_its_words(mistake: Any, words: str) -> None:  # noqa: ANN401
    verdict = checks.entropy_games(mistake)
    assert not verdict.passed
    assert words in repr(verdict)


def scaled(factor: float) -> Any:  # noqa: ANN401
    return lambda *arguments: (factor * adds_up(*arguments)[0], adds_up(*arguments)[1])


def by_pixel(blocks: np.ndarray, output: float, base: float) -> tuple[float, bool]:
    error = np.sqrt((blocks.var(axis=0, ddof=1) / len(blocks)).sum())
    miss = (blocks.mean(axis=0).sum() - output + base) / error
    return miss, bool(abs(miss) < 4)


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (scaled(1 / np.sqrt(8)), "√n_blocks times smaller"),
        (by_pixel, "You added the pixels' errors in squares"),
        (scaled(-1), "The sign is turned"),
        (lambda b, f, e: (b.sum(axis=(1, 2)).mean() - f + e, True), "That is the miss itself"),
        (lambda b, f, e: adds_up(b, f, 0), "has to be taken off"),
        (lambda b, f, e: (adds_up(b, f, e)[0], adds_up(b, f, e)[0] < 4), "A miss of -7 standard errors gave True"),
        (scaled(0.9), "you have 1.35"),
        (lambda b, f, e: adds_up(b, f, e)[0], "Return two things"),
    ],
)
def test_every_mistake_of_adding_up_has_its_words(mistake: Any, words: str) -> None:  # noqa: ANN401
    verdict = checks.adds_up(mistake)
    assert not verdict.passed
    assert words in repr(verdict)


def test_the_trial_blocks_tell_the_right_error_from_that_of_single_pixels() -> None:
    blocks = checks.trial_blocks(1.5)
    assert adds_up(blocks, 1.4, 0.4)[0] == pytest.approx(1.5)
    assert abs(by_pixel(blocks, 1.4, 0.4)[0] / 1.5 - 1) > 0.1


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (lambda x, b, r, c: swap_patch(x, b, c, r), "Row and column are swapped"),
        (lambda x, b, r, c: x + b - swap_patch(x, b, r, c), "It is the other way round"),
        (lambda x, b, r, c: np.repeat(x[None], 3, axis=0), "Nothing was swapped"),
        (lambda x, b, r, c: swap_patch(x, np.repeat(b[:1], 3, axis=0), r, c), "the patch of one background image"),
        (lambda x, b, r, c: swap_patch(x, 0 * b, r, c), "The patch is black"),
        (lambda x, b, r, c: b, "1024 pixels of yours differ"),
        (in_place, "work on a copy"),
        (lambda x, b, r, c: swap_patch(x, b, r, c)[:, 0], "must have shape (3, 1, 32, 32)"),
    ],
)
def test_every_mistake_of_swapping_has_its_words(mistake: Any, words: str) -> None:  # noqa: ANN401
    verdict = checks.swap_patch(mistake)
    assert not verdict.passed
    assert words in repr(verdict)
