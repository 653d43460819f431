r"""A conditional game that stays near the data: absent features come from the nearest neighbours.

With $x$ the point explained and $S$ the features present, $v(S)$ is the mean of $f(x_S, b_{\bar S})$ over the
background samples $b$ whose features in $S$ are most like those of $x$: an estimate of
$\mathrm{E}[f(X) \mid X_S = x_S]$ that assumes no law for the features.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from shapbook.shapley.games import Game
from shapbook.shapley.value_functions import feature_names, interventional_game, model_game

__all__ = ["neighbour_game"]


def neighbour_game(
    model: Callable[[np.ndarray], ArrayLike],
    x: ArrayLike,
    background: ArrayLike,
    n_neighbours: int,
    scale: ArrayLike | None = None,
    players: Sequence[str] | None = None,
) -> Game:
    """Return the game in which absent features take their values from the neighbours of the present ones.

    The neighbours of a coalition are the background samples nearest to `x` in the features present. Nothing is
    near or far from the empty coalition, so its value is the mean over the whole background. Fewer neighbours are
    nearer but more scattered; with all of them the game is the interventional one.

    Arguments:
        model: Function from samples of shape (n_rows, n_features) to outputs of shape (n_rows,) or
            (n_rows, n_outputs).
        x: The point explained, of shape (n_features,).
        background: Samples to find neighbours in, of shape (n_background, n_features).
        n_neighbours: Number of neighbours, from 1 to n_background.
        scale: Unit of distance of each feature, of shape (n_features,); by default the standard deviation in the
            background.
        players: Names of the features; by default the columns of `background` or the index of `x` if they have
            any, else `x1`, `x2`, …

    Raises:
        ValueError: If shapes disagree, the number of neighbours is out of range, a scale is not above 0, or (when
            the game is played) the model returns another shape.

    References:
        Explaining individual predictions when features are dependent (Aas, Jullum and Løland, 2021),
        https://arxiv.org/abs/1903.10464 (with weights that fall with distance)

    Example:
        The model uses the first feature only; the second is a copy of it.

        >>> background = np.repeat(np.arange(100.0)[:, None], 2, axis=1)
        >>> game = neighbour_game(lambda rows: rows[:, 0], [80, 80], background, n_neighbours=3)
        >>> game.value_of("x2")
        80.0
    """
    names = feature_names(players, background, x)
    whole = interventional_game(model, x, background, names)  # checks the shapes
    x, background = np.array(x, dtype=float), np.array(background, dtype=float)
    if not 1 <= n_neighbours <= len(background):
        msg = f"n_neighbours must lie between 1 and the {len(background)} background samples, got {n_neighbours}."
        raise ValueError(msg)
    units = background.std(axis=0) if scale is None else np.asarray(scale, dtype=float)
    if units.shape != x.shape or not (units > 0).all():
        msg = (
            f"The scale must be one number above 0 for each of the {len(x)} features, got {units}. "
            "A feature that is constant in the background has no spread of its own: pass its scale."
        )
        raise ValueError(msg)
    squares = ((background - x) / units) ** 2

    def fill(coalitions: np.ndarray) -> np.ndarray:
        distance = coalitions @ squares.T
        nearest = np.argpartition(distance, n_neighbours - 1, axis=1)[:, :n_neighbours]
        return np.where(coalitions[:, None, :], x, background[nearest])

    near = model_game(model, fill, (n_neighbours, len(x)), names, average=True)

    def value(coalitions: np.ndarray) -> np.ndarray:
        values, nobody = near(coalitions), ~coalitions.any(axis=1)
        if nobody.any():
            values[nobody] = whole.value_of()
        return values

    return Game(names, value)
