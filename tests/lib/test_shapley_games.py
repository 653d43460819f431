"""Games keep their contract, and say in words who breaks it."""

import subprocess
import sys

import numpy as np
import pytest

from shapbook.shapley import (
    Game,
    all_coalitions,
    coalition_values,
    grouped_game,
    marginal_contributions,
    table_game,
)
from shapbook.shapley import games as games_module


def random_game(seed: int, n_players: int, *outputs: int) -> Game:
    return table_game(np.random.default_rng(seed).normal(size=(2**n_players, *outputs)))


def test_importing_the_module_leaves_heavy_packages_alone() -> None:
    heavy = {"torch", "shap", "sklearn", "pandas", "scipy"}
    code = f"import sys, shapbook.shapley; print({heavy} & set(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "set()"


def test_all_coalitions_are_the_binary_numbers() -> None:
    for n_players in (0, 1, 5, 9):
        coalitions = all_coalitions(n_players)
        assert coalitions.dtype == bool
        assert coalitions.tolist() == [
            [bool(number >> player & 1) for player in range(n_players)] for number in range(2**n_players)
        ]


def test_a_stretch_of_coalitions_is_a_slice_of_all() -> None:
    np.testing.assert_array_equal(all_coalitions(10, 250, 300), all_coalitions(10)[250:300])
    number = 2**61 + 5
    assert np.flatnonzero(all_coalitions(62, number, number + 1)[0]).tolist() == [0, 2, 61]


@pytest.mark.parametrize("n_players", [-1, 63])
def test_coalitions_that_cannot_be_numbered(n_players: int) -> None:
    with pytest.raises(ValueError, match=f"numbered for 0 to 62 players, got {n_players}"):
        all_coalitions(n_players)


@pytest.mark.parametrize("n_players", [1, 3, 9])
@pytest.mark.parametrize("outputs", [(), (2,)])
def test_a_table_game_gives_back_its_table(n_players: int, outputs: tuple[int, ...]) -> None:
    table = np.random.default_rng(1).normal(size=(2**n_players, *outputs))
    np.testing.assert_array_equal(coalition_values(table_game(table)), table)


def test_a_table_game_keeps_a_copy_of_its_table() -> None:
    table = np.zeros(2)
    game = table_game(table, ["a"])
    table[1] = 7
    assert game.value_of("a") == 0


@pytest.mark.parametrize("players", [None, 2])
def test_a_table_of_the_wrong_length(players: int | None) -> None:
    with pytest.raises(ValueError, match=r"2\^n_players rows, 4 for 2 players; got 5"):
        table_game(np.zeros(5), players)


def test_players_are_numbered_or_named() -> None:
    assert Game(2, len).players == ("player 1", "player 2")
    assert repr(Game(["ug", "gr"], len)) == "Game of 2 players: ug, gr"
    assert repr(Game(22, len)).endswith("player 20, … and 2 more")


def test_players_need_different_names() -> None:
    with pytest.raises(ValueError, match="must have different names; repeated: gr, ug"):
        Game(["gr", "ug", "gr", "ri", "ug"], len)


@pytest.mark.parametrize("players", [0, [], -2])
def test_a_game_needs_a_player(players: int | list[str]) -> None:
    with pytest.raises(ValueError, match="at least one player"):
        Game(players, len)


def test_a_value_must_be_a_function() -> None:
    with pytest.raises(TypeError, match="must be a function of coalitions, got list"):
        Game(2, [0, 1, 1, 2])  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", [(3,), (4, 2), (4, 3, 1), (0, 3)])
def test_coalitions_of_the_wrong_shape(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"shape \(n_coalitions, 3\), with at least one row, got \("):
        Game(3, lambda coalitions: coalitions.sum(axis=1))(np.zeros(shape, dtype=bool))


def test_coalitions_must_be_booleans() -> None:
    with pytest.raises(TypeError, match=r"must be booleans, got int64: use `.astype\(bool\)`"):
        Game(2, lambda coalitions: coalitions.sum(axis=1))(np.array([[0, 1]]))


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        (lambda coalitions: 1.0, r"\(\)"),
        (lambda coalitions: coalitions[0], r"\(3,\)"),
        (lambda coalitions: coalitions[:, :, None], r"\(8, 3, 1\)"),
        (lambda coalitions: coalitions[:, :0], r"\(8, 0\)"),
        (lambda coalitions: coalitions.sum(axis=0), r"\(3,\)"),
    ],
)
def test_a_game_that_returns_the_wrong_shape(value: object, shape: str) -> None:
    expected = rf"returned shape {shape} for 8 coalitions: expected \(8,\) or \(8, n_outputs\), one value for"
    with pytest.raises(ValueError, match=expected):
        coalition_values(Game(3, value))  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_is_named_with_its_coalition(bad: float) -> None:
    game = Game(["ug", "gr", "ri"], lambda c: np.where(c[:, 0] & c[:, 2], bad, 1.0))
    with pytest.raises(ValueError, match=rf"gives {bad} to the coalition {{ug, ri}}; 2 of 8 values are not finite"):
        coalition_values(game)


def test_the_empty_coalition_needs_a_value_too() -> None:
    mean_of_nothing = Game(2, lambda c: np.where(c.any(axis=1), 1.0, np.nan)[:, None] * [1, 1])
    with pytest.raises(ValueError, match=r"to the coalition {}; 2 of 8 values.*the empty one too"):
        coalition_values(mean_of_nothing)


@pytest.mark.parametrize("kind", [complex, object, str])
def test_values_must_be_real_numbers(kind: type) -> None:
    with pytest.raises(TypeError, match="must return real numbers, got an array of"):
        Game(2, lambda coalitions: coalitions.sum(axis=1).astype(kind))(all_coalitions(2))


def test_values_may_be_booleans_and_come_back_as_floats() -> None:
    values = Game(2, lambda coalitions: coalitions.all(axis=1))(all_coalitions(2))
    assert values.dtype == float
    assert values.tolist() == [0, 0, 0, 1]


def test_the_value_of_one_coalition_by_name() -> None:
    game = Game(["a", "b", "c"], lambda coalitions: coalitions @ np.array([[1, 10], [2, 20], [4, 40]]))
    assert game.value_of("c", "a").tolist() == [5, 50]
    assert table_game([3, 4], ["a"]).value_of() == 3
    with pytest.raises(ValueError, match="No player 'd' in this game: its players are a, b, c"):
        game.value_of("a", "d")


def test_sums_of_games() -> None:
    one, other = random_game(1, 4), random_game(2, 4)
    np.testing.assert_array_equal(coalition_values(one + other), coalition_values(one) + coalition_values(other))
    with pytest.raises(ValueError, match=r"same players, in the same order.* got a and b"):
        table_game([0, 1], ["a"]) + table_game([0, 1], ["b"])
    with pytest.raises(TypeError, match="unsupported operand"):
        one + 1  # type: ignore[operator]


def test_sums_of_games_of_different_outputs() -> None:
    with pytest.raises(ValueError, match=r"equal outputs can be added: got \(4,\) and \(4, 4\)"):
        coalition_values(random_game(1, 2) + random_game(2, 2, 4))


def test_a_group_joins_as_a_whole() -> None:
    game = random_game(3, 5)
    grouped = grouped_game(game, {"odd": ["player 5", "player 1", "player 3"], "even": ["player 2", "player 4"]})
    assert grouped.players == ("odd", "even")
    assert coalition_values(grouped).tolist() == [
        game.value_of(*names) for names in ([], game.players[::2], game.players[1::2], game.players)
    ]


def test_groups_of_one_change_nothing() -> None:
    game = random_game(4, 3)
    same = grouped_game(game, {name: [name] for name in game.players})
    np.testing.assert_array_equal(coalition_values(same), coalition_values(game))


@pytest.mark.parametrize(
    ("groups", "found"),
    [
        ({"g": ["a", "b"]}, "in no group: c"),
        ({"g": ["a", "b"], "h": ["b", "c"]}, "in several groups or twice in one: b"),
        ({"g": ["a", "b", "c", "c"]}, "in several groups or twice in one: c"),
        ({"g": ["a", "b", "c"], "h": ["d"]}, "unknown: d"),
        ({"g": ["a", "b", "c"], "h": []}, "groups without a player: h"),
        ({"g": ["d"]}, "unknown: d; in no group: a, b, c"),
    ],
)
def test_groups_must_share_out_the_players(groups: dict[str, list[str]], found: str) -> None:
    with pytest.raises(ValueError, match=f"in exactly one group. Found {found}\\."):
        grouped_game(table_game(np.zeros(8), ["a", "b", "c"]), groups)


@pytest.mark.parametrize("outputs", [(), (1,), (2,)])
@pytest.mark.parametrize("n_players", [1, 2, 5])
def test_marginal_contributions_are_those_of_a_slow_walk(n_players: int, outputs: tuple[int, ...]) -> None:
    game = random_game(5, n_players, *outputs)
    orderings = np.random.default_rng(6).permuted(np.tile(np.arange(n_players), (7, 1)), axis=1)
    slow = np.empty((7, n_players, *outputs))
    for row, ordering in enumerate(orderings):
        for place, player in enumerate(ordering):
            names = [game.players[k] for k in ordering[: place + 1]]
            slow[row, player] = np.subtract(game.value_of(*names), game.value_of(*names[:-1]))
    np.testing.assert_array_equal(marginal_contributions(game, orderings), slow)


def test_contributions_do_not_depend_on_the_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    game = random_game(7, 6)
    orderings = np.random.default_rng(8).permuted(np.tile(np.arange(6), (25, 1)), axis=1)
    in_one = marginal_contributions(game, orderings)
    monkeypatch.setattr(games_module, "BATCH_COALITIONS", 13)
    np.testing.assert_array_equal(marginal_contributions(game, orderings), in_one)


def test_no_orderings_give_no_contributions() -> None:
    assert marginal_contributions(random_game(1, 3, 2), np.empty((0, 3), dtype=int)).shape == (0, 3, 2)


@pytest.mark.parametrize("orderings", [[0, 1, 2], [[0, 1]], [[0, 1, 1]], [[1, 2, 3]], [[0.5, 1, 2]]])
def test_what_is_no_ordering(orderings: list) -> None:
    with pytest.raises(ValueError, match=r"must hold the numbers 0 to 2 once: expected shape \(n_orderings, 3\)"):
        marginal_contributions(random_game(1, 3), orderings)


def test_a_bare_function_is_no_game() -> None:
    with pytest.raises(TypeError, match=r"Expected a Game, got function: wrap .* as `Game\(players, function\)`"):
        marginal_contributions(lambda coalitions: coalitions.sum(axis=1), [[0, 1]])  # type: ignore[arg-type]


def test_a_game_must_not_change_its_outputs() -> None:
    shifty = Game(3, lambda c: c.sum(axis=1) if len(c) == 2 else c[:, :2])
    with pytest.raises(ValueError, match=r"outputs of shape \(\) for some coalitions and \(2,\) for others"):
        marginal_contributions(shifty, [[0, 1, 2], [2, 1, 0]])
