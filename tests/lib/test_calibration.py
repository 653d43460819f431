"""Laws of calibration: exact uniformity, closed forms of the scores, and verdicts in every direction."""

import numpy as np
import pytest
from scipy import stats

from shapbook import calibration


@pytest.mark.parametrize("n_draws", [1, 3, 100])
def test_pit_is_uniform_when_truth_and_draws_share_a_distribution(n_draws: int) -> None:
    """A right function is refused with probability 1e-6 (Kolmogorov–Smirnov)."""
    rng = np.random.default_rng(1)
    u = calibration.pit(rng.exponential(size=(20_000, n_draws)), rng.exponential(size=20_000), rng)
    assert stats.kstest(u, "uniform").pvalue > 1e-6


def test_pit_is_uniform_for_discrete_draws_with_ties() -> None:
    """The same, for distributions of few values, where every rank is tied."""
    rng = np.random.default_rng(2)
    u = calibration.pit(rng.integers(0, 3, size=(20_000, 8)), rng.integers(0, 3, size=20_000), rng)
    assert stats.kstest(u, "uniform").pvalue > 1e-6


def test_pit_lies_in_the_place_of_the_rank() -> None:
    rng = np.random.default_rng(3)
    u = calibration.pit([[1.0, 2.0, 3.0]] * 4, [0.0, 1.5, 2.5, 9.0], rng)
    assert (np.floor(u * 4) == [0, 1, 2, 3]).all()


def test_pit_takes_draws_that_all_galaxies_share() -> None:
    assert (np.floor(calibration.pit([1.0, 2.0, 3.0], [0.0, 9.0], np.random.default_rng(4)) * 4) == [0, 3]).all()


@pytest.mark.parametrize(
    ("draws", "truth", "message"),
    [
        (np.zeros((3, 4)), np.zeros(4), r"shape \(3, 4\) for truths of shape \(4,\)"),
        (np.zeros((3, 4)), np.zeros((3, 1)), "expected"),
        ([[1.0, np.nan]], [1.0], "must be finite"),
    ],
)
def test_pit_refuses_bad_input(draws: np.ndarray, truth: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        calibration.pit(draws, truth, np.random.default_rng(0))


def test_pointwise_band_holds_single_bins_and_simultaneous_band_all_of_them() -> None:
    """4,000 histograms of calibrated values: the shares of misses must lie below 5 % by more than chance allows.

    Counts are discrete, so the bands are slightly wide; six binomial standard errors keep false alarms below 1e-8.
    """
    rng = np.random.default_rng(5)
    counts = rng.multinomial(1_000, np.full(20, 1 / 20), size=4_000)

    def inside(simultaneous: bool) -> np.ndarray:
        low, high = calibration.pit_band(1_000, 20, 0.95, simultaneous=simultaneous)
        return (counts >= low) & (counts <= high)

    pointwise, together = inside(False), inside(True)
    assert 0.95 <= pointwise.mean() < 0.975
    assert pointwise.all(axis=1).mean() < 0.6
    error = np.sqrt(0.95 * 0.05 / 4_000)
    assert 0.95 - 6 * error < together.all(axis=1).mean() < 0.99


@pytest.mark.parametrize("arguments", [(0, 20, 0.95), (100, 0, 0.95), (100, 20, 1.0)])
def test_band_refuses_numbers_out_of_range(arguments: tuple[int, int, float]) -> None:
    with pytest.raises(ValueError, match=r"expected positive numbers and 0 < level < 1"):
        calibration.pit_band(*arguments)


def test_coverage_of_calibrated_values_is_the_level() -> None:
    u = (np.arange(10_000) + 0.5) / 10_000
    for level in (0.5, 0.68, 0.95):
        share, error = calibration.coverage(u, level)
        assert share == pytest.approx(level)
        assert error == pytest.approx(np.sqrt(level * (1 - level) / 10_000))
    with pytest.raises(ValueError, match="level of the interval is 95"):
        calibration.coverage(u, 95)


def test_coverage_equals_counting_truths_in_central_intervals() -> None:
    rng = np.random.default_rng(6)
    draws, truth = rng.normal(size=(2_000, 999)), rng.normal(scale=1.5, size=2_000)
    low, high = np.quantile(draws, [0.16, 0.84], axis=1)
    counted = np.mean((low <= truth) & (truth <= high))
    share, error = calibration.coverage(calibration.pit(draws, truth, rng), 0.68)
    assert share == pytest.approx(counted, abs=0.005)
    assert share < 0.68 - 6 * error


def normal_crps(z: float, mean: float, sigma: float) -> float:
    """The closed form for a normal prediction (Gneiting & Raftery 2007, equation 21)."""
    x = (z - mean) / sigma
    return sigma * (x * (2 * stats.norm.cdf(x) - 1) + 2 * stats.norm.pdf(x) - 1 / np.sqrt(np.pi))


@pytest.mark.parametrize("n_draws", [2, 200])
@pytest.mark.parametrize("z", [-1.0, 0.4, 3.0])
def test_crps_of_normal_draws_is_the_closed_form_for_any_number_of_draws(n_draws: int, z: float) -> None:
    """The mean over many repetitions, within six of its standard errors (false alarm 1e-8)."""
    draws = np.random.default_rng(7).normal(0.3, 0.7, size=(20_000, n_draws))
    mean, error = calibration.mean_and_error(calibration.crps(draws, np.full(20_000, z)))
    assert abs(mean - normal_crps(z, 0.3, 0.7)) < 6 * error


def test_crps_without_spread_is_the_absolute_error_and_needs_two_draws() -> None:
    np.testing.assert_allclose(calibration.crps(np.full((2, 50), 1.0), [1.5, 0.2]), [0.5, 0.8])
    with pytest.raises(ValueError, match="needs at least two draws"):
        calibration.crps([[1.0]], [1.0])


def test_crps_and_cde_loss_are_lowest_for_the_true_distribution() -> None:
    """Both scores prefer the true spread to one that is 1.5 times off either way, by over six standard errors."""
    rng = np.random.default_rng(8)
    truth, base = rng.normal(size=10_000), rng.normal(size=(10_000, 100))
    edges = np.linspace(-8, 8, 161)

    def scores(scale: float) -> tuple[np.ndarray, np.ndarray]:
        masses = np.diff(stats.norm.cdf(edges, scale=scale))
        return calibration.crps(scale * base, truth), calibration.cde_loss(masses, edges, truth)

    best = scores(1.0)
    for scale in (1 / 1.5, 1.5):
        for right, wrong in zip(best, scores(scale), strict=True):
            mean, error = calibration.mean_and_error(wrong - right)
            assert mean > 6 * error


def test_cde_loss_of_a_calibrated_normal_is_minus_its_roughness() -> None:
    """E[loss] = −∫p² = −1/(2σ√π) when the truth follows p."""
    sigma = 0.4
    edges = np.linspace(-4, 4, 801)
    truth = np.random.default_rng(9).normal(scale=sigma, size=20_000)
    losses = calibration.cde_loss(np.diff(stats.norm.cdf(edges, scale=sigma)), edges, truth)
    mean, error = calibration.mean_and_error(losses)
    assert abs(mean + 1 / (2 * sigma * np.sqrt(np.pi))) < 6 * error


def test_bin_masses_count_every_draw_once() -> None:
    draws = np.random.default_rng(10).normal(size=(5, 300))
    edges = np.linspace(-1, 1, 9)
    masses = calibration.bin_masses(draws, edges)
    inner = np.array([np.histogram(row, edges)[0] for row in draws])[:, 1:-1] / 300
    np.testing.assert_allclose(masses[:, 1:-1], inner)
    np.testing.assert_allclose(masses.sum(axis=1), 1)


@pytest.mark.parametrize(
    ("masses", "edges", "message"),
    [
        ([[0.5, 0.5]], [0, 1, 1], "increasing edges"),
        ([[0.5, 0.5]], [0, 1], "increasing edges"),
        ([[0.5, 0.1]], [0, 1, 2], "must sum to 1"),
    ],
)
def test_cde_loss_refuses_bad_input(masses: list[list[float]], edges: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        calibration.cde_loss(masses, edges, [0.5])


CASES = {
    "calibrated": (0.0, 1.0, {"calibrated"}),
    "too wide": (0.0, 0.7, {"too wide"}),
    "too narrow": (0.0, 1.4, {"too narrow"}),
    "biased high": (-0.3, 1.0, {"biased high"}),
    "biased low": (0.3, 1.0, {"biased low"}),
    "biased low, too narrow": (0.4, 1.5, {"biased low", "too narrow"}),
    "biased high, too wide": (-0.4, 0.6, {"biased high", "too wide"}),
}


@pytest.mark.parametrize(("shift", "spread", "expected"), CASES.values(), ids=CASES)
@pytest.mark.parametrize("seed", range(3))
def test_diagnosis_in_all_directions(seed: int, shift: float, spread: float, expected: set[str]) -> None:
    """The truth scatters `spread` times as much as the draws say, around a mean off by `shift`.

    False-alarm rate 1e-4 a test; the deviations are at least nine standard errors, so misses are rarer still.
    """
    rng = np.random.default_rng(100 + seed)
    truth = rng.normal(shift, spread, size=3_000)
    diagnosis = calibration.diagnose(calibration.pit(rng.normal(size=(3_000, 1_000)), truth, rng), 1e-4)
    assert set(diagnosis.verdict) == expected
    assert diagnosis.shift == pytest.approx(shift, abs=0.1)
    assert diagnosis.spread == pytest.approx(spread, rel=0.06)


def test_a_shape_that_is_neither_shift_nor_spread_is_not_uniform() -> None:
    """Truths on two sides of a normal, with the right mean and variance."""
    rng = np.random.default_rng(11)
    truth = rng.choice([-0.9, 0.9], size=3_000) + rng.normal(scale=np.sqrt(1 - 0.81), size=3_000)
    diagnosis = calibration.diagnose(stats.norm.cdf(truth), 1e-4)
    assert diagnosis.verdict == ("not uniform",)
    assert "not uniform (shift" in str(diagnosis)
    assert "shift +0.00 σ" in str(calibration.Diagnosis(("calibrated",), -0.001, 1.0, (0.5, 0.5, 0.5)))
    assert "shift −0.20 σ" in str(calibration.Diagnosis(("biased high",), -0.2, 1.0, (0.0, 0.5, 0.0)))


def test_false_alarms_are_as_rare_as_promised() -> None:
    """1,000 calibrated sets at a rate of 5 %: at most 5 % plus six binomial standard errors, and not none."""
    rng = np.random.default_rng(12)
    alarms = np.mean([calibration.diagnose(rng.random(200), 0.05).verdict != ("calibrated",) for _ in range(1_000)])
    assert 0.01 < alarms < 0.05 + 6 * np.sqrt(0.05 * 0.95 / 1_000)


@pytest.mark.parametrize("values", [np.linspace(0, 1, 20), np.full(5, 0.5), np.full((20, 2), 0.5)])
def test_diagnosis_refuses_values_that_are_no_randomised_ranks(values: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected at least ten, strictly between 0 and 1"):
        calibration.diagnose(values)
