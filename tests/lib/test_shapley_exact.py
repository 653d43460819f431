"""Exact values: against closed forms, the other formula, other programs, and the limits of the machine."""

import time
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.tree import DecisionTreeRegressor

from shapbook.shapley import (
    Game,
    all_coalitions,
    coalition_values,
    exact_values,
    exact_values_by_orderings,
    interventional_game,
    table_game,
    unanimity_game,
)
from shapbook.shapley import exact as exact_module

with warnings.catch_warnings():  # shap 0.51 colours its plots in a way Matplotlib 3.11 will end
    warnings.simplefilter("ignore", PendingDeprecationWarning)
    import shap

repeatable = settings(derandomize=True, database=None, deadline=None, max_examples=60)


@st.composite
def tables(draw: st.DrawFn, most: int = 5) -> np.ndarray:
    n_players = draw(st.integers(1, most))
    values = st.floats(-1000, 1000)
    return np.array(draw(st.lists(values, min_size=2**n_players, max_size=2**n_players)))


@repeatable
@given(tables())
def test_any_game_is_a_sum_of_unanimity_games(dividends: np.ndarray) -> None:
    # a game with dividend d(T) for each coalition T gives its members d(T)/|T| each
    carriers = all_coalitions(int(np.log2(len(dividends))))
    names = [f"p{k}" for k in range(carriers.shape[1])]
    table, expected = np.full(len(dividends), dividends[0]), np.zeros(len(names))
    for carrier, dividend in zip(carriers[1:], dividends[1:], strict=True):
        chosen = [name for name, member in zip(names, carrier, strict=True) if member]
        table += dividend * coalition_values(unanimity_game(names, chosen))
        expected[carrier] += dividend / carrier.sum()
    np.testing.assert_allclose(exact_values(table_game(table, names)), expected, atol=1e-9)


@repeatable
@given(tables())
def test_both_forms_of_the_formula_agree(table: np.ndarray) -> None:
    game = table_game(table)
    np.testing.assert_allclose(exact_values_by_orderings(game), exact_values(game), atol=1e-9)


def test_orderings_in_several_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    game = table_game(np.random.default_rng(1).normal(size=(64, 2)))
    monkeypatch.setattr(exact_module, "BATCH_ORDERINGS", 77)
    np.testing.assert_allclose(exact_values_by_orderings(game), exact_values(game), atol=1e-12)


def test_each_output_is_a_game_of_its_own() -> None:
    table = np.random.default_rng(2).normal(size=(32, 3))
    apart = [exact_values(table_game(column)) for column in table.T]
    np.testing.assert_allclose(exact_values(table_game(table)), np.transpose(apart), rtol=1e-12)


def test_each_coalition_is_evaluated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact_module, "BATCH_COALITIONS", 24)
    seen: list[np.ndarray] = []

    def value(coalitions: np.ndarray) -> np.ndarray:
        seen.append(coalitions.copy())
        coalitions[:] = False  # what a game does to its argument is its own affair
        return seen[-1] @ [1.0, 2, 3, 4, 5, 6]

    np.testing.assert_allclose(exact_values(Game(6, value)), [1, 2, 3, 4, 5, 6], rtol=1e-13)
    assert len(seen) == 3
    np.testing.assert_array_equal(np.concatenate(seen), all_coalitions(6))


def test_a_large_constant_costs_no_digits() -> None:
    table = np.random.default_rng(3).integers(0, 100, size=256)
    np.testing.assert_array_equal(exact_values(table_game(table + 2.0**40)), exact_values(table_game(table)))


def test_sixteen_players_take_seconds_at_most() -> None:
    start = time.perf_counter()
    values = exact_values(Game(16, lambda coalitions: coalitions.sum(axis=1) ** 2))
    assert time.perf_counter() - start < 5
    np.testing.assert_allclose(values, 16, rtol=1e-12)


def data(n_features: int) -> tuple[np.ndarray, np.ndarray]:
    # TreeSHAP and scikit-learn compare in single precision, so the samples are exact in it
    samples = np.random.default_rng(4).normal(size=(300, n_features)).astype(np.float32).astype(float)
    return samples, samples[:, 0] * samples[:, 1] + np.sin(2 * samples[:, 2]) + 0.3 * samples[:, -1]


def test_shap_exact_explainer_gives_the_same_values() -> None:
    samples, _ = data(7)

    def model(rows: np.ndarray) -> np.ndarray:
        return rows[:, 0] * rows[:, 1] * rows[:, 2] + np.tanh(rows.sum(axis=1))  # one output compiles faster

    points, background = samples[:3], samples[20:40]
    explain = shap.ExactExplainer(model, shap.maskers.Independent(background, max_samples=100))
    theirs = explain(points).values
    ours = [exact_values(interventional_game(model, point, background)) for point in points]
    assert np.abs(theirs).max() > 0.1
    np.testing.assert_allclose(ours, theirs, atol=1e-10)


def test_interventional_tree_shap_gives_the_same_values() -> None:
    samples, target = data(6)
    model = GradientBoostingRegressor(n_estimators=20, max_depth=3, random_state=0).fit(samples, target)
    points, background = samples[:3], samples[20:50]
    explain = shap.TreeExplainer(model, data=background, feature_perturbation="interventional")
    theirs = explain(points).values
    ours = [exact_values(interventional_game(model.predict, point, background)) for point in points]
    assert np.abs(theirs).max() > 0.1
    np.testing.assert_allclose(ours, theirs, atol=1e-10)


def test_path_dependent_tree_shap_plays_its_own_game() -> None:
    samples, target = data(5)
    model = DecisionTreeRegressor(max_depth=4, random_state=0).fit(samples, target)
    tree, point = model.tree_, samples[0]

    def below(node: int, coalitions: np.ndarray) -> np.ndarray:
        left, right, feature = tree.children_left[node], tree.children_right[node], tree.feature[node]
        if left == -1:
            return np.full(len(coalitions), tree.value[node, 0, 0])
        branches = below(left, coalitions), below(right, coalitions)
        known = branches[0] if point[feature] <= tree.threshold[node] else branches[1]
        counts = tree.weighted_n_node_samples
        mixed = (counts[left] * branches[0] + counts[right] * branches[1]) / counts[node]
        return np.where(coalitions[:, feature], known, mixed)

    theirs = shap.TreeExplainer(model, feature_perturbation="tree_path_dependent")(point[None]).values[0]
    assert np.abs(theirs).max() > 0.1
    np.testing.assert_allclose(exact_values(Game(5, lambda c: below(0, c))), theirs, atol=1e-10)


@pytest.mark.parametrize(
    ("n_players", "cost"),
    [
        (21, r"21 players have 2,097,152 coalitions.* about 33.6 MB of memory"),
        (30, r"30 players have 1,073,741,824 coalitions.* about 17.2 GB of memory"),
        (60, r"60 players have 2\^60 ≈ 10\^18 coalitions.* about 10\^7 TB of memory"),
        (1024, r"1024 players have 2\^1024 ≈ 10\^308 coalitions.* about 10\^297 TB of memory"),
    ],
)
def test_too_many_players_are_told_the_cost(n_players: int, cost: str) -> None:
    def never(coalitions: np.ndarray) -> np.ndarray:
        pytest.fail("the game was evaluated")

    remedy = r".* more than max_evaluations=1,048,576 allows\. Raise it.*`grouped_game`.*`sample_values`"
    with pytest.raises(ValueError, match=cost + remedy):
        exact_values(Game(n_players, never))


def test_the_limit_can_be_moved() -> None:
    game = Game(3, lambda coalitions: coalitions.sum(axis=1))
    np.testing.assert_allclose(exact_values(game, max_evaluations=8), 1)
    with pytest.raises(ValueError, match="max_evaluations=7 allows"):
        exact_values(game, max_evaluations=7)
    np.testing.assert_allclose(exact_values_by_orderings(game, max_orderings=6), 1)
    with pytest.raises(ValueError, match="max_orderings=5 allows"):
        exact_values_by_orderings(game, max_orderings=5)


@pytest.mark.parametrize(
    ("n_players", "cost"),
    [
        (10, r"10 players have 10! = 3,628,800 orderings, with 10 marginal.* needs 1,024 evaluations"),
        (
            100,
            r"100 players have 100! = 10\^158 orderings, with 100 marginal.* needs 2\^100 ≈ 10\^30 ",
        ),
    ],
)
def test_too_many_orderings_are_told_the_cost(n_players: int, cost: str) -> None:
    with pytest.raises(ValueError, match=cost):
        exact_values_by_orderings(Game(n_players, lambda coalitions: coalitions.sum(axis=1)))


@pytest.mark.parametrize("solver", [exact_values, exact_values_by_orderings, coalition_values])
def test_a_bare_function_is_no_game(solver: object) -> None:
    with pytest.raises(TypeError, match=r"Expected a Game, got function: wrap .* as `Game\(players, function\)`"):
        solver(lambda coalitions: coalitions.sum(axis=1))  # type: ignore[operator]


def test_a_game_must_not_change_its_outputs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact_module, "BATCH_COALITIONS", 6)
    shifty = Game(3, lambda c: c.sum(axis=1) if len(c) == 6 else c[:, :2])
    with pytest.raises(ValueError, match=r"outputs of shape \(\) for some coalitions and \(2,\) for others"):
        exact_values(shifty)
