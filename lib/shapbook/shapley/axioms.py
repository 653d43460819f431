"""How far values are from the axioms: each function returns the largest violation, 0 where an axiom holds."""

from collections.abc import Callable
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from shapbook.shapley.exact import coalition_values, differences
from shapbook.shapley.games import Game

__all__ = [
    "additivity_violation",
    "consistency_violation",
    "efficiency_violation",
    "local_accuracy_violation",
    "missingness_violation",
    "null_player_violation",
    "symmetry_violation",
]


def efficiency_violation(game: Game, values: ArrayLike) -> float:
    """Return |Σ φ − (v(N) − v(∅))|: the players' values must share out what they achieve together.

    Arguments:
        game: The game.
        values: Values to judge, of shape (n_players,) or (n_players, n_outputs).

    Raises:
        ValueError: If the values have another shape or are not finite.

    Example:
        >>> game = Game(["a", "b"], lambda coalitions: coalitions.all(axis=1))
        >>> efficiency_violation(game, [0.5, 0.75])
        0.25
    """
    nobody, everybody = game(np.array([[False] * game.n_players, [True] * game.n_players]))
    values = checked(values, (game.n_players, *nobody.shape))
    return largest(values.sum(axis=0) - (everybody - nobody))


def symmetry_violation(game: Game, values: ArrayLike, tolerance: float = 1e-9) -> float:
    """Return the largest |φ_i − φ_j| of two players that add the same to every coalition without them.

    Arguments:
        game: The game, evaluated on all its coalitions.
        values: Values to judge, of shape (n_players,) or (n_players, n_outputs).
        tolerance: How much the values of coalitions may differ and still count as the same, relative to the
            largest |v(S) − v(∅)|.

    Raises:
        ValueError: If the values have another shape or are not finite, or there are too many players.

    Example:
        >>> game = Game(["a", "b"], lambda coalitions: coalitions.all(axis=1))
        >>> symmetry_violation(game, [0.25, 0.75])
        0.5
    """
    table, values, slack = tabulated(game, values, tolerance)
    numbers = np.arange(len(table))
    worst = 0.0
    for one, other in combinations(range(game.n_players), 2):
        with_one = numbers[(numbers >> one & 1 == 1) & (numbers >> other & 1 == 0)]
        with_other = with_one ^ (1 << one | 1 << other)
        symmetric = np.abs(table[with_one] - table[with_other]).max(axis=0) <= slack
        worst = max(worst, largest((values[one] - values[other])[symmetric]))
    return worst


def null_player_violation(game: Game, values: ArrayLike, tolerance: float = 1e-9) -> float:
    """Return the largest |φ_i| of a player that adds nothing to any coalition.

    Arguments:
        game: The game, evaluated on all its coalitions.
        values: Values to judge, of shape (n_players,) or (n_players, n_outputs).
        tolerance: How much may be added and still count as nothing, relative to the largest |v(S) − v(∅)|.

    Raises:
        ValueError: If the values have another shape or are not finite, or there are too many players.

    Example:
        >>> game = Game(["a", "idle"], lambda coalitions: coalitions[:, 0])
        >>> null_player_violation(game, [0.875, 0.125])
        0.125
    """
    table, values, slack = tabulated(game, values, tolerance)
    added = np.array([np.abs(differences(table, player)).max(axis=0) for player in range(game.n_players)])
    return largest(values[added <= slack])


def additivity_violation(solver: Callable[[Game], np.ndarray], game: Game, other: Game) -> float:
    """Return the largest |φ_i(v + w) − φ_i(v) − φ_i(w)|: values of a sum of games must be sums of values.

    Arguments:
        solver: Function from a game to values, for instance `exact_values`.
        game: The game v.
        other: The game w, of the same players.

    Raises:
        ValueError: If the games have different players or outputs.

    Example:
        >>> game = Game(["a", "b"], lambda coalitions: coalitions.all(axis=1))
        >>> additivity_violation(lambda game: game(np.eye(2, dtype=bool)), game, game)
        0.0
    """
    return largest(solver(game + other) - solver(game) - solver(other))


def consistency_violation(
    solver: Callable[[Game], np.ndarray], game: Game, other: Game, tolerance: float = 1e-12
) -> float:
    """Return the largest breach of consistency: who nowhere adds less must not get less.

    For each player whose marginal contributions in one game are nowhere smaller than in the other, its value
    there must not be smaller either. Games that share no such player cannot show a breach. Lundberg and Lee's
    *consistency* is Young's *strong monotonicity*.

    Arguments:
        solver: Function from a game to values, for instance `exact_values`.
        game: One game, evaluated on all its coalitions.
        other: Another game of the same players.
        tolerance: How much smaller may still count as equal, relative to the largest |v(S) − v(∅)|.

    Raises:
        ValueError: If the games have different players or outputs, or too many players.

    References:
        Monotonic solutions of cooperative games (Young, 1985), https://doi.org/10.1007/BF01769885

        A Unified Approach to Interpreting Model Predictions (Lundberg and Lee, 2017),
        https://arxiv.org/abs/1705.07874

    Example:
        >>> low = Game(1, lambda coalitions: coalitions[:, 0])
        >>> high = Game(1, lambda coalitions: 2 * coalitions[:, 0])
        >>> consistency_violation(lambda game: -game([[True]]), low, high)
        1.0
    """
    if game.players != other.players:
        msg = f"The games must have the same players in the same order, got {game.players} and {other.players}."
        raise ValueError(msg)
    table, values, slack = tabulated(game, solver(game), tolerance)
    other_table, other_values, other_slack = tabulated(other, solver(other), tolerance)
    worst = 0.0
    for player in range(game.n_players):
        excess = differences(table, player) - differences(other_table, player)
        gain = values[player] - other_values[player]
        never_less = excess.min(axis=0) >= -(slack + other_slack)
        never_more = excess.max(axis=0) <= slack + other_slack
        breaches = np.concatenate([-gain[never_less], gain[never_more], [0.0]])
        worst = max(worst, float(breaches.max()))
    return worst


def local_accuracy_violation(base_value: ArrayLike, values: ArrayLike, outputs: ArrayLike) -> float:
    """Return the largest |φ_0 + Σ φ_i − f(x)| of the points explained: efficiency, said of a model.

    Arguments:
        base_value: φ_0, one number or one for each point, of shape (n_points,).
        values: SHAP values of shape (n_points, n_features).
        outputs: Model outputs f(x) of shape (n_points,).

    Raises:
        ValueError: If the shapes do not fit together, or a value is not finite.

    Example:
        >>> local_accuracy_violation(1.0, [[0.5, 0.25], [0, -1]], [1.75, 0.5])
        0.5
    """
    outputs = np.asarray(outputs, dtype=float)
    values, base_value = np.asarray(values, dtype=float), np.asarray(base_value, dtype=float)
    if (
        outputs.ndim != 1
        or values.ndim != 2
        or len(values) != len(outputs)
        or base_value.shape not in ((), outputs.shape)
    ):
        msg = (
            "Expected SHAP values of shape (n_points, n_features), outputs of shape (n_points,) and one base "
            f"value or n_points of them; got {values.shape}, {outputs.shape} and {base_value.shape}."
        )
        raise ValueError(msg)
    return largest(base_value + checked(values, values.shape).sum(axis=1) - outputs)


def missingness_violation(present: ArrayLike, values: ArrayLike) -> float:
    """Return the largest |φ_i| of a feature that is absent from the simplified input, z′_i = 0.

    Arguments:
        present: Booleans of shape (n_features,) or (n_points, n_features): True where the feature is present.
        values: SHAP values of the same shape.

    Raises:
        ValueError: If the shapes differ, or a value is not finite.

    Example:
        >>> missingness_violation([True, False], [0.5, 0.25])
        0.25
    """
    present = np.asarray(present, dtype=bool)
    return largest(checked(values, present.shape)[~present])


def tabulated(game: Game, values: ArrayLike, tolerance: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Table (2^n, n_outputs) and values (n, n_outputs), always with outputs, and the slack of each output."""
    table = coalition_values(game)
    values = checked(values, (game.n_players, *table.shape[1:])).reshape(game.n_players, -1)
    table = table.reshape(len(table), -1)
    return table, values, tolerance * np.abs(table - table[0]).max(axis=0)


def checked(values: ArrayLike, shape: tuple[int, ...]) -> np.ndarray:
    values = np.asarray(values, dtype=float)
    if values.shape != shape:
        msg = f"The values must have shape {shape}, got {values.shape}."
        raise ValueError(msg)
    if not np.isfinite(values).all():
        msg = f"The values must be finite, got {np.count_nonzero(~np.isfinite(values))} that are not."
        raise ValueError(msg)
    return values


def largest(gaps: np.ndarray) -> float:
    """The largest absolute gap, 0 if there is none."""
    return float(np.max(np.abs(gaps), initial=0.0))
