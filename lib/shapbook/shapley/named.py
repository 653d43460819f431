"""Games whose Shapley values are known in closed form."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from shapbook.shapley.games import Game, listed, name_players

__all__ = [
    "additive_game",
    "airport_game",
    "glove_game",
    "security_council_game",
    "unanimity_game",
    "voting_game",
]


def additive_game(worths: ArrayLike, players: Sequence[str] | int | None = None) -> Game:
    """Return the game in which a coalition is worth the sum of its players' own worths.

    A player's Shapley value is its own worth.

    Arguments:
        worths: Worth of each player, of shape (n_players,).
        players: Their names; `player 1`, … if left out.

    Raises:
        ValueError: If there is not one number for each player.

    Example:
        >>> additive_game([1, 2], ["a", "b"]).value_of("a", "b")
        3.0
    """
    worths, names = one_each(worths, players, "worths")
    return Game(names, lambda coalitions: coalitions @ worths)


def unanimity_game(players: Sequence[str] | int, carrier: Sequence[str]) -> Game:
    """Return the game with value 1 for coalitions that hold every player of the carrier, else 0.

    The k players of the carrier have the Shapley value 1/k, the others 0.

    Arguments:
        players: Names or number of all players.
        carrier: Names of the players all of whom are needed, at least one.

    Raises:
        ValueError: If the carrier is empty or names no player of the game.

    Example:
        >>> unanimity_game(["a", "b", "c"], ["a", "c"]).value_of("a", "b")
        0.0
    """
    names = name_players(players)
    unknown = [name for name in carrier if name not in names]
    if unknown or not len(carrier):
        found = f"unknown: {listed(unknown)}" if unknown else "none"
        msg = f"The carrier must be some of the players {listed(names)}; got {found}."
        raise ValueError(msg)
    needed = np.array([name in carrier for name in names])
    return Game(names, lambda coalitions: coalitions[:, needed].all(axis=1))


def glove_game(n_left: int, n_right: int) -> Game:
    """Return the game of owners of one glove each: every pair of a left and a right glove is worth 1.

    With one left glove and m right ones, the left glove has the Shapley value m/(m + 1).

    Arguments:
        n_left: Number of players with a left glove, at least 1.
        n_right: Number of players with a right glove, at least 1.

    Raises:
        ValueError: If a number is less than 1.

    Example:
        >>> glove_game(1, 2).value_of("left 1", "right 1", "right 2")
        1.0
    """
    if n_left < 1 or n_right < 1:
        msg = f"There must be at least one glove of each hand, got {n_left} left and {n_right} right."
        raise ValueError(msg)
    names = [f"left {k}" for k in range(1, n_left + 1)] + [f"right {k}" for k in range(1, n_right + 1)]
    return Game(names, lambda c: np.minimum(c[:, :n_left].sum(axis=1), c[:, n_left:].sum(axis=1)))


def airport_game(costs: ArrayLike, players: Sequence[str] | int | None = None) -> Game:
    """Return the cost game of a runway: a coalition pays for the longest that one of its players needs.

    The Shapley value splits each stretch of the runway equally among the players that need it.

    Arguments:
        costs: Cost of the runway each player needs, not negative, of shape (n_players,).
        players: Their names; `player 1`, … if left out.

    Raises:
        ValueError: If there is not one number for each player, or a cost is negative.

    References:
        A Simple Expression for the Shapley Value in a Special Case (Littlechild and Owen, 1973),
        https://doi.org/10.1287/mnsc.20.3.370

    Example:
        >>> airport_game([1, 2, 4]).value_of("player 1", "player 2")
        2.0
    """
    costs, names = one_each(costs, players, "costs")
    if costs.min() < 0:
        msg = f"Costs must not be negative, got {costs.min():g}."
        raise ValueError(msg)
    return Game(names, lambda coalitions: np.where(coalitions, costs, 0).max(axis=1))


def voting_game(weights: ArrayLike, quota: float, players: Sequence[str] | int | None = None) -> Game:
    """Return the game with value 1 for coalitions whose votes reach the quota, else 0.

    Its Shapley values are the Shapley–Shubik power index of the voters.

    Arguments:
        weights: Votes of each player, not negative, of shape (n_players,).
        quota: Votes needed to win, more than 0 and no more than there are.
        players: Their names; `player 1`, … if left out.

    Raises:
        ValueError: If there is not one number for each player, a weight is negative, or no vote can be won or
            lost.

    References:
        A Method for Evaluating the Distribution of Power in a Committee System (Shapley and Shubik, 1954),
        https://doi.org/10.2307/1951053

    Example:
        >>> voting_game([3, 2, 1], quota=4).value_of("player 1", "player 3")
        1.0
    """
    weights, names = one_each(weights, players, "weights")
    if weights.min() < 0:
        msg = f"Weights must not be negative, got {weights.min():g}."
        raise ValueError(msg)
    if not 0 < quota <= weights.sum():
        msg = f"The quota must lie above 0 and not above the {weights.sum():g} votes there are, got {quota:g}."
        raise ValueError(msg)
    return Game(names, lambda coalitions: coalitions @ weights >= quota)


def security_council_game() -> Game:
    """Return the vote in the United Nations Security Council: 9 of 15, among them all 5 permanent members.

    As a weighted vote: 7 votes for each permanent member, 1 for each elected one, and a quota of 39.

    Example:
        >>> game = security_council_game()
        >>> permanent = game.players[:5]
        >>> game.value_of(*permanent, *game.players[5:8]), game.value_of(*permanent, *game.players[5:9])
        (0.0, 1.0)
    """
    permanent = ["China", "France", "Russia", "United Kingdom", "United States"]
    return voting_game([7] * 5 + [1] * 10, 39, permanent + [f"elected {k}" for k in range(1, 11)])


def one_each(numbers: ArrayLike, players: Sequence[str] | int | None, what: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Finite numbers of shape (n_players,), and the names of those players."""
    array = np.array(numbers, dtype=float)
    names = name_players(array.size if players is None else players)
    if array.shape != (len(names),) or not np.isfinite(array).all():
        msg = f"The {what} must be {len(names)} finite numbers, one for each player, got {numbers!r}."
        raise ValueError(msg)
    return array, names
