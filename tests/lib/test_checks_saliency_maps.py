"""Every check of *Saliency maps* passes the solution and tells typical mistakes apart."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from shapbook.checks import saliency_maps as checks


def starter(*arguments: Any) -> None:  # noqa: ANN401
    raise NotImplementedError


def integrated(
    gradient: Callable, x: np.ndarray, b: np.ndarray, n_steps: int, offset: float = 0.5, start: float = 1.0
) -> np.ndarray:
    t = (np.arange(n_steps) + offset) / n_steps
    along = [gradient(start * b + part * (x - start * b)) for part in t]
    return (x - b) * np.mean(along, axis=0)


def alike_and_chance(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    one, two = np.abs(first), np.abs(second)
    norms = np.linalg.norm(one) * np.linalg.norm(two)
    return (one * two).sum() / norms, one.sum() * two.mean() / norms


def delete(image: np.ndarray, phi: np.ndarray, fill: np.ndarray, share: float) -> np.ndarray:
    largest = np.argsort(-phi, axis=None)[: round(share * image.size)]
    deleted = image.copy()
    deleted.flat[largest] = fill.flat[largest]
    return deleted


@pytest.mark.parametrize(
    ("check", "solution"),
    [(checks.integrated, integrated), (checks.alike_and_chance, alike_and_chance), (checks.delete, delete)],
)
def test_the_solution_passes_and_the_starter_does_not(check: Any, solution: Any) -> None:  # noqa: ANN401
    assert check(solution).passed, check(solution)
    assert not check(starter).passed
    assert "The starter is untouched" in repr(check(starter))


def both_ends(gradient: Callable, x: np.ndarray, b: np.ndarray, n_steps: int) -> np.ndarray:
    return (x - b) * np.mean([gradient(b + part * (x - b)) for part in np.linspace(0, 1, n_steps)], axis=0)


def in_place(gradient: Callable, x: np.ndarray, b: np.ndarray, n_steps: int) -> np.ndarray:
    result = integrated(gradient, x, b, n_steps)
    x -= b
    return result


def all_at_once(gradient: Callable, x: np.ndarray, b: np.ndarray, n_steps: int) -> np.ndarray:
    t = (np.arange(n_steps) + 0.5) / n_steps
    return (x - b) * gradient(b + t[:, None] * (x - b)).mean(axis=0)


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (lambda g, x, b, n: integrated(g, x, b, n) / (x - b), "That is the mean gradient"),
        (lambda g, x, b, n: n * integrated(g, x, b, n), "You summed the gradients"),
        (lambda g, x, b, n: x * integrated(g, x, b, n) / (x - b), "You multiplied with x"),
        (lambda g, x, b, n: -integrated(g, x, b, n), "The sign is turned"),
        (lambda g, x, b, n: integrated(g, x, b, n, start=0), "Your way starts at 0"),
        (lambda g, x, b, n: (x - b) * g(x), "That is input × gradient"),
        (lambda g, x, b, n: integrated(g, x, b, n, offset=0), "the beginning of each step"),
        (lambda g, x, b, n: integrated(g, x, b, n, offset=1), "the end of each step"),
        (both_ends, "with both ends"),
        (lambda g, x, b, n: integrated(g, x, b, n) + 1, "the attributions are [ 7.822  3.75  13.5  ]; you have"),
        (in_place, "work on a copy"),
        (all_at_once, "gradient takes one point of shape (3,), not (4, 3)"),
        (lambda g, x, b, n: integrated(g, x, b, n).sum(), "must have shape (3,)"),
    ],
)
def test_every_mistake_of_integrating_has_its_words(mistake: Any, words: str) -> None:  # noqa: ANN401
    verdict = checks.integrated(mistake)
    assert not verdict.passed
    assert words in repr(verdict)


def with_chance(change: Callable[[float], float]) -> Callable:
    def mistake(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
        cosine, chance = alike_and_chance(first, second)
        return cosine, change(chance)

    return mistake


def signed(first: np.ndarray, second: np.ndarray) -> float:
    return (first * second).sum() / (np.linalg.norm(first) * np.linalg.norm(second))


def spectral(first: np.ndarray, second: np.ndarray) -> float:
    one, two = np.abs(first), np.abs(second)
    return (one * two).sum() / (np.linalg.norm(one, 2) * np.linalg.norm(two, 2))


def shuffled(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    other = np.random.default_rng(1).permuted(second.ravel()).reshape(second.shape)
    return alike_and_chance(first, second)[0], alike_and_chance(first, other)[0]


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (lambda a, b: (signed(a, b), 0), "You kept the signs"),
        (lambda a, b: (np.corrcoef(abs(a).ravel(), abs(b).ravel())[0, 1], 0), "that is a correlation"),
        (lambda a, b: ((abs(a) * abs(b)).sum(), 0), "divide it by both norms"),
        (lambda a, b: (spectral(a, b), 0), "leave `ord` out"),
        (lambda a, b: (0.123, 0), "without sign is 0."),
        (with_chance(lambda chance: 0), "By chance the cosine is not 0"),
        (with_chance(lambda chance: chance / 1024), "You forgot the number of pixels"),
        (with_chance(lambda chance: chance * 1024), "You summed both maps"),
        (with_chance(lambda chance: 2 / np.pi), "2/π is the value for normal values without any pattern"),
        (shuffled, "Chance is close, but sampled"),
        (with_chance(lambda chance: chance + 0.3), "By chance it would be 0."),
        (lambda a, b: alike_and_chance(a, b)[0], "must have shape (2,)"),
    ],
)
def test_every_mistake_about_chance_has_its_words(mistake: Any, words: str) -> None:  # noqa: ANN401
    verdict = checks.alike_and_chance(mistake)
    assert not verdict.passed
    assert words in repr(verdict)


def test_the_value_by_chance_is_the_mean_over_shuffles() -> None:
    """The mean of 400 shuffles is off by 4 standard errors once in 16,000 seeds."""
    rng, (first, second) = np.random.default_rng(1), checks.trial_maps()
    draws = [alike_and_chance(first, rng.permuted(second.ravel()).reshape(32, 32))[0] for _ in range(400)]
    assert abs(np.mean(draws) - alike_and_chance(first, second)[1]) < 4 * np.std(draws) / 20


def deleted_in_place(image: np.ndarray, phi: np.ndarray, fill: np.ndarray, share: float) -> np.ndarray:
    image[:] = delete(image, phi, fill, share)
    return image


def row_by_row(image: np.ndarray, phi: np.ndarray, fill: np.ndarray, share: float) -> np.ndarray:
    return np.stack([delete(*rows, share) for rows in zip(image, phi, fill, strict=True)])


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (lambda x, p, f, s: delete(x, -p, f, s), "the smallest attribution"),
        (lambda x, p, f, s: delete(x, np.abs(p), f, s), "You ranked by |φ|"),
        (lambda x, p, f, s: delete(x, p, 0 * f, s), "The pixels are black"),
        (lambda x, p, f, s: delete(f, p, x, s), "It is the other way round"),
        (row_by_row, "a share of every row"),
        (lambda x, p, f, s: x.copy(), "Nothing was replaced"),
        (lambda x, p, f, s: delete(x, p, f, 0.2), "are 307; 205 pixels of yours differ"),
        (deleted_in_place, "work on a copy"),
        (lambda x, p, f, s: delete(x, p, f, s)[None], "must have shape (32, 32)"),
    ],
)
def test_every_mistake_of_deleting_has_its_words(mistake: Any, words: str) -> None:  # noqa: ANN401
    verdict = checks.delete(mistake)
    assert not verdict.passed
    assert words in repr(verdict)
