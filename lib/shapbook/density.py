"""A conditional density p(z | colours) from a normalising flow of one dimension."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import torch
import zuko
from numpy.typing import ArrayLike

from shapbook import photometry
from shapbook.training import epoch_bar, reproducible

__all__ = ["RedshiftFlow", "context", "fit_flow"]

AT_ONCE = 1_000_000  # draws in one call of the spline, whose intermediate arrays take about 0.2 kB each


def context(galaxies: pd.DataFrame) -> np.ndarray:
    """Return what the flow is told of each galaxy: its five colours, and which of them a non-detection spoils.

    A network multiplies its inputs, so the code 99 must not reach it: a spoilt colour is set to 0 and flagged.

    Arguments:
        galaxies: Catalogue with the columns `mag_{band}_lsst`.

    Returns:
        Array of shape (n_galaxies, 10), float32: five colours in mag, five flags (1 where a band was not detected).
    """
    seen = photometry.detected(galaxies).to_numpy()
    spoilt = ~(seen[:, :-1] & seen[:, 1:])
    colours = np.where(spoilt, 0, photometry.colours(galaxies).to_numpy())
    return np.concatenate([colours, spoilt], axis=1, dtype=np.float32)


@dataclass(frozen=True)
class RedshiftFlow:
    """A fitted flow; `fit_flow` makes it.

    The flow describes y = (ln(eᶻ − 1) − centre)/scale: a logarithm at small z, so that z ≤ 0 gets no probability, and
    z itself at large z, so that the far tail does not grow like an exponential.

    Attributes:
        network: The zuko flow of y given the standardised context.
        history: One row an epoch: `training` and `validation` loss, the mean of −ln p(z | colours).
    """

    network: zuko.flows.Flow
    history: pd.DataFrame
    inputs: tuple[np.ndarray, np.ndarray]
    redshift_scale: tuple[float, float]

    def transform(self, contexts: ArrayLike) -> torch.distributions.Transform:
        """Return the map from y to a standard normal, one for each context."""
        return self.network(standardised(contexts, self.inputs)).transform

    def normal_scores(self, contexts: ArrayLike, redshifts: ArrayLike) -> np.ndarray:
        """Return the standard normal value that the flow maps each redshift to.

        Arguments:
            contexts: Contexts, of shape (n_galaxies, n_context).
            redshifts: Redshifts above 0, of shape (n_galaxies,) or (n_redshifts, n_galaxies).
        """
        centre, scale = self.redshift_scale
        y = (unbounded(redshifts) - centre) / scale
        with torch.no_grad():
            return self.transform(contexts)(torch.as_tensor(y, dtype=torch.float32)[..., None])[..., 0].double().numpy()

    def log_density(self, contexts: ArrayLike, redshifts: ArrayLike) -> np.ndarray:
        """Return ln p(z | colours), with z above 0 of shape (n_galaxies,) or (n_redshifts, n_galaxies)."""
        centre, scale = self.redshift_scale
        y = torch.as_tensor((unbounded(redshifts) - centre) / scale, dtype=torch.float32)[..., None]
        with torch.no_grad():
            values = self.network(standardised(contexts, self.inputs)).log_prob(y).double().numpy()
        return values - np.log(scale) + log_slope(redshifts)

    def density(self, contexts: ArrayLike, grid: ArrayLike) -> np.ndarray:
        """Return p(z | colours) of shape (n_galaxies, n_grid) on redshifts above 0 of shape (n_grid,)."""
        return np.exp(self.log_density(contexts, spread_out(grid, contexts))).T

    def cdf(self, contexts: ArrayLike, grid: ArrayLike) -> np.ndarray:
        """Return P(redshift ≤ z | colours) of shape (n_galaxies, n_grid) on redshifts above 0 of shape (n_grid,)."""
        scores = torch.as_tensor(self.normal_scores(contexts, spread_out(grid, contexts)))
        return torch.special.ndtr(scores).numpy().T

    def sample(self, contexts: ArrayLike, n_draws: int, seed: int) -> np.ndarray:
        """Return draws from p(z | colours), of shape (n_galaxies, n_draws), float32."""
        centre, scale = self.redshift_scale
        generator = torch.Generator().manual_seed(seed)
        contexts = np.asarray(contexts)
        at_once = max(1, AT_ONCE // n_draws)
        parts = []
        with torch.no_grad():
            for start in range(0, len(contexts), at_once):
                part = contexts[start : start + at_once]
                y = self.transform(part).inv(torch.randn((n_draws, len(part), 1), generator=generator))
                parts.append(torch.nn.functional.softplus(centre + scale * y)[..., 0].T)
        return torch.cat(parts).numpy()


def unbounded(redshifts: ArrayLike) -> np.ndarray:
    """Map redshifts above 0 to the whole line, ln(eᶻ − 1): the inverse of the softplus function."""
    z = np.asarray(redshifts, dtype=np.float64)
    return z + np.log(-np.expm1(-z))


def log_slope(redshifts: ArrayLike) -> np.ndarray:
    """Return the logarithm of the derivative of `unbounded`, −ln(1 − e⁻ᶻ)."""
    return -np.log(-np.expm1(-np.asarray(redshifts, dtype=np.float64)))


def spread_out(grid: ArrayLike, contexts: ArrayLike) -> np.ndarray:
    return np.broadcast_to(np.asarray(grid)[:, None], (np.size(grid), len(np.asarray(contexts))))


def standardised(contexts: ArrayLike, inputs: tuple[np.ndarray, np.ndarray]) -> torch.Tensor:
    """Centre and scale the columns, and pull far outliers in: beyond about 5 scales a network only extrapolates."""
    centre, scale = inputs
    return torch.as_tensor(5 * np.tanh((np.asarray(contexts) - centre) / scale / 5), dtype=torch.float32)


def fit_flow(
    contexts: ArrayLike,
    redshifts: ArrayLike,
    *,
    seed: int,
    epochs: int = 30,
    batch: int = 512,
    hidden: tuple[int, ...] = (128, 128),
    bins: int = 10,
    learning_rate: float = 5e-3,
    weight_decay: float = 0.01,
    validation_share: float = 0.1,
    progress: bool = True,
) -> RedshiftFlow:
    """Fit a conditional neural spline flow by maximum likelihood; keep the epoch best on held-out galaxies.

    A network turns the context into the knots of a monotonic spline, and the spline maps y, the
    standardised ln(eᶻ − 1), to a standard normal. The learning rate falls to zero along a cosine.

    Arguments:
        contexts: What is known of each galaxy, of shape (n_galaxies, n_context), for instance from `context`.
        redshifts: True redshifts above 0, of shape (n_galaxies,).
        seed: Fixes the split, the initial weights and the order of the batches.
        epochs: Passes through the galaxies.
        batch: Galaxies a step.
        hidden: Widths of the network's hidden layers.
        bins: Bins of the spline between −5 and 5.
        learning_rate: AdamW's first step size.
        weight_decay: AdamW's decay of the weights, per step and in units of the learning rate.
        validation_share: Share of the galaxies held out to choose the epoch.
        progress: Whether to show a bar while fitting; in a notebook it is removed at the end.

    Raises:
        ValueError: If the shapes do not fit, an entry is not finite, a redshift is not above 0, or one side of the
            split is empty.

    References:
        Neural Spline Flows (Durkan et al., 2019), https://arxiv.org/abs/1906.04032
    """
    contexts, redshifts = np.asarray(contexts, dtype=np.float32), np.asarray(redshifts, dtype=np.float64)
    if contexts.ndim != 2 or redshifts.shape != contexts.shape[:1]:
        msg = (
            f"Contexts of shape {contexts.shape} for redshifts of shape {redshifts.shape}: "
            "expected (n_galaxies, n_context) and (n_galaxies,)."
        )
        raise ValueError(msg)
    if not np.isfinite(contexts).all() or not (np.isfinite(redshifts) & (redshifts > 0)).all():
        msg = "Contexts must be finite and redshifts finite and above 0: the flow has no place for others."
        raise ValueError(msg)
    n_held_out = round(validation_share * len(redshifts))
    if not 0 < n_held_out < len(redshifts):
        msg = (
            f"A share of {validation_share} of {len(redshifts)} galaxies holds out {n_held_out}: "
            "expected at least one galaxy to fit and one held out."
        )
        raise ValueError(msg)
    line = unbounded(redshifts)
    scaling = float(line.mean()), float(line.std())
    inputs = contexts.mean(axis=0), np.where(np.ptp(contexts, axis=0) > 0, contexts.std(axis=0), 1)
    x = standardised(contexts, inputs)
    y = torch.as_tensor((line - scaling[0]) / scaling[1], dtype=torch.float32)[:, None]
    jacobian = np.log(scaling[1]) - log_slope(redshifts).mean()  # from −ln p(y) to −ln p(z)
    with reproducible(seed, threads=1):
        order = torch.randperm(len(y))
        held_out, kept = order.tensor_split([n_held_out])
        network = make_network(x.shape[1], hidden, bins)
        history, best, best_loss = [], None, np.inf
        optimiser = torch.optim.AdamW(network.parameters(), lr=learning_rate, weight_decay=weight_decay)
        steps = -(-len(kept) // batch)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs * steps)
        with epoch_bar(epochs, "fitting the flow", progress) as bar:
            for _ in bar:
                total = 0.0
                for rows in kept[torch.randperm(len(kept))].split(batch):
                    loss = -network(x[rows]).log_prob(y[rows]).mean()
                    optimiser.zero_grad()
                    loss.backward()
                    optimiser.step()
                    schedule.step()
                    total += float(loss.detach()) * len(rows)
                with torch.no_grad():
                    validation = float(-network(x[held_out]).log_prob(y[held_out]).mean())
                history.append((total / len(kept) + jacobian, validation + jacobian))
                if validation < best_loss:
                    best_loss, best = (
                        validation,
                        {name: value.clone() for name, value in network.state_dict().items()},
                    )
                bar.set_postfix(validation=f"{history[-1][1]:.3f}", refresh=False)
        network.load_state_dict(best)
    table = pd.DataFrame(history, columns=["training", "validation"], index=pd.RangeIndex(1, epochs + 1, name="epoch"))
    return RedshiftFlow(network.eval(), table, inputs, scaling)


def make_network(n_context: int, hidden: tuple[int, ...], bins: int) -> zuko.flows.Flow:
    spline = zuko.flows.ElementWiseTransform(
        features=1,
        context=n_context,
        univariate=partial(zuko.transforms.MonotonicRQSTransform, slope=1e-3),
        shapes=[(bins,), (bins,), (bins - 1,)],
        hidden_features=hidden,
    )
    normal = zuko.lazy.UnconditionalDistribution(
        zuko.distributions.DiagNormal, torch.zeros(1), torch.ones(1), buffer=True
    )
    return zuko.lazy.Flow([spline], normal)
