"""Named games have the Shapley values that pencil and paper give."""

from fractions import Fraction
from math import comb, factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shapbook.shapley import (
    additive_game,
    airport_game,
    all_coalitions,
    exact_values,
    exact_values_by_orderings,
    glove_game,
    security_council_game,
    unanimity_game,
    voting_game,
)

repeatable = settings(derandomize=True, database=None, deadline=None, max_examples=60)
worths = st.lists(st.floats(-100, 100), min_size=1, max_size=7)


@repeatable
@given(worths)
def test_additive_game_gives_each_player_its_worth(own: list[float]) -> None:
    np.testing.assert_allclose(exact_values(additive_game(own)), own, atol=1e-11)


@repeatable
@given(st.integers(1, 8), st.data())
def test_unanimity_game_is_shared_by_its_carrier(n_players: int, data: st.DataObject) -> None:
    names = [f"p{k}" for k in range(n_players)]
    carrier = data.draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
    expected = [1 / len(carrier) if name in carrier else 0 for name in names]
    np.testing.assert_allclose(exact_values(unanimity_game(names, carrier)), expected, atol=1e-14)


def test_coalitions_are_worth_what_the_rules_say() -> None:
    # a game and its dual share their Shapley values, so the values of coalitions are checked on their own
    unanimity, airport = unanimity_game(3, ["player 1", "player 3"]), airport_game([1, 5, 2])
    vote, glove = voting_game([3, 2, 1], 4), glove_game(2, 1)
    for coalition in all_coalitions(3):
        first, second, third = coalition
        assert unanimity([coalition]) == (first and third)
        assert airport([coalition]) == (5 if second else 2 if third else 1 if first else 0)
        assert vote([coalition]) == (first and (second or third))
        assert glove([coalition]) == (third and (first or second))


@pytest.mark.parametrize("n_right", range(1, 9))
def test_one_left_glove_against_many_right_ones(n_right: int) -> None:
    # the left glove earns 1 unless it comes first; what is left is shared equally
    expected = [n_right / (n_right + 1)] + [1 / (n_right * (n_right + 1))] * n_right
    np.testing.assert_allclose(exact_values(glove_game(1, n_right)), expected, rtol=1e-13)


@pytest.mark.parametrize("pairs", [1, 2, 5])
def test_equally_many_gloves_of_both_hands(pairs: int) -> None:
    np.testing.assert_allclose(exact_values(glove_game(pairs, pairs)), 0.5, rtol=1e-13)


def test_two_left_gloves_against_three_right_ones() -> None:
    # Shapley and Shubik's market: by hand, 39/60 for a left glove and 14/60 for a right one
    expected = [39 / 60] * 2 + [14 / 60] * 3
    np.testing.assert_allclose(exact_values_by_orderings(glove_game(2, 3)), expected, rtol=1e-13)
    np.testing.assert_allclose(exact_values(glove_game(2, 3)), expected, rtol=1e-13)


@repeatable
@given(st.lists(st.floats(0, 100), min_size=1, max_size=8))
def test_airport_game_splits_each_stretch_among_its_users(costs: list[float]) -> None:
    order = np.argsort(costs)
    stretches = np.diff(np.sort(costs), prepend=0) / np.arange(len(costs), 0, -1)
    expected = np.empty(len(costs))
    expected[order] = np.cumsum(stretches)
    np.testing.assert_allclose(exact_values(airport_game(costs)), expected, atol=1e-11)


def test_security_council() -> None:
    # an elected member decides when all 5 permanent and exactly 3 of the 9 other elected ones stand before it
    elected = Fraction(comb(9, 3) * factorial(8) * factorial(6), factorial(15))
    permanent = (1 - 10 * elected) / 5
    values = exact_values(security_council_game())
    np.testing.assert_allclose(values, [float(permanent)] * 5 + [float(elected)] * 10, rtol=1e-12)
    assert values[0] == pytest.approx(0.19627, abs=5e-6)  # published
    assert values[-1] == pytest.approx(0.001865, abs=5e-7)


def test_security_council_rule_in_words() -> None:
    game = security_council_game()
    coalitions = np.random.default_rng(1).random((2000, 15)) < 0.9
    passes = coalitions[:, :5].all(axis=1) & (coalitions[:, 5:].sum(axis=1) >= 4)
    assert 100 < passes.sum() < 1900
    np.testing.assert_array_equal(game(coalitions), passes)


@pytest.mark.parametrize(
    ("weights", "quota", "expected"),
    [
        ([1, 1, 1], 2, [1 / 3, 1 / 3, 1 / 3]),
        ([50, 49, 1], 51, [2 / 3, 1 / 6, 1 / 6]),  # a vote of 1 is worth as much as one of 49
        ([3, 1, 1], 3, [1, 0, 0]),  # a dictator
        ([4, 3, 2, 1], 6, [5 / 12, 3 / 12, 3 / 12, 1 / 12]),
        ([2, 1, 1], 4, [1 / 3, 1 / 3, 1 / 3]),  # all are needed
    ],
)
def test_weighted_votes(weights: list[int], quota: int, expected: list[float]) -> None:
    np.testing.assert_allclose(exact_values(voting_game(weights, quota)), expected, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: glove_game(0, 2), "at least one glove of each hand, got 0 left and 2 right"),
        (lambda: airport_game([1, -2]), "Costs must not be negative, got -2"),
        (lambda: voting_game([1, -1], 1), "Weights must not be negative, got -1"),
        (lambda: voting_game([1, 1], 0), "above 0 and not above the 2 votes there are, got 0"),
        (lambda: voting_game([1, 1], 3), "above 0 and not above the 2 votes there are, got 3"),
        (
            lambda: additive_game([1, 2], ["a"]),
            r"worths must be 1 finite numbers, one for each player, got \[1, 2\]",
        ),
        (lambda: additive_game([1, np.nan]), "worths must be 2 finite numbers"),
        (lambda: additive_game([]), "at least one player"),
        (lambda: unanimity_game(["a", "b"], ["c"]), "some of the players a, b; got unknown: c"),
        (lambda: unanimity_game(["a", "b"], []), "some of the players a, b; got none"),
    ],
)
def test_games_that_make_no_sense(make: object, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        make()  # type: ignore[operator]
