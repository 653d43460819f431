"""Laws of the noise model: known covariances, agreement with a loop, the first-order limit, the memory bound."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest

from shapbook import noise, photometry


def catalogue(magnitudes: list[float], errors: list[float]) -> pd.DataFrame:
    names = zip(photometry.BANDS, magnitudes, errors, strict=True)
    return pd.DataFrame({k: [v] for b, m, e in names for k, v in ((f"mag_{b}_lsst", m), (f"mag_err_{b}_lsst", e))})


def test_usable_errors_silence_non_detections_and_cap_the_rest() -> None:
    galaxy = catalogue([99.0, 27.0, 25.0, 24.0, 24.0, 24.0], [26.6, 5.0, 0.1, 0.02, 0.03, 0.04])
    np.testing.assert_allclose(noise.usable_errors(galaxy)[0], [0, 1, 0.1, 0.02, 0.03, 0.04])
    np.testing.assert_allclose(noise.usable_errors(galaxy, np.inf)[0], [0, 5, 0.1, 0.02, 0.03, 0.04])


def test_usable_errors_refuse_a_ceiling_that_is_not_positive() -> None:
    galaxy = catalogue([24.0] * 6, [0.1] * 6)
    with pytest.raises(ValueError, match=r"ceiling of the errors is 0\.0"):
        noise.usable_errors(galaxy, 0.0)


def test_colour_covariance_equals_the_sample_covariance_of_differences() -> None:
    """Tolerance: six standard errors of each entry, so false alarms are below 1e-7."""
    rng = np.random.default_rng(1)
    errors = rng.uniform(0.1, 0.5, size=6)
    n = 200_000
    colours = -np.diff(rng.normal(scale=errors, size=(n, 6)))
    expected = noise.colour_covariance(errors)
    variances = np.diag(expected)
    standard_error = np.sqrt((np.outer(variances, variances) + expected**2) / n)
    assert (np.abs(np.cov(colours.T) - expected) < 6 * standard_error).all()


def test_sum_of_all_colours_keeps_only_the_outer_bands() -> None:
    errors = np.random.default_rng(2).uniform(0.1, 0.5, size=(7, 6))
    total = noise.colour_covariance(errors).sum(axis=(1, 2))  # variance of ug + gr + … + zy = u − y
    np.testing.assert_allclose(total, errors[:, 0] ** 2 + errors[:, 5] ** 2)


@pytest.mark.parametrize("errors", [[[0.1]], 0.1, [0.1, -0.1], [0.1, np.nan]])
def test_colour_covariance_refuses_bad_errors(errors: object) -> None:
    with pytest.raises(ValueError, match=r"Magnitude errors (have shape|must be finite)"):
        noise.colour_covariance(errors)


def test_noisy_copies_have_the_mean_and_covariance_asked_for() -> None:
    """Six standard errors an entry; the second galaxy's covariance is singular, the third has no noise at all."""
    errors = np.array([[0.3, 0.1, 0.2], [0.0, 0.4, 0.0], [0.0, 0.0, 0.0]])
    covariance = noise.colour_covariance(errors)
    colours = np.array([[1.0, 2.0], [73.0, -1.0], [0.5, 0.5]])
    n = 50_000
    copies = noise.noisy_copies(colours, covariance, n, np.random.default_rng(3)).astype(float)
    assert copies.shape == (3, n, 2)
    for centre, wanted, got in zip(colours, covariance, copies, strict=True):
        variances = np.diag(wanted)
        assert (np.abs(got.mean(axis=0) - centre) <= 6 * np.sqrt(variances / n) + 1e-5).all()
        tolerance = 6 * np.sqrt((np.outer(variances, variances) + wanted**2) / n) + 1e-6
        assert (np.abs(np.cov(got.T) - wanted) < tolerance).all()


def test_noisy_copies_refuse_shapes_that_do_not_fit_and_negative_variances() -> None:
    rng = np.random.default_rng(4)
    with pytest.raises(ValueError, match=r"shape \(2, 5\) with covariances of shape \(2, 5\)"):
        noise.noisy_copies(np.zeros((2, 5)), np.ones((2, 5)), 3, rng)
    with pytest.raises(ValueError, match="has the eigenvalue -1"):
        noise.noisy_copies(np.zeros((1, 2)), np.diag([1.0, -1.0])[None], 3, rng)


def test_propagate_agrees_with_a_loop_over_galaxies() -> None:
    """The same numbers, galaxy by galaxy, whatever the chunks: the generator is read in the same order."""
    rng = np.random.default_rng(5)
    colours = rng.normal(size=(20, 5))
    covariance = noise.colour_covariance(rng.uniform(0.1, 0.3, size=(20, 6)))

    def predict(rows: np.ndarray) -> np.ndarray:
        return np.sin(rows).sum(axis=1)

    source = np.random.default_rng(6)
    one_by_one = [noise.noisy_copies(colours[[i]], covariance[[i]], 50, source)[0] for i in range(20)]
    loop = np.array([predict(copies) for copies in one_by_one])
    for max_bytes in (1e9, 50_000):
        together = noise.propagate(predict, colours, covariance, 50, np.random.default_rng(6), max_bytes)
        np.testing.assert_allclose(together, loop, atol=1e-5)


def test_propagate_asks_for_few_calls_and_small_chunks_when_told() -> None:
    sizes: list[int] = []

    def predict(rows: np.ndarray) -> np.ndarray:
        sizes.append(len(rows))
        return rows[:, 0]

    arguments = (np.zeros((100, 5)), np.zeros((100, 5, 5)), 10, np.random.default_rng(7))
    noise.propagate(predict, *arguments)
    assert sizes == [1000]
    sizes.clear()
    noise.propagate(predict, *arguments, max_bytes=4 * 1000 + 20_000)
    assert len(sizes) > 1
    assert sum(sizes) == 1000


@pytest.mark.parametrize("max_bytes", [2e6, 2e7])
def test_propagate_stays_within_its_memory_bound(max_bytes: float) -> None:
    colours, covariance = np.zeros((3_000, 5)), np.tile(np.eye(5), (3_000, 1, 1))
    rng = np.random.default_rng(8)
    tracemalloc.start()
    noise.propagate(lambda rows: rows.sum(axis=1), colours, covariance, 100, rng, max_bytes)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert max_bytes / 8 < peak < max_bytes


def test_propagate_refuses_a_bound_that_cannot_be_kept() -> None:
    with pytest.raises(ValueError, match=r"1e\+03 bytes cannot hold 10 × 100 predictions"):
        noise.propagate(
            lambda rows: rows[:, 0],
            np.zeros((10, 5)),
            np.zeros((10, 5, 5)),
            100,
            np.random.default_rng(9),
            1_000,
        )


def test_spread_tends_to_its_first_order_value_as_the_noise_shrinks() -> None:
    """For f = exp(w·x) the exact ratio is √(e^s² − 1)·e^(s²/2)/s: near 1 for small s, far above for large s."""
    weights = np.array([0.5, -1.0, 0.8, 0.3, -0.6])
    covariance = noise.colour_covariance(np.full((1, 6), 1.0))
    n = 100_000
    for factor in (0.01, 0.6):
        s = float(noise.linear_spread(weights, factor**2 * covariance)[0])
        draws = noise.propagate(
            lambda rows: np.exp(rows @ weights),
            np.zeros((1, 5)),
            factor**2 * covariance,
            n,
            np.random.default_rng(10),
        )
        exact = np.sqrt(np.expm1(s**2)) * np.exp(s**2 / 2) / s
        assert draws.std() / s == pytest.approx(exact, rel=0.05)
        assert (exact < 1.001) == (factor < 0.1)
