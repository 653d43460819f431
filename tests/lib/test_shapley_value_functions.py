"""A model's games: closed forms of linear models, and laws that tell the value functions apart."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shapbook.shapley import (
    all_coalitions,
    baseline_game,
    coalition_values,
    conditional_game,
    exact_values,
    grouped_game,
    interventional_game,
)
from shapbook.shapley import value_functions as module

repeatable = settings(derandomize=True, database=None, deadline=None, max_examples=40)
numbers = st.floats(-10, 10)


def curved(rows: np.ndarray) -> np.ndarray:
    return rows[:, 0] * rows[:, 1] + np.sin(rows[:, 2]) * rows[:, 0]


def gaussian(seed: int, n_features: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    factor = rng.normal(size=(n_features, n_features))
    return rng.normal(size=n_features), factor @ factor.T + 0.1 * np.eye(n_features)


@repeatable
@given(st.lists(st.tuples(numbers, numbers, numbers, numbers), min_size=1, max_size=5))
def test_a_linear_model_credits_slope_times_distance(features: list[tuple[float, ...]]) -> None:
    slopes, x, one, two = np.transpose(features)

    def model(rows: np.ndarray) -> np.ndarray:
        return rows @ slopes + 7

    np.testing.assert_allclose(exact_values(baseline_game(model, x, one)), slopes * (x - one), atol=1e-10)
    background = np.stack([one, two])
    expected = slopes * (x - background.mean(axis=0))
    np.testing.assert_allclose(exact_values(interventional_game(model, x, background)), expected, atol=1e-10)


@repeatable
@given(numbers, numbers, st.floats(-0.95, 0.95))
def test_a_correlated_feature_the_model_ignores(first: float, second: float, rho: float) -> None:
    # f = x1, standard normal features: v(2) = rho x2, so half of it moves from feature 1 to feature 2
    covariance = [[1, rho], [rho, 1]]
    game = conditional_game(lambda rows: rows[:, 0], [first, second], [0, 0], covariance, n_draws=3, rng=1)
    np.testing.assert_allclose(exact_values(game), [first - rho * second / 2, rho * second / 2], atol=1e-9)
    background = np.random.default_rng(2).multivariate_normal([0, 0], covariance, size=20)
    unused = exact_values(interventional_game(lambda rows: rows[:, 0], [first, second], background))[1]
    assert unused == 0


def test_conditional_values_of_a_linear_model_are_exact_for_all_coalitions() -> None:
    mean, covariance = gaussian(3, 4)
    slopes, x = np.array([1.0, -2, 0.5, 3]), np.array([0.3, -1, 2, 0.7])
    game = conditional_game(lambda rows: rows @ slopes, x, mean, covariance, n_draws=2, rng=4)
    for coalition, value in zip(all_coalitions(4), coalition_values(game), strict=True):
        filled = np.where(coalition, x, mean)
        here, there = np.flatnonzero(coalition), np.flatnonzero(~coalition)
        if len(here) and len(there):
            weights = np.linalg.inv(covariance[np.ix_(here, here)]) @ (x - mean)[here]
            filled[there] = mean[there] + covariance[np.ix_(there, here)] @ weights
        assert value == pytest.approx(filled @ slopes, abs=1e-10)


def test_conditional_values_of_a_product_agree_within_their_standard_errors() -> None:
    # E[X1 X2 | S] from the conditional mean and covariance; 8 values, each tested at 4.5 sigma:
    # one false alarm in about 18,000 seeds
    mean, covariance = gaussian(5, 3)
    x = np.array([1.0, -0.5, 0.8])
    game = conditional_game(
        lambda rows: rows[:, 0] * rows[:, 1], x, mean, covariance, n_draws=4000, rng=6, average=False
    )
    table = coalition_values(game)
    assert table.shape == (8, 4000)
    values, errors = table.mean(axis=1), table.std(axis=1, ddof=1) / np.sqrt(4000)
    for coalition, value, error in zip(all_coalitions(3), values, errors, strict=True):
        expected_mean, expected_covariance = mean.copy(), covariance.copy()
        here = np.flatnonzero(coalition)
        if len(here):
            weights = covariance[:, here] @ np.linalg.inv(covariance[np.ix_(here, here)])
            expected_mean = mean + weights @ (x - mean)[here]
            expected_covariance = covariance - weights @ covariance[here]
        expected = expected_mean[0] * expected_mean[1] + expected_covariance[0, 1]
        assert abs(value - expected) < 4.5 * error + 1e-9
        assert error < 0.1


def test_mirrored_draws_leave_a_linear_model_no_spread() -> None:
    mean, covariance = gaussian(17, 3)
    game = conditional_game(lambda rows: rows @ [1, -2, 3], [1, 2, 3], mean, covariance, 5, rng=18, average=False)
    assert np.ptp(coalition_values(game), axis=1).max() < 1e-9


def test_conditional_draws_have_the_right_spread() -> None:
    # given x2, the variance of x1 is 1 − rho²; 20,000 pairs fix it to 1 %, and 4.5 sigma are 4.5 %:
    # one false alarm in about 150,000 seeds
    seen = {}

    def model(rows: np.ndarray) -> np.ndarray:
        seen["rows"] = rows
        return rows[:, 0]

    game = conditional_game(model, [0.0, 2.0], [1, 1], [[1, 0.8], [0.8, 1]], n_draws=20_000, rng=7)
    assert game.value_of("x2") == pytest.approx(1.8, abs=1e-9)
    assert (seen["rows"][:, 1] == 2).all()
    assert seen["rows"][:, 0].var() == pytest.approx(0.36, rel=0.045)


def test_independent_features_make_conditional_and_interventional_agree() -> None:
    # a background from the same Gaussian; errors of both from the spread over samples, 4.5 sigma on 3 values:
    # one false alarm in about 50,000 seeds
    rng = np.random.default_rng(8)
    x = np.array([1.0, -0.5, 0.8])
    background = rng.normal(size=(3000, 3))
    conditional = exact_values(conditional_game(curved, x, [0] * 3, np.eye(3), 3000, rng, average=False))
    interventional = exact_values(interventional_game(curved, x, background, average=False))
    gap = conditional.mean(axis=1) - interventional.mean(axis=1)
    error = np.sqrt((conditional.var(axis=1, ddof=1) + interventional.var(axis=1, ddof=1)) / 3000)
    assert (np.abs(gap) < 4.5 * error).all()
    assert error.max() < 0.1


def test_interventional_is_the_mean_of_baselines() -> None:
    rng = np.random.default_rng(9)
    x, background = rng.normal(size=3), rng.normal(size=(11, 3))
    apart = np.array([exact_values(baseline_game(curved, x, sample)) for sample in background])
    together = exact_values(interventional_game(curved, x, background))
    np.testing.assert_allclose(together, apart.mean(axis=0), atol=1e-12)
    outputs = exact_values(interventional_game(curved, x, background, average=False))
    np.testing.assert_allclose(outputs, apart.T, atol=1e-12)


@pytest.mark.parametrize("batch_rows", [1, 7, 50])
def test_batches_do_not_change_the_values(batch_rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(10)
    x, background = rng.normal(size=3), rng.normal(size=(5, 3))
    mean, covariance = gaussian(11, 3)
    games = [
        interventional_game(curved, x, background),
        conditional_game(curved, x, mean, covariance, 6, rng=12),
        conditional_game(curved, x, mean, covariance, 6, rng=12, average=False),
    ]
    whole = [coalition_values(game) for game in games]
    monkeypatch.setattr(module, "BATCH_ROWS", batch_rows)
    for game, values in zip(games, whole, strict=True):
        np.testing.assert_allclose(coalition_values(game), values, atol=1e-13)


def test_ends_of_the_games() -> None:
    x = np.array([1.0, 2, 3])
    background = np.random.default_rng(13).normal(size=(9, 3))
    game = interventional_game(curved, x, background)
    assert game.value_of(*game.players) == pytest.approx(curved(x[None])[0])
    assert game.value_of() == pytest.approx(curved(background).mean())
    game = conditional_game(curved, x, *gaussian(14, 3), n_draws=5, rng=15)
    assert game.value_of(*game.players) == pytest.approx(curved(x[None])[0])


def test_several_outputs() -> None:
    def model(rows: np.ndarray) -> np.ndarray:
        return np.stack([curved(rows), 2 * rows[:, 0]], axis=1)

    x, background = np.array([1.0, 2, 3]), np.random.default_rng(16).normal(size=(6, 3))
    values = exact_values(interventional_game(model, x, background))
    np.testing.assert_allclose(values[:, 0], exact_values(interventional_game(curved, x, background)), atol=1e-12)
    np.testing.assert_allclose(values[:, 1], [2 * (1 - background[:, 0].mean()), 0, 0], atol=1e-12)
    with pytest.raises(ValueError, match="With average=False the model must have one output, got 2"):
        exact_values(interventional_game(model, x, background, average=False))


def test_features_can_be_grouped() -> None:
    x, baseline = [1.0, 2, 3], [0.0, 0, 0]
    game = grouped_game(baseline_game(curved, x, baseline), {"pair": ["x1", "x2"], "rest": ["x3"]})
    # v(pair) = 2, v(rest) = 0, v(all) = 2 + sin 3
    np.testing.assert_allclose(exact_values(game), [2 + np.sin(3) / 2, np.sin(3) / 2], rtol=1e-12)


def test_names_come_from_the_table() -> None:
    table = pd.DataFrame([[1.0, 2, 3], [4, 5, 6]], columns=["ug", "gr", "ri"])
    assert interventional_game(curved, table.iloc[0], table).players == ("ug", "gr", "ri")
    assert interventional_game(curved, table.to_numpy()[0], table).players == ("ug", "gr", "ri")
    assert baseline_game(curved, table.iloc[0], table.iloc[1]).players == ("ug", "gr", "ri")
    assert baseline_game(curved, (1, 2, 3), (0, 0, 0)).players == ("x1", "x2", "x3")
    assert baseline_game(curved, table.iloc[0], [0, 0, 0], ["a", "b", "c"]).players == ("a", "b", "c")
    assert conditional_game(curved, table.iloc[0], [0] * 3, np.eye(3), 1, 0).players == ("ug", "gr", "ri")


def test_missing_values_reach_a_model_that_can_take_them() -> None:
    game = baseline_game(lambda rows: np.isnan(rows).sum(axis=1), [np.nan, 1], [0, np.nan])
    np.testing.assert_allclose(exact_values(game), [1, -1])


def test_arguments_are_left_alone_and_copied() -> None:
    x, background = np.array([1.0, 2, 3]), np.zeros((2, 3))
    game = interventional_game(curved, x, background)
    before = coalition_values(game)
    x[:], background[:] = 9, 9
    np.testing.assert_array_equal(coalition_values(game), before)


two = np.eye(2)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: baseline_game(curved, [1, 2], [[0, 0]]), r"baseline must be one sample .*got \(1, 2\)"),
        (lambda: baseline_game(curved, [1, 2], [0, 0, 0]), r"shape \(n_background, 2\).*got \(1, 3\)"),
        (
            lambda: baseline_game(curved, [[1, 2]], [0, 0]),
            r"point explained must be one sample .*got \(1, 2\)",
        ),
        (lambda: baseline_game(curved, 1.0, [0]), r"point explained must be one sample .*got \(\)"),
        (lambda: interventional_game(curved, [1, 2], [0, 0]), r"shape \(n_background, 2\).*got \(2,\)"),
        (lambda: interventional_game(curved, [1, 2], np.empty((0, 2))), r"at least one sample; got \(0, 2\)"),
        (
            lambda: baseline_game(curved, [1, 2], [0, 0], ["a"]),
            "one name for each of the 2 features, got 1: a",
        ),
        (lambda: baseline_game(curved, [1, 2], [0, 0], ["a", "a"]), "different names; repeated: a"),
        (
            lambda: conditional_game(curved, [1, 2], [0], two, 1, 0),
            r"For 2 features .*got \(1,\) and \(2, 2\)",
        ),
        (lambda: conditional_game(curved, [1, 2], [0, 0], np.eye(3), 1, 0), r"got \(2,\) and \(3, 3\)"),
        (lambda: conditional_game(curved, [1, np.nan], [0, 0], two, 1, 0), "must be finite"),
        (
            lambda: conditional_game(curved, [1, 2], [0, 0], np.ones((2, 2)), 1, 0),
            "eigenvalues run from .* to 2",
        ),
        (lambda: conditional_game(curved, [1, 2], [0, 0], [[1, 0.5], [0, 1]], 1, 0), "must be symmetric"),
        (lambda: conditional_game(curved, [1, 2], [0, 0], two, 0, 0), "n_draws must be at least 1, got 0"),
    ],
)
def test_games_that_make_no_sense(make: object, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        make()  # type: ignore[operator]


@pytest.mark.parametrize(
    ("model", "shape"),
    [
        (lambda rows: 1.0, r"\(\)"),
        (lambda rows: rows[:3, 0], r"\(3,\)"),
        (lambda rows: rows[:, :, None], r"\(12, 3, 1\)"),
    ],
)
def test_a_model_that_returns_the_wrong_shape(model: object, shape: str) -> None:
    game = interventional_game(model, [1, 2, 3], np.zeros((6, 3)))  # type: ignore[arg-type]
    expected = rf"model returned shape {shape} for 12 rows of 3 features: expected \(12,\) or \(12, n_outputs\)"
    with pytest.raises(ValueError, match=expected):
        game(all_coalitions(3)[:2])


def test_a_model_that_is_not_finite_is_told_with_the_coalition() -> None:
    game = baseline_game(lambda rows: np.where(rows[:, 0] > 0, np.nan, 1.0), [1, 1], [0, 0])
    with pytest.raises(ValueError, match=r"gives nan to the coalition {x1}; 2 of 4 values"):
        exact_values(game)
