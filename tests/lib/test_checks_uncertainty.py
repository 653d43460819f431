"""Checks of the page on uncertainty: the solution passes, the starter fails, each typical slip is named."""

from collections.abc import Callable

import numpy as np
import pytest

from shapbook import calibration, noise
from shapbook.checks.uncertainty import colour_noise, noisy_redshifts, randomised_pit

Function = Callable[..., object]


def starter(*arguments: object) -> object:
    raise NotImplementedError


@pytest.mark.parametrize("check", [colour_noise, noisy_redshifts, randomised_pit])
def test_starter_and_other_things_that_are_no_answer(check: Function) -> None:
    for answer, text in (
        (starter, "starter is untouched"),
        (3, "function itself"),
        (lambda *_: "x", "must be"),
    ):
        verdict = check(answer)
        assert not verdict.passed
        assert text in repr(verdict)


def matrix(errors: np.ndarray, diagonal: np.ndarray, beside: np.ndarray) -> np.ndarray:
    result = np.zeros((len(errors), 5, 5))
    for i in range(5):
        result[:, i, i] = diagonal[:, i]
    for i in range(4):
        result[:, i, i + 1] = result[:, i + 1, i] = beside[:, i]
    return result


def blue(errors: np.ndarray) -> np.ndarray:
    return errors[:, :-1]


def red(errors: np.ndarray) -> np.ndarray:
    return errors[:, 1:]


def variances(errors: np.ndarray) -> np.ndarray:
    return blue(errors) ** 2 + red(errors) ** 2


def shared(errors: np.ndarray) -> np.ndarray:
    return errors[:, 1:-1]


def test_colour_noise_accepts_two_ways_of_writing_it() -> None:
    assert colour_noise(noise.colour_covariance).passed
    assert colour_noise(lambda e: matrix(e, variances(e), -(shared(e) ** 2))).passed


COLOUR_SLIPS = {
    "the spread is √2 too small where": lambda e: matrix(e, blue(e) ** 2, -(shared(e) ** 2)),
    "you averaged the variances": lambda e: matrix(e, variances(e) / 2, -(shared(e) ** 2)),
    "standard deviations σ in place of variances": lambda e: matrix(e, np.sqrt(variances(e)), -(shared(e) ** 2)),
    "errors do not add, variances do": lambda e: matrix(e, blue(e) + red(e), -(shared(e) ** 2)),
    "holds (σ + σ)²": lambda e: matrix(e, (blue(e) + red(e)) ** 2, -(shared(e) ** 2)),
    "a difference of variances": lambda e: matrix(e, blue(e) ** 2 - red(e) ** 2, -(shared(e) ** 2)),
    "variances on the diagonal are off": lambda e: matrix(e, 7 * variances(e), -(shared(e) ** 2)),
    "covariances are missing": lambda e: matrix(e, variances(e), 0 * shared(e)),
    "wrong sign": lambda e: matrix(e, variances(e), shared(e) ** 2),
    "−σ in place of −σ²": lambda e: matrix(e, variances(e), -shared(e)),
    "takes the wrong band": lambda e: matrix(e, variances(e), -(e[:, :-2] ** 2)),
    "not symmetric": lambda e: np.triu(matrix(e, variances(e), -(shared(e) ** 2))),
    "twice too large": lambda e: matrix(e, variances(e), -2 * shared(e) ** 2),
    "beside the diagonal are off": lambda e: matrix(e, variances(e), 9 * shared(e)),
    "share no band": lambda e: matrix(e, variances(e), -(shared(e) ** 2)) + 0.1 * (np.eye(5)[::-1] * (1 - np.eye(5))),
    "one number a colour": variances,
    "multiply the errors of two bands": lambda e: matrix(e, variances(e), -e[:, :-2] * shared(e)),
    "a matrix of the six magnitudes": lambda e: np.eye(6) * e[:, None, :] ** 2,
    "one matrix for all galaxies": lambda e: noise.colour_covariance(e[0]),
    "must be finite": lambda e: noise.colour_covariance(e) * np.nan,
}


@pytest.mark.parametrize("text", COLOUR_SLIPS)
def test_colour_noise_names_the_slip(text: str) -> None:
    verdict = colour_noise(COLOUR_SLIPS[text])
    assert not verdict.passed
    assert text.replace("takes", "take").lower() in repr(verdict).lower()


def test_colour_noise_names_two_slips_at_once() -> None:
    verdict = colour_noise(lambda e: matrix(e, np.sqrt(variances(e)), 0 * shared(e)))
    assert len(verdict.findings) == 2


def propagated(
    predict: Function, colours: np.ndarray, covariance: np.ndarray, n: int, rng: np.random.Generator
) -> np.ndarray:
    copies = noise.noisy_copies(colours, covariance, n, rng)
    return predict(copies.reshape(-1, 5)).reshape(len(colours), n)


def looped(
    predict: Function, colours: np.ndarray, covariance: np.ndarray, n: int, rng: np.random.Generator
) -> list[object]:
    return [predict(rng.multivariate_normal(c, s, n)) for c, s in zip(colours, covariance, strict=True)]


def test_noisy_redshifts_accepts_one_call_and_the_loop() -> None:
    assert noisy_redshifts(propagated).passed
    verdict = noisy_redshifts(looped)
    assert verdict.passed
    assert "one call for all rows is faster" in repr(verdict)
    assert "faster" not in repr(noisy_redshifts(propagated))


def root_taken(p: Function, c: np.ndarray, s: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    return propagated(p, c, np.sqrt(s * np.eye(5)), n, rng)


def variance_as_scale(p: Function, c: np.ndarray, s: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    return propagated(p, c, (s * np.eye(5)) ** 2, n, rng)


def badly_reshaped(p: Function, c: np.ndarray, s: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    return propagated(p, c, s, n, rng).reshape(n, len(c)).T


def same_noise(p: Function, c: np.ndarray, s: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    root = noise.matrix_root(s, c.shape)
    return np.array([p(row + rng_row @ r) for row, rng_row, r in zip(c, [rng.normal(size=(n, 5))] * len(c), root)])  # noqa: B905


def one_covariance(p: Function, c: np.ndarray, s: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    return propagated(p, c, np.broadcast_to(s.mean(axis=0), s.shape), n, rng)


def transposed_factor(p: Function, c: np.ndarray, s: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    copies = c[:, None] + rng.normal(size=(len(c), n, 5)) @ np.linalg.cholesky(s)
    return p(copies.reshape(-1, 5)).reshape(-1, n)


def noise_afterwards(p: Function, c: np.ndarray, s: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    return p(c)[:, None] + rng.normal(size=(len(c), n))


REDSHIFT_SLIPS = {
    "axes are swapped": lambda p, c, s, n, rng: propagated(p, c, s, n, rng).T,
    "return a summary": lambda p, c, s, n, rng: propagated(p, c, s, n, rng).mean(axis=1),
    "no noise was added": lambda p, c, s, n, rng: propagated(p, c, 0 * s, n, rng),
    "not centred on the measured colours": lambda p, c, s, n, rng: propagated(p, 0 * c, s, n, rng),
    "mind the order": badly_reshaped,
    "from its diagonal alone": lambda p, c, s, n, rng: propagated(p, c, s * np.eye(5), n, rng),
    "one of σ in the place of σ²": root_taken,
    "scaled standard normal numbers by the variances": variance_as_scale,
    "own covariance": one_covariance,
    "noise was added twice": lambda p, c, s, n, rng: propagated(p, c, 2 * s, n, rng),
    "transpose of the Cholesky factor": transposed_factor,
    "You predicted 8 rows for 8 × 3,000 copies": noise_afterwards,
    "The spread is 4.9": lambda p, c, s, n, rng: propagated(p, c, 25 * s, n, rng),
    "share the same noise": same_noise,
}


@pytest.mark.parametrize("text", REDSHIFT_SLIPS)
def test_noisy_redshifts_names_the_slip(text: str) -> None:
    verdict = noisy_redshifts(REDSHIFT_SLIPS[text])
    assert not verdict.passed
    assert text in repr(verdict)


def rank(draws: np.ndarray, truth: np.ndarray) -> np.ndarray:
    return (draws < truth[:, None]).sum(axis=1)


def test_randomised_pit_accepts_the_solution() -> None:
    assert randomised_pit(calibration.pit).passed
    assert randomised_pit(lambda d, t, rng: (rank(d, t) + rng.random(len(t))) / (d.shape[1] + 1)).passed


PIT_SLIPS = {
    "You return rank/n": lambda d, t, rng: rank(d, t) / 9,
    "not randomised": lambda d, t, rng: (rank(d, t) + 0.5) / 10,
    "divide the rank by n + 1": lambda d, t, rng: rank(d, t) + rng.random(len(t)),
    "count the draws above": lambda d, t, rng: (9 - rank(d, t) + rng.random(len(t))) / 10,
    "share one u": lambda d, t, rng: (rank(d, t) + rng.random()) / 10,
    "outside their place": lambda d, t, rng: rng.random(len(t)),
    "u is not uniform": lambda d, t, rng: (rank(d, t) + rng.random(len(t)) ** 2) / 10,
    "n draws leave n + 1 places": lambda d, t, rng: np.minimum((rank(d, t) + rng.random(len(t))) / 9, 1),
    "must have shape (2000,)": lambda d, t, rng: calibration.pit(d, t, rng)[:, None],
}


@pytest.mark.parametrize("text", PIT_SLIPS)
def test_randomised_pit_names_the_slip(text: str) -> None:
    verdict = randomised_pit(PIT_SLIPS[text])
    assert not verdict.passed
    assert text in repr(verdict)


def test_checks_never_raise() -> None:
    answers = (lambda *_: 1 / 0, lambda *_: None, lambda *_: {"a": 1}, lambda *_: np.zeros((3, 3, 3)), "text")
    for check in (colour_noise, noisy_redshifts, randomised_pit):
        assert not any(check(answer).passed for answer in answers)
