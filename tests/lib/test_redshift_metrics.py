"""Metrics of predicted redshifts: closed forms, invariances, planted outliers, errors and error texts."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from shapbook.redshift_metrics import (
    COLUMNS,
    NMAD,
    median_bias,
    metrics,
    metrics_by_bin,
    outlier_fraction,
    scaled_errors,
    sigma_nmad,
)


def normal_quantiles(n: int, mean: float, sigma: float) -> np.ndarray:
    """Errors that follow a normal distribution without any randomness."""
    return norm.ppf((np.arange(n) + 0.5) / n, mean, sigma)


def test_scaled_errors_undo_their_definition() -> None:
    rng = np.random.default_rng(0)
    z, e = rng.uniform(0, 3, 200), rng.normal(0, 0.1, 200)
    np.testing.assert_allclose(scaled_errors(z, z + e * (1 + z)), e, atol=1e-15)


def test_too_far_is_positive() -> None:
    assert scaled_errors([1.0], [2.0]) == 0.5
    assert scaled_errors([1.0], [0.0]) == -0.5


def test_scaled_errors_take_table_columns_and_leave_them_alone() -> None:
    table = pd.DataFrame({"z": [0.0, 1.0], "p": [1.0, 1.0]}, index=[7, 3])
    before = table.copy()
    np.testing.assert_array_equal(scaled_errors(table["z"], table["p"]), [1.0, 0.0])
    pd.testing.assert_frame_equal(table, before)


def test_constant_is_the_normal_one() -> None:
    assert pytest.approx(1 / norm.ppf(0.75), abs=5e-5) == NMAD


@pytest.mark.parametrize(("mean", "sigma"), [(0.0, 1.0), (0.02, 0.03), (-4.0, 0.5)])
def test_normal_errors_give_back_mean_sigma_and_tail(mean: float, sigma: float) -> None:
    errors = normal_quantiles(100_001, mean, sigma)
    assert median_bias(errors) == pytest.approx(mean, abs=1e-9)
    assert sigma_nmad(errors) == pytest.approx(sigma, rel=1e-4)
    tail = norm.sf(0.15, mean, sigma) + norm.cdf(-0.15, mean, sigma)
    assert outlier_fraction(errors) == pytest.approx(tail, abs=2e-5)


def test_shift_moves_the_bias_only_and_scale_scales_both() -> None:
    errors = np.random.default_rng(1).standard_t(3, 501)
    assert median_bias(errors + 2) == pytest.approx(median_bias(errors) + 2)
    assert sigma_nmad(errors + 2) == pytest.approx(sigma_nmad(errors))
    assert median_bias(-3 * errors) == pytest.approx(-3 * median_bias(errors))
    assert sigma_nmad(-3 * errors) == pytest.approx(3 * sigma_nmad(errors))


def test_planted_outliers_are_counted_and_hardly_move_the_medians() -> None:
    errors = normal_quantiles(1000, 0.0, 0.03)
    planted = np.concatenate([errors, [5.0] * 10, [-5.0] * 15])
    assert outlier_fraction(planted) == 25 / 1025
    assert abs(median_bias(planted)) < 0.001
    assert sigma_nmad(planted) == pytest.approx(0.03, rel=0.05)
    assert planted.std() > 0.7


def test_an_error_at_the_limit_is_no_outlier() -> None:
    assert outlier_fraction([0.15, -0.15, 0.1501]) == pytest.approx(1 / 3)
    assert outlier_fraction([0.15, -0.15, 0.1501], limit=0.2) == 0


def test_one_galaxy_has_metrics_but_no_bootstrap_errors() -> None:
    one = metrics([1.0], [1.5], np.random.default_rng(0))
    assert (one["n"], one["bias"], one["sigma_nmad"], one["outliers"]) == (1, 0.25, 0.0, 1.0)
    assert np.isnan(one["bias_se"])
    assert np.isnan(one["sigma_nmad_se"])
    assert 0 < one["outliers_se"] < 0.5


def test_standard_errors_of_normal_errors_are_the_asymptotic_ones() -> None:
    n, sigma = 4000, 0.03
    z = np.zeros(n)
    row = metrics(z, np.random.default_rng(2).normal(0, sigma, n), np.random.default_rng(3), resamples=400)
    # the median's is √(π/2) σ/√n, the NMAD's 1.17 σ/√n; the bootstrap of one sample scatters by about a tenth
    assert row["bias_se"] == pytest.approx(np.sqrt(np.pi / 2) * sigma / np.sqrt(n), rel=0.35)
    assert row["sigma_nmad_se"] == pytest.approx(1.167 * sigma / np.sqrt(n), rel=0.35)


def test_error_of_the_outlier_fraction_is_binomial_for_many_and_never_zero() -> None:
    z = np.zeros(10_000)
    row = metrics(z, np.where(np.arange(10_000) < 300, 1.0, 0.0), np.random.default_rng(0), resamples=2)
    assert row["outliers_se"] == pytest.approx(np.sqrt(0.03 * 0.97 / 10_000), rel=0.02)
    none = metrics(np.zeros(98), np.zeros(98), np.random.default_rng(0), resamples=2)
    assert none["outliers"] == 0
    assert none["outliers_se"] == pytest.approx(np.sqrt(1 * 99 / (100**2 * 101)))


def test_errors_cover_the_truth_about_two_times_in_three() -> None:
    """Expected 68 of 100 samples; fewer than 50 or more than 85 has a chance below one in a thousand."""
    rng, sigma, inside = np.random.default_rng(4), 0.05, 0
    for _ in range(100):
        row = metrics(np.zeros(400), rng.normal(0, sigma, 400), rng, resamples=60)
        inside += abs(row["sigma_nmad"] - sigma) < row["sigma_nmad_se"]
    assert 50 <= inside <= 85


def test_bins_hold_their_lower_edge_and_equal_the_metrics_of_their_galaxies() -> None:
    rng = np.random.default_rng(5)
    z = np.round(rng.uniform(0, 2, 500), 1)
    pred = z + rng.normal(0, 0.2, 500)
    table = metrics_by_bin(z, pred, z, [0, 0.5, 1, 2.1], rng)
    assert list(table.columns) == ["low", "high", *COLUMNS]
    assert table["n"].sum() == 500
    for row in table.itertuples():
        inside = (z >= row.low) & (z < row.high)
        errors = scaled_errors(z[inside], pred[inside])
        assert row.n == inside.sum()
        assert (row.bias, row.sigma_nmad) == (median_bias(errors), sigma_nmad(errors))
        assert row.outliers == outlier_fraction(errors)


def test_bins_may_be_of_another_quantity_and_leave_galaxies_out() -> None:
    table = metrics_by_bin(
        [1.0, 1.0, 1.0], [1.0, 2.0, 5.0], [20.0, 21.0, 30.0], [19, 20.5, 22], np.random.default_rng(0)
    )
    assert table["bias"].tolist() == [0.0, 0.5]
    assert table["n"].sum() == 2


def test_an_empty_bin_is_nan_and_not_perfect() -> None:
    table = metrics_by_bin([0.1], [0.1], [0.1], [0, 1, 2], np.random.default_rng(0))
    assert table.loc[1, "n"] == 0
    assert table.loc[1, list(COLUMNS[1:])].isna().all()


def test_the_same_seed_gives_the_same_errors() -> None:
    errors = np.random.default_rng(6).normal(size=50)
    first, second = (metrics(np.zeros(50), errors, np.random.default_rng(9)) for _ in range(2))
    pd.testing.assert_series_equal(first, second)


@pytest.mark.parametrize(
    ("true", "pred", "text"),
    [
        ([0.1, np.nan], [0.1, 0.2], "z_true has 1 NaN or infinite entries of 2: leave those galaxies out"),
        ([0.1, 0.2], [np.inf, np.nan], "z_pred has 2 NaN"),
        ([0.1, 0.2], [0.1], "2 true redshifts and 1 predicted ones: expected the same galaxies"),
        ([], [], r"z_true has shape \(0,\): expected one number a galaxy"),
        ([[0.1]], [[0.1]], r"z_true has shape \(1, 1\)"),
        ([-1.0], [0.1], "A true redshift is -1: expected more than −1"),
    ],
)
def test_bad_redshifts_are_refused(true: list, pred: list, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        scaled_errors(true, pred)


@pytest.mark.parametrize("statistic", [median_bias, sigma_nmad, outlier_fraction])
def test_statistics_refuse_nan(statistic: object) -> None:
    with pytest.raises(ValueError, match="errors has 1 NaN or infinite entries of 3"):
        statistic([0.1, np.nan, 0.2])


def test_bad_options_are_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"The limit of an outlier is -0.1: expected a positive number"):
        outlier_fraction([0.1], limit=-0.1)
    with pytest.raises(ValueError, match="1 bootstrap resamples: expected at least 2"):
        metrics([0.1], [0.1], rng, resamples=1)
    with pytest.raises(ValueError, match="binned has 1 entries for 2 galaxies"):
        metrics_by_bin([0.1, 0.2], [0.1, 0.2], [0.1], [0, 1], rng)
    with pytest.raises(ValueError, match=r"edges are \[0.0, 0.0\]: expected at least two, each larger"):
        metrics_by_bin([0.1], [0.1], [0.1], [0, 0], rng)
