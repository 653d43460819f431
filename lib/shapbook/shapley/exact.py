"""Exact Shapley values: the weighted sum over coalitions, and the mean over orderings."""

import math
from itertools import chain, islice, permutations

import numpy as np

from shapbook.shapley.games import (
    BATCH_COALITIONS,
    Game,
    all_coalitions,
    changed_outputs,
    check_game,
    marginal_contributions,
    table_game,
)

__all__ = ["coalition_values", "differences", "exact_values", "exact_values_by_orderings"]

BATCH_ORDERINGS = 2**13


def coalition_values(game: Game, max_evaluations: int = 2**20) -> np.ndarray:
    """Evaluate a game on all its coalitions.

    Arguments:
        game: The game of n_players.
        max_evaluations: The most evaluations to make; there are 2^n_players.

    Returns:
        Table of shape (2^n_players,) or (2^n_players, n_outputs), in the order of `all_coalitions`.

    Raises:
        TypeError: If the game is a bare function.
        ValueError: If there are too many players, or the game breaks its contract.

    Example:
        >>> coalition_values(Game(2, lambda coalitions: coalitions.sum(axis=1)))
        array([0., 1., 1., 2.])
    """
    check_game(game)
    n = game.n_players
    if n > 60 or 2**n > max_evaluations:
        msg = (
            f"{n} players have {power_of_two(n)} coalitions: that many evaluations of the game, and about "
            f"{memory(n + 4)} of memory for each output, are more than max_evaluations={max_evaluations:,} "
            "allows. Raise it if you can afford that, join players with `grouped_game`, or estimate with "
            "`sample_values`."
        )
        raise ValueError(msg)
    starts = range(0, 2**n, BATCH_COALITIONS)
    table = np.empty(0)
    for start in starts:
        values = game(all_coalitions(n, start, min(start + BATCH_COALITIONS, 2**n)))
        if start == 0:
            table = np.empty((2**n, *values.shape[1:]))
        if values.shape[1:] != table.shape[1:]:
            raise ValueError(changed_outputs(table.shape[1:], values.shape[1:]))
        table[start : start + len(values)] = values
    return table


def power_of_two(exponent: int) -> str:
    if exponent <= 40:
        return f"{2**exponent:,}"
    return f"2^{exponent} ≈ 10^{exponent * math.log10(2):.0f}"


def memory(exponent: int) -> str:
    """Words for 2^exponent bytes."""
    size = 2.0 ** min(exponent, 1000)
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"10^{exponent * math.log10(2) - 12:.0f} TB"


def differences(table: np.ndarray, player: int) -> np.ndarray:
    """Return what a player adds to each coalition without it.

    Arguments:
        table: Values of all coalitions, of shape (2^n_players,) or (2^n_players, n_outputs).
        player: Number of the player, from 0.

    Returns:
        Differences of shape (2^(n_players − 1),) or (2^(n_players − 1), n_outputs); row *k* belongs to
        coalition *k* of the other players, so the rows of all players agree on the sizes of their coalitions.
    """
    halves = table.reshape(-1, 2, 2**player, *table.shape[1:])
    return (halves[:, 1] - halves[:, 0]).reshape(-1, *table.shape[1:])


def exact_values(game: Game, max_evaluations: int = 2**20) -> np.ndarray:
    r"""Return the Shapley values of a game, as a sum over the coalitions S that lack player i.

    $$\phi_i = \sum_{S \subseteq N \setminus i} \frac{|S|!\,(n - |S| - 1)!}{n!}\,[v(S \cup i) - v(S)]$$

    Every coalition is evaluated once. A player that adds nothing to any coalition gets exactly 0.

    Arguments:
        game: The game of n_players.
        max_evaluations: The most evaluations to make; there are 2^n_players.

    Returns:
        Values of shape (n_players,) or (n_players, n_outputs).

    Raises:
        TypeError: If the game is a bare function.
        ValueError: If there are too many players, or the game breaks its contract.

    References:
        A Value for n-Person Games (Shapley, 1953), https://doi.org/10.1515/9781400881970-018

    Example:
        >>> glove = Game(["left", "right 1", "right 2"], lambda c: c[:, 0] & c[:, 1:].any(axis=1))
        >>> exact_values(glove).round(3)
        array([0.667, 0.167, 0.167])
    """
    table = coalition_values(game, max_evaluations)
    n = game.n_players
    sizes = np.zeros(1, dtype=int)
    for _ in range(n - 1):
        sizes = np.concatenate([sizes, sizes + 1])
    weights = np.array([1 / (n * math.comb(n - 1, size)) for size in range(n)])[sizes]
    return np.array([weights @ differences(table, player) for player in range(n)])


def exact_values_by_orderings(game: Game, max_orderings: int = math.factorial(9)) -> np.ndarray:
    """Return the Shapley values of a game as the mean marginal contribution over all orderings.

    The answer is that of `exact_values`, reached the long way: n_players! orderings.

    Arguments:
        game: The game of n_players.
        max_orderings: The most orderings to go through.

    Returns:
        Values of shape (n_players,) or (n_players, n_outputs).

    Raises:
        TypeError: If the game is a bare function.
        ValueError: If there are too many players, or the game breaks its contract.

    Example:
        >>> glove = Game(["left", "right 1", "right 2"], lambda c: c[:, 0] & c[:, 1:].any(axis=1))
        >>> exact_values_by_orderings(glove).round(3)
        array([0.667, 0.167, 0.167])
    """
    n = getattr(game, "n_players", 0)
    if n > 20 or math.factorial(n) > max_orderings:
        count = f"{math.factorial(n):,}" if n <= 20 else f"10^{math.lgamma(n + 1) / math.log(10):.0f}"
        msg = (
            f"{n} players have {n}! = {count} orderings, with {n} marginal contributions each: more than "
            f"max_orderings={max_orderings:,} allows. Raise it, or use `exact_values`, which needs "
            f"{power_of_two(n)} evaluations."
        )
        raise ValueError(msg)
    known = table_game(coalition_values(game), game.players)
    total = 0.0
    orderings = permutations(range(n))
    while batch := list(islice(orderings, BATCH_ORDERINGS)):
        numbers = np.fromiter(chain.from_iterable(batch), dtype=np.intp, count=n * len(batch))
        total = total + marginal_contributions(known, numbers.reshape(-1, n)).sum(axis=0)
    return total / math.factorial(n)
