"""Shapley values satisfy the axioms; each checker tells a rule that breaks its axiom from others."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shapbook.shapley import (
    Game,
    additivity_violation,
    all_coalitions,
    coalition_values,
    consistency_violation,
    efficiency_violation,
    exact_values,
    exact_values_by_orderings,
    glove_game,
    local_accuracy_violation,
    marginal_contributions,
    missingness_violation,
    null_player_violation,
    sample_values,
    symmetry_violation,
    table_game,
    unanimity_game,
)

repeatable = settings(derandomize=True, database=None, deadline=None, max_examples=50)
solvers = pytest.mark.parametrize("solver", [exact_values, exact_values_by_orderings])


def table_of(draw: st.DrawFn, n_players: int) -> np.ndarray:
    return np.array(draw(st.lists(st.floats(-100, 100), min_size=2**n_players, max_size=2**n_players)))


@st.composite
def games(draw: st.DrawFn) -> Game:
    return table_game(table_of(draw, draw(st.integers(1, 5))))


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Game, Game]:
    n_players = draw(st.integers(1, 4))
    return table_game(table_of(draw, n_players)), table_game(table_of(draw, n_players))


@st.composite
def games_and_two_players(draw: st.DrawFn) -> tuple[Game, int, int]:
    n_players = draw(st.integers(2, 5))
    one, other = draw(st.permutations(range(n_players)))[:2]
    return table_game(table_of(draw, n_players)), one, other


def first_come(game: Game) -> np.ndarray:
    """Contributions in one ordering: efficient, additive and consistent, but not symmetric."""
    return marginal_contributions(game, [range(game.n_players)])[0]


def equal_split(game: Game) -> np.ndarray:
    """Efficient, symmetric and additive, but null players share too."""
    table = coalition_values(game)
    return np.full(game.n_players, (table[-1] - table[0]) / game.n_players)


def banzhaf(game: Game) -> np.ndarray:
    """The plain mean over coalitions: all axioms but efficiency."""
    table = coalition_values(game).reshape([2] * game.n_players)
    return np.array([np.diff(table, axis=game.n_players - 1 - k).mean() for k in range(game.n_players)])


def proportional(game: Game) -> np.ndarray:
    """Shares in proportion to what players achieve alone: neither additive nor consistent."""
    table = coalition_values(game)
    alone = game(np.eye(game.n_players, dtype=bool)) - table[0]
    return alone / alone.sum() * (table[-1] - table[0])


@solvers
@repeatable
@given(game=games())
def test_efficiency(solver: object, game: Game) -> None:
    assert efficiency_violation(game, solver(game)) < 1e-10  # type: ignore[operator]


@solvers
@repeatable
@given(case=games_and_two_players())
def test_symmetry(solver: object, case: tuple[Game, int, int]) -> None:
    game, one, other = case
    swap = np.arange(game.n_players)
    swap[[one, other]] = other, one
    symmetric = Game(game.players, lambda coalitions: game(coalitions) + game(coalitions[:, swap]))
    values = solver(symmetric)  # type: ignore[operator]
    assert abs(values[one] - values[other]) < 1e-10
    assert symmetry_violation(symmetric, values) < 1e-6  # players equal to the checker's tolerance count as equal
    values[one] += 1
    assert symmetry_violation(symmetric, values) > 0.9


@solvers
@repeatable
@given(case=games_and_two_players())
def test_null_player(solver: object, case: tuple[Game, int, int]) -> None:
    game, idle, _ = case
    without = Game(game.players, lambda c: game(c & (np.arange(game.n_players) != idle)))
    values = solver(without)  # type: ignore[operator]
    assert abs(values[idle]) < 1e-12
    assert null_player_violation(without, values) < 1e-6
    values[idle] -= 1
    assert null_player_violation(without, values) > 0.9


@solvers
@repeatable
@given(games=pairs())
def test_additivity(solver: object, games: tuple[Game, Game]) -> None:
    assert additivity_violation(solver, *games) < 1e-10  # type: ignore[arg-type]


@solvers
@repeatable
@given(games=pairs(), player=st.integers(0, 3))
def test_consistency(solver: object, games: tuple[Game, Game], player: int) -> None:
    game, other = games
    player %= game.n_players
    # raise the value of every coalition with the player, so that it nowhere adds less than before
    more = Game(game.players, lambda c: game(c) + np.abs(other(c)) * c[:, player])
    assert consistency_violation(solver, game, more) < 1e-9  # type: ignore[arg-type]
    assert solver(more)[player] >= solver(game)[player] - 1e-10  # type: ignore[operator]


@repeatable
@given(game=games(), data=st.data())
def test_relabelling_players_relabels_values(game: Game, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(game.n_players)))
    inverse = np.argsort(order)
    renamed = Game(game.n_players, lambda coalitions: game(coalitions[:, inverse]))
    np.testing.assert_allclose(exact_values(renamed), exact_values(game)[order], atol=1e-10)


@repeatable
@given(game=games(), factor=st.floats(-5, 5), constant=st.floats(-5, 5))
def test_scale_and_shift(game: Game, factor: float, constant: float) -> None:
    changed = Game(game.players, lambda coalitions: factor * game(coalitions) + constant)
    np.testing.assert_allclose(exact_values(changed), factor * exact_values(game), atol=1e-9)


GAME = Game(["a", "b", "idle"], lambda c: c @ [1, 1, 0] + 4 * (c[:, 0] & c[:, 1]))
OTHER = Game(["a", "b", "idle"], lambda c: c @ [9, 1, 0])


def report(solver: object) -> dict[str, float]:
    values = solver(GAME)  # type: ignore[operator]
    return {
        "efficiency": efficiency_violation(GAME, values),
        "symmetry": symmetry_violation(GAME, values),
        "null player": null_player_violation(GAME, values),
        "additivity": additivity_violation(solver, GAME, OTHER),  # type: ignore[arg-type]
        "consistency": consistency_violation(solver, GAME, OTHER),  # type: ignore[arg-type]
    }


@pytest.mark.parametrize(
    ("solver", "broken"),
    [
        (exact_values, {}),
        (first_come, {"symmetry": 4}),  # a gets 1, b gets 5
        # 6 shared among three; 10 in OTHER, where idle adds as little and b no more
        (equal_split, {"null player": 2, "consistency": 4 / 3}),
        (lambda game: exact_values(game) + 1, {"efficiency": 3, "null player": 1, "additivity": 1}),
        # a adds more to every coalition in OTHER (9, and 1 or 5 in GAME), yet gets -9 instead of -3;
        # b adds 1 in OTHER and 1 or 5 in GAME, yet gets -3 instead of -1
        (lambda game: -exact_values(game), {"efficiency": 12, "consistency": 6}),
    ],
)
def test_each_checker_measures_its_violation(solver: object, broken: dict[str, float]) -> None:
    found = report(solver)
    for axiom, size in found.items():
        assert size == pytest.approx(broken.get(axiom, 0), abs=1e-12), axiom


def test_banzhaf_breaks_efficiency_only() -> None:
    game = unanimity_game(3, ["player 1", "player 2", "player 3"])
    values = banzhaf(game)
    assert efficiency_violation(game, values) == pytest.approx(0.25)  # 3/4 instead of 1
    assert symmetry_violation(game, values) == null_player_violation(game, values) == 0
    assert additivity_violation(banzhaf, game, glove_like(3)) == pytest.approx(0, abs=1e-15)


def glove_like(n_players: int) -> Game:
    return Game(n_players, lambda c: c[:, 0] & c[:, 1:].any(axis=1))


def test_proportional_shares_break_additivity_and_consistency() -> None:
    one = Game(2, lambda c: c @ [1, 3] + 4 * c.all(axis=1))
    two = Game(2, lambda c: c @ [1, 1] + 4 * c.all(axis=1))
    # one: 8 shared 1:3 gives (2, 6); two: 6 shared 1:1 gives (3, 3);
    # their sum: 14 shared 2:4 gives (14/3, 28/3)
    assert additivity_violation(proportional, one, two) == pytest.approx(1 / 3)
    # player 1 adds the same in both games, and gets 2 in one and 3 in the other
    assert consistency_violation(proportional, one, two) == pytest.approx(1)
    assert consistency_violation(proportional, two, one) == pytest.approx(1)
    assert consistency_violation(exact_values, one, two) == pytest.approx(0, abs=1e-12)


def test_consistency_asks_for_every_coalition() -> None:
    # player 1 adds more to the empty coalition and less to {player 2}: nothing is demanded of its value
    one, two = table_game([0, 1, 0, 1]), table_game([0, 3, 0, 0])
    assert consistency_violation(lambda game: -exact_values(game) * [1, 0], one, two) == 0


def test_outputs_are_judged_one_by_one() -> None:
    # in output 1 player 3 is idle and the others symmetric; in output 2 all is otherwise
    game = Game(3, lambda c: np.stack([c[:, 0] & c[:, 1], c @ [1, 2, 3]], axis=1))
    values = exact_values(game)
    for axiom in (efficiency_violation, symmetry_violation, null_player_violation):
        assert axiom(game, values) < 1e-12
    values[2, 0] += 0.25
    assert null_player_violation(game, values) == pytest.approx(0.25)
    values[0, 0] += 0.5
    assert symmetry_violation(game, values) == pytest.approx(0.5)
    assert efficiency_violation(game, values) == pytest.approx(0.75)
    values = exact_values(game)
    values[2, 1] += 0.5
    assert null_player_violation(game, values) < 1e-12
    assert efficiency_violation(game, values) == pytest.approx(0.5)


def test_the_tolerance_says_who_counts_as_equal() -> None:
    game = Game(2, lambda c: c @ [1, 1 + 1e-6])
    assert symmetry_violation(game, [0, 1]) == 0
    assert symmetry_violation(game, [0, 1], tolerance=1e-5) == 1
    nearly_idle = Game(2, lambda c: c @ [1, 1e-6])
    assert null_player_violation(nearly_idle, [0, 1]) == 0
    assert null_player_violation(nearly_idle, [0, 1], tolerance=1e-5) == 1


def test_sampled_values_are_efficient_but_only_nearly_symmetric() -> None:
    game = glove_game(2, 3)
    estimate = sample_values(game, 50, 1)
    assert efficiency_violation(game, estimate.values) < 1e-12
    assert 0 < symmetry_violation(game, estimate.values) < 8 * estimate.standard_errors.max()


def test_local_accuracy() -> None:
    values = np.array([[1.0, 2], [3, 4]])
    assert local_accuracy_violation(0.5, values, [3.5, 7.5]) == 0
    assert local_accuracy_violation([0.5, 1.5], values, [3.5, 7.5]) == 1
    assert local_accuracy_violation(0.5, values, [3.5, 9.5]) == 2


def test_missingness() -> None:
    present = np.array([[True, False], [True, True]])
    assert missingness_violation(present, [[5, 0], [5, 5]]) == 0
    assert missingness_violation(present, [[5, -3], [5, 5]]) == 3
    assert missingness_violation([True], [1]) == 0


@pytest.mark.parametrize("axiom", [efficiency_violation, symmetry_violation, null_player_violation])
def test_values_must_fit_the_game(axiom: object) -> None:
    with pytest.raises(ValueError, match=r"values must have shape \(3,\), got \(2,\)"):
        axiom(GAME, [1, 2])  # type: ignore[operator]
    with pytest.raises(ValueError, match="values must be finite, got 1 that are not"):
        axiom(GAME, [1, 2, np.nan])  # type: ignore[operator]


def test_model_values_must_fit_together() -> None:
    with pytest.raises(ValueError, match=r"got \(2,\), \(2,\) and \(\)"):
        local_accuracy_violation(0, [1, 2], [1, 2])
    with pytest.raises(ValueError, match=r"got \(1, 2\), \(1,\) and \(3,\)"):
        local_accuracy_violation([0, 0, 0], [[1, 2]], [3])
    with pytest.raises(ValueError, match="values must be finite, got 1 that are not"):
        local_accuracy_violation(0, [[np.inf, 1]], [1])
    with pytest.raises(ValueError, match=r"values must have shape \(2,\), got \(3,\)"):
        missingness_violation([True, False], [1, 2, 3])


def test_games_compared_need_the_same_players() -> None:
    other = table_game(np.zeros(8), ["a", "b", "c"])
    with pytest.raises(ValueError, match="the same players in the same order"):
        consistency_violation(exact_values, GAME, other)
    with pytest.raises(ValueError, match="same players, in the same order"):
        additivity_violation(exact_values, GAME, other)


def test_too_many_players_to_look_at_all_coalitions() -> None:
    game = Game(25, lambda coalitions: coalitions.sum(axis=1))
    with pytest.raises(ValueError, match="25 players have 33,554,432 coalitions"):
        symmetry_violation(game, np.ones(25))
    assert efficiency_violation(game, np.ones(25)) == 0
    assert all_coalitions(25, 0, 1).shape == (1, 25)
