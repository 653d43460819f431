"""Shapley values estimated from random orderings, with standard errors."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from shapbook.shapley.games import Game, check_game, marginal_contributions

__all__ = ["Estimate", "Method", "draw_orderings", "sample_values"]

Method = Literal["plain", "antithetic", "stratified"]


@dataclass(frozen=True, eq=False)
class Estimate:
    """Estimated Shapley values, their standard errors, and what they cost.

    Attributes:
        values: Estimates of shape (n_players,) or (n_players, n_outputs).
        standard_errors: One-sigma errors of the values, of the same shape.
        n_orderings: Number of orderings gone through.
        n_blocks: Number of independent blocks they form; the errors have n_blocks − 1 degrees of freedom.
        n_evaluations: Number of coalitions evaluated.
    """

    values: np.ndarray
    standard_errors: np.ndarray
    n_orderings: int
    n_blocks: int
    n_evaluations: int


def draw_orderings(
    n_players: int, n_orderings: int, rng: np.random.Generator | int, method: Method = "plain"
) -> np.ndarray:
    """Draw random orderings; every single one is uniform over all n_players! of them.

    Independent blocks follow one another:

    - `"plain"`: each ordering is a block of its own;
    - `"antithetic"`: blocks of two, an ordering and its reverse;
    - `"stratified"`: blocks of n_players, in which every player stands at every position exactly once
      (a random Latin square), so that coalitions of all sizes count equally.

    Arguments:
        n_players: Number of players.
        n_orderings: Number of orderings, a multiple of the block's size.
        rng: Random generator, or a seed for one.
        method: How the orderings of a block depend on each other.

    Returns:
        Player numbers (from 0) of shape (n_orderings, n_players), first to join first.

    Raises:
        ValueError: If the method is unknown, or the orderings do not fill whole blocks.

    References:
        Sampling Permutations for Shapley Value Estimation (Mitchell et al., 2022),
        https://arxiv.org/abs/2104.12199

    Example:
        >>> first, second = draw_orderings(4, 2, rng=0, method="antithetic")
        >>> bool((first == second[::-1]).all())
        True
    """
    size = block_size(n_players, method)
    if n_orderings < 1 or n_orderings % size:
        msg = (
            f"{method} orderings of {n_players} players come in blocks of {size}; "
            f"{n_orderings} do not fill whole blocks."
        )
        raise ValueError(msg)
    rng = np.random.default_rng(rng)
    first = rng.permuted(np.tile(np.arange(n_players), (n_orderings // size, 1)), axis=1)
    if method == "plain":
        return first
    if method == "antithetic":
        return np.stack([first, first[:, ::-1]], axis=1).reshape(-1, n_players)
    # a cyclic Latin square, with its symbols (`first`) and its columns shuffled
    columns = rng.permuted(np.tile(np.arange(n_players), (len(first), 1)), axis=1)
    square = (np.arange(n_players)[:, None] + columns[:, None, :]) % n_players
    return np.take_along_axis(first[:, None, :], square, axis=2).reshape(-1, n_players)


def block_size(n_players: int, method: Method) -> int:
    sizes = {"plain": 1, "antithetic": 2, "stratified": n_players}
    if method not in sizes:
        msg = f"Unknown method {method!r}: expected one of {', '.join(map(repr, sizes))}."
        raise ValueError(msg)
    return sizes[method]


def sample_values(game: Game, n_orderings: int, rng: np.random.Generator | int, method: Method = "plain") -> Estimate:
    """Estimate the Shapley values of a game from random orderings.

    The estimate is unbiased and sums to v(N) − v(∅) exactly. Its standard error comes from the spread between
    the independent blocks of `draw_orderings` and falls as one over the square root of their number.

    Arguments:
        game: The game of n_players.
        n_orderings: Number of orderings, at least two blocks: 2 plain, 4 antithetic, 2 n_players stratified.
        rng: Random generator, or a seed for one.
        method: `"plain"`, `"antithetic"` or `"stratified"` orderings.

    Raises:
        TypeError: If the game is a bare function.
        ValueError: If the method is unknown, the orderings do not fill two or more whole blocks, or the game
            breaks its contract.

    References:
        Polynomial calculation of the Shapley value based on sampling (Castro, Gómez and Tejada, 2009),
        https://doi.org/10.1016/j.cor.2008.04.004

    Example:
        >>> glove = Game(["left", "right 1", "right 2"], lambda c: c[:, 0] & c[:, 1:].any(axis=1))
        >>> estimate = sample_values(glove, 4000, rng=1)
        >>> bool(abs(estimate.values[0] - 2 / 3) < 4 * estimate.standard_errors[0])
        True
    """
    check_game(game)
    size = block_size(game.n_players, method)
    if n_orderings < 2 * size:
        msg = (
            f"A standard error needs two blocks, {2 * size} {method} orderings of {game.n_players} players; "
            f"got {n_orderings}."
        )
        raise ValueError(msg)
    contributions = marginal_contributions(game, draw_orderings(game.n_players, n_orderings, rng, method))
    blocks = contributions.reshape(-1, size, *contributions.shape[1:]).mean(axis=1)
    return Estimate(
        values=blocks.mean(axis=0),
        standard_errors=blocks.std(axis=0, ddof=1) / np.sqrt(len(blocks)),
        n_orderings=n_orderings,
        n_blocks=len(blocks),
        n_evaluations=n_orderings * (game.n_players - 1) + 2,
    )
