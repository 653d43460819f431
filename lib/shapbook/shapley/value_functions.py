r"""A model's prediction as a game: features are the players, and a value function fills in absent ones.

With $x$ the point explained and $S$ the features present:

- baseline: $v(S) = f(x_S, b_{\bar S})$ with one sample $b$;
- interventional: $v(S) = \mathrm{E}_b\, f(x_S, b_{\bar S})$, the mean over a background;
- conditional: $v(S) = \mathrm{E}[f(X) \mid X_S = x_S]$, here for a Gaussian $X$.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from shapbook.shapley.games import Game, listed

__all__ = ["baseline_game", "conditional_game", "interventional_game"]

BATCH_ROWS = 2**14


def baseline_game(
    model: Callable[[np.ndarray], ArrayLike],
    x: ArrayLike,
    baseline: ArrayLike,
    players: Sequence[str] | None = None,
) -> Game:
    """Return the game in which absent features take their values from one sample, the baseline.

    Arguments:
        model: Function from samples of shape (n_rows, n_features) to outputs of shape (n_rows,) or
            (n_rows, n_outputs).
        x: The point explained, of shape (n_features,).
        baseline: The sample that stands for absent features, of shape (n_features,).
        players: Names of the features; by default the index of `x` if it has one, else `x1`, `x2`, …

    Raises:
        ValueError: If shapes disagree, or (when the game is played) the model returns another shape.

    References:
        The many Shapley values for model explanation (Sundararajan and Najmi, 2020),
        https://arxiv.org/abs/1908.08474

    Example:
        >>> game = baseline_game(lambda rows: rows[:, 0] * rows[:, 1], x=[2, 3], baseline=[1, 1])
        >>> game.value_of("x1")
        2.0
    """
    names = feature_names(players, x)
    samples = np.asarray(baseline, dtype=float)
    if samples.ndim != 1:
        msg = f"The baseline must be one sample of shape (n_features,), got {samples.shape}."
        raise ValueError(msg)
    return interventional_game(model, x, samples[None], names)


def interventional_game(
    model: Callable[[np.ndarray], ArrayLike],
    x: ArrayLike,
    background: ArrayLike,
    players: Sequence[str] | None = None,
    average: bool = True,
) -> Game:
    """Return the game in which absent features take their values from a background, averaged over it.

    The Shapley values are the mean of those against each background sample alone; with `average=False` these
    are the outputs of the game, and their spread gives the standard error that a finite background leaves.

    Arguments:
        model: Function from samples of shape (n_rows, n_features) to outputs of shape (n_rows,) or
            (n_rows, n_outputs).
        x: The point explained, of shape (n_features,).
        background: Samples that stand for absent features, of shape (n_background, n_features).
        players: Names of the features; by default the columns of `background` or the index of `x` if they
            have any, else `x1`, `x2`, …
        average: Whether to average over the background; if not, the game has n_background outputs, and the
            model must have a single one.

    Raises:
        ValueError: If shapes disagree, or (when the game is played) the model returns another shape.

    References:
        Feature relevance quantification in explainable AI: a causal problem (Janzing, Minorics and Blöbaum,
        2020), https://arxiv.org/abs/1910.13413

    Example:
        >>> def product(rows):
        ...     return rows[:, 0] * rows[:, 1]
        >>> game = interventional_game(product, x=[2, 3], background=[[1, 1], [0, 5]])
        >>> game.value_of("x1")
        6.0
    """
    names = feature_names(players, background, x)
    x, background = np.array(x, dtype=float), np.array(background, dtype=float)
    check_point(x)
    if background.ndim != 2 or background.shape[1] != len(x) or not len(background):
        msg = (
            f"The background must have shape (n_background, {len(x)}), one column for each feature of the "
            f"point explained, and at least one sample; got {background.shape}."
        )
        raise ValueError(msg)

    def fill(coalitions: np.ndarray) -> np.ndarray:
        return np.where(coalitions[:, None, :], x, background)

    return model_game(model, fill, background.shape, names, average)


def conditional_game(
    model: Callable[[np.ndarray], ArrayLike],
    x: ArrayLike,
    mean: ArrayLike,
    covariance: ArrayLike,
    n_draws: int,
    rng: np.random.Generator | int,
    players: Sequence[str] | None = None,
    average: bool = True,
) -> Game:
    r"""Return the game in which absent features follow their law given the present ones, for a Gaussian.

    Samples $Z$ of the whole Gaussian, drawn once, become samples given $x_S$ by
    $Z_{\bar S} + \Sigma_{\bar S S} \Sigma_{SS}^{-1} (x_S - Z_S)$, so all coalitions share their random
    numbers. They are drawn in mirrored pairs about the mean, which makes the values of a linear model exact.

    Arguments:
        model: Function from samples of shape (n_rows, n_features) to outputs of shape (n_rows,) or
            (n_rows, n_outputs).
        x: The point explained, of shape (n_features,).
        mean: Mean of the features, of shape (n_features,).
        covariance: Their covariance, positive definite, of shape (n_features, n_features).
        n_draws: Number of mirrored pairs of samples; the error of a value falls as one over its square root.
        rng: Random generator, or a seed for one.
        players: Names of the features; by default the index of `x` if it has one, else `x1`, `x2`, …
        average: Whether to average over the draws; if not, the game has n_draws outputs, one for each pair,
            whose spread gives the standard error, and the model must have a single output.

    Raises:
        ValueError: If shapes disagree, numbers are not finite, the covariance is not symmetric and positive
            definite, or (when the game is played) the model returns another shape.

    References:
        Explaining individual predictions when features are dependent (Aas, Jullum and Løland, 2021),
        https://arxiv.org/abs/1903.10464

    Example:
        The model uses only the first feature; the second still tells something about it.

        >>> covariance = [[1, 0.5], [0.5, 1]]
        >>> game = conditional_game(lambda rows: rows[:, 0], [1, 2], [0, 0], covariance, n_draws=8, rng=0)
        >>> round(game.value_of("x2"), 12)
        1.0
    """
    names = feature_names(players, x)
    x, mean, covariance = (np.array(numbers, dtype=float) for numbers in (x, mean, covariance))
    check_point(x)
    n = len(x)
    if mean.shape != (n,) or covariance.shape != (n, n):
        msg = (
            f"For {n} features the mean must have shape ({n},) and the covariance ({n}, {n}); "
            f"got {mean.shape} and {covariance.shape}."
        )
        raise ValueError(msg)
    if not all(np.isfinite(numbers).all() for numbers in (x, mean, covariance)):
        msg = "The point explained, the mean and the covariance must be finite."
        raise ValueError(msg)
    smallest, largest = np.linalg.eigvalsh(covariance)[[0, -1]]
    if not np.allclose(covariance, covariance.T) or smallest <= 1e-12 * largest:
        msg = (
            "The covariance must be symmetric and positive definite; its eigenvalues run from "
            f"{smallest:.3g} to {largest:.3g}. Leave out features that are copies or sums of others."
        )
        raise ValueError(msg)
    if n_draws < 1:
        msg = f"n_draws must be at least 1, got {n_draws}."
        raise ValueError(msg)
    offsets = np.random.default_rng(rng).standard_normal((n_draws, n)) @ np.linalg.cholesky(covariance).T
    draws = mean + np.concatenate([offsets, -offsets])

    def fill(coalitions: np.ndarray) -> np.ndarray:
        rows = np.tile(draws, (len(coalitions), 1, 1))
        for here, present in zip(rows, coalitions, strict=True):
            absent = ~present
            slopes = np.linalg.solve(covariance[np.ix_(present, present)], covariance[np.ix_(present, absent)])
            here[:, absent] += (x[present] - draws[:, present]) @ slopes
            here[:, present] = x[present]
        return rows

    game = model_game(model, fill, draws.shape, names, average)
    if average:
        return game
    return Game(names, lambda coalitions: game(coalitions).reshape(-1, 2, n_draws).mean(axis=1))


def model_game(
    model: Callable[[np.ndarray], ArrayLike],
    fill: Callable[[np.ndarray], np.ndarray],
    shape: tuple[int, int],
    names: tuple[str, ...],
    average: bool,
) -> Game:
    """The game of a model and of a `fill` that turns coalitions into rows of shape (n_coalitions, *shape)."""
    per_batch = max(1, BATCH_ROWS // shape[0])

    def value(coalitions: np.ndarray) -> np.ndarray:
        batches = [coalitions[start : start + per_batch] for start in range(0, len(coalitions), per_batch)]
        return np.concatenate([batch_values(batch) for batch in batches])

    def batch_values(coalitions: np.ndarray) -> np.ndarray:
        rows = fill(coalitions).reshape(-1, shape[1])
        outputs = np.asarray(model(rows))
        if outputs.ndim not in (1, 2) or len(outputs) != len(rows):
            count = len(rows)
            msg = (
                f"The model returned shape {outputs.shape} for {count} rows of {shape[1]} features: "
                f"expected ({count},) or ({count}, n_outputs)."
            )
            raise ValueError(msg)
        outputs = outputs.reshape(len(coalitions), shape[0], *outputs.shape[1:])
        if average:
            return outputs.mean(axis=1, dtype=float)
        if outputs.ndim == 3 and outputs.shape[2] > 1:
            msg = f"With average=False the model must have one output, got {outputs.shape[2]}: choose one."
            raise ValueError(msg)
        return outputs.reshape(len(coalitions), shape[0])

    return Game(names, value)


def feature_names(players: Sequence[str] | None, *tables: object) -> tuple[str, ...]:
    """The names given, else those a table or a row of one carries, else x1, x2, …: one for each feature."""
    n_features = np.shape(tables[-1])[-1] if np.ndim(tables[-1]) else 1
    if players is None:
        labels = [getattr(table, "columns", getattr(table, "index", None)) for table in tables]
        carried = [list(names) for names in labels if names is not None and not callable(names)]
        players = carried[0] if carried else [f"x{k}" for k in range(1, n_features + 1)]
    if len(players) != n_features:
        msg = f"Expected one name for each of the {n_features} features, got {len(players)}: {listed(players)}."
        raise ValueError(msg)
    return tuple(str(player) for player in players)


def check_point(x: np.ndarray) -> None:
    if x.ndim != 1:
        msg = f"The point explained must be one sample of shape (n_features,), got {x.shape}."
        raise ValueError(msg)
