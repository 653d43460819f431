"""The game of nearest neighbours: its two limits, closed forms, and words for what it cannot do."""

import numpy as np
import pandas as pd
import pytest

from shapbook.shapley import all_coalitions, coalition_values, exact_values, interventional_game, neighbour_game


def curved(rows: np.ndarray) -> np.ndarray:
    return rows[:, 0] * rows[:, 1] + np.sin(rows[:, 2])


def cloud(seed: int, n: int = 60) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, 3))


def test_with_all_neighbours_it_is_the_interventional_game() -> None:
    background, x = cloud(1), np.array([1.0, -0.5, 2.0])
    near = coalition_values(neighbour_game(curved, x, background, n_neighbours=60))
    np.testing.assert_allclose(near, coalition_values(interventional_game(curved, x, background)), atol=1e-12)


def test_every_coalition_averages_over_its_own_neighbours() -> None:
    # brute force: sort the background by distance in the features present
    background, x, scale = cloud(2, n=900), np.array([0.3, -0.2, 0.1]), np.array([1.0, 2.0, 0.5])
    game = neighbour_game(curved, x, background, n_neighbours=150, scale=scale)
    for coalition in all_coalitions(3)[1:]:
        distance = (((background - x) / scale)[:, coalition] ** 2).sum(axis=1)
        rows = background[np.argsort(distance)[:150]]
        rows[:, coalition] = x[coalition]
        assert game(coalition[None])[0] == pytest.approx(curved(rows).mean(), abs=1e-12)
    assert game.value_of() == pytest.approx(curved(background).mean(), abs=1e-12)


def test_the_scale_decides_who_is_near() -> None:
    # of two samples, the first is nearer in feature 1 and the second in feature 2
    background = np.array([[0.1, 1.0, 5.0], [1.0, 0.1, 7.0]])
    seen = []
    for scale in ([0.1, 1, 1], [1, 0.1, 1]):
        game = neighbour_game(lambda rows: rows[:, 2], np.zeros(3), background, 1, scale)
        seen.append(game.value_of("x1", "x2"))
    assert seen == [5.0, 7.0]


def test_a_copy_the_model_ignores_shares_the_credit() -> None:
    # given the copy, x1 is known, so each of the two gets half; alone in its coalition it is worth as much as x1
    column = np.linspace(-1, 1, 401)
    background = np.column_stack([column, column])
    game = neighbour_game(lambda rows: rows[:, 0], [0.8, 0.8], background, n_neighbours=3)
    np.testing.assert_allclose(exact_values(game), [0.4, 0.4], atol=1e-9)
    plain = exact_values(interventional_game(lambda rows: rows[:, 0], [0.8, 0.8], background))
    np.testing.assert_allclose(plain, [0.8, 0], atol=1e-9)


def test_it_tends_to_the_conditional_mean_of_a_gaussian() -> None:
    # E[X1 | x2 = 1] = 0.8; the mean of 2,000 neighbours of 200,000 has the error 0.6/√2000 = 0.013, and their
    # distances up to 0.02 shift it by less than 0.001: 4.5 sigma, one false alarm in about 150,000 seeds
    rng = np.random.default_rng(4)
    background = rng.multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], 200_000)
    game = neighbour_game(lambda rows: rows[:, 0], [0.0, 1.0], background, n_neighbours=2000)
    assert game.value_of("x2") == pytest.approx(0.8, abs=4.5 * 0.6 / np.sqrt(2000) + 0.001)


def test_a_model_with_two_outputs_gives_two_values() -> None:
    def two(rows: np.ndarray) -> np.ndarray:
        return np.column_stack([curved(rows), rows[:, 0]])

    background, x = cloud(5), np.array([0.1, 0.2, 0.3])
    both = coalition_values(neighbour_game(two, x, background, n_neighbours=5))
    assert both.shape == (8, 2)
    np.testing.assert_allclose(both[:, 0], coalition_values(neighbour_game(curved, x, background, 5)), atol=1e-12)


def test_names_come_from_the_table() -> None:
    table = pd.DataFrame(cloud(6), columns=["ug", "gr", "ri"])
    assert neighbour_game(curved, table.iloc[0], table, 3).players == ("ug", "gr", "ri")
    assert neighbour_game(curved, table.iloc[0], table, 3, players=["a", "b", "c"]).players == ("a", "b", "c")


def test_the_callers_arrays_are_left_alone() -> None:
    background, x = cloud(7), np.array([0.1, 0.2, 0.3])
    before = background.copy(), x.copy()
    coalition_values(neighbour_game(curved, x, background, 5))
    np.testing.assert_array_equal(background, before[0])
    np.testing.assert_array_equal(x, before[1])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"n_neighbours": 0}, "between 1 and the 60 background samples, got 0"),
        ({"n_neighbours": 61}, "got 61"),
        ({"n_neighbours": 3, "scale": [1, 1]}, "one number above 0 for each of the 3 features"),
        ({"n_neighbours": 3, "scale": [1, 0, 1]}, "pass its scale"),
    ],
)
def test_wrong_arguments_are_named(arguments: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        neighbour_game(curved, [0, 0, 0], cloud(8), **arguments)


def test_a_constant_feature_needs_a_scale() -> None:
    background = np.column_stack([cloud(9)[:, :2], np.ones(60)])
    with pytest.raises(ValueError, match="constant in the background"):
        neighbour_game(curved, [0, 0, 1], background, 3)
    neighbour_game(curved, [0, 0, 1], background, 3, scale=[1, 1, 1])


def test_shapes_that_disagree_are_named() -> None:
    with pytest.raises(ValueError, match="one column for each feature"):
        neighbour_game(curved, [0, 0], cloud(10), 3, players=["a", "b"])
