"""Train a recurrent network on sequences with gaps, so that it can be asked about sequences with more of them."""

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike
from torch import nn

from shapbook.training import epoch_bar, reproducible

__all__ = ["fit", "random_gaps"]


def random_gaps(n_curves: int, n_windows: int) -> torch.Tensor:
    """Draw which windows of each sequence stay: all of them for one half, a random share of them for the other.

    Draws from torch's global random generator.

    Returns:
        Booleans of shape (n_curves, n_windows).
    """
    share = torch.where(torch.rand(n_curves, 1) < 0.5, 1.0, torch.rand(n_curves, 1))
    return torch.rand(n_curves, n_windows) < share


def fit(
    network: nn.Module,
    inputs: ArrayLike,
    labels: ArrayLike,
    *,
    seed: int,
    n_windows: int,
    epochs: int = 15,
    batch: int = 64,
    learning_rate: float = 1e-2,
    progress: bool = True,
) -> pd.DataFrame:
    """Train a network of one output on yes-or-no labels, and hide random windows of half of the sequences.

    The loss is the cross-entropy, so the output becomes the log-odds of a yes *given the windows that are left*. A
    window is hidden by setting all its entries to 0. The step size rises and falls in one cycle, and gradients
    longer than 1 are shortened.

    Arguments:
        network: Module from sequences of shape (n, n_steps, n_channels) to outputs of shape (n,); it is changed.
        inputs: Sequences of shape (n_curves, n_steps, n_channels), with 0 where nothing was observed.
        labels: Booleans of shape (n_curves,).
        seed: Fixes the order of the sequences and the windows hidden.
        n_windows: Number of equal windows in a sequence.
        epochs: Passes through the sequences.
        batch: Sequences a step.
        learning_rate: Largest step size of Adam.
        progress: Whether to show a bar while fitting; in a notebook it is removed at the end.

    Returns:
        One row an epoch: `loss`, the mean cross-entropy on the sequences with their windows hidden.

    Raises:
        ValueError: If shapes disagree, entries are not finite, or windows do not divide the steps.
    """
    x = torch.as_tensor(np.asarray(inputs), dtype=torch.float32)
    y = torch.as_tensor(np.asarray(labels), dtype=torch.float32)
    if x.ndim != 3 or y.shape != x.shape[:1] or not len(x):
        msg = (
            f"Sequences of shape {tuple(x.shape)} for labels of shape {tuple(y.shape)}: expected "
            "(n_curves, n_steps, n_channels) and (n_curves,)."
        )
        raise ValueError(msg)
    if not x.isfinite().all():
        msg = f"Sequences must be finite: {int((~x.isfinite()).sum())} entries are not. Put 0 where nothing was seen."
        raise ValueError(msg)
    if n_windows < 1 or x.shape[1] % n_windows:
        msg = f"{n_windows} windows of equal length do not fill {x.shape[1]} steps."
        raise ValueError(msg)
    length, losses = x.shape[1] // n_windows, []
    with reproducible(seed), epoch_bar(epochs, "training", progress) as bar:
        optimiser = torch.optim.Adam(network.parameters(), lr=learning_rate)
        steps = epochs * -(-len(x) // batch)
        cycle = torch.optim.lr_scheduler.OneCycleLR(optimiser, learning_rate, total_steps=steps)
        for _ in bar:
            total = 0.0
            for rows in torch.randperm(len(x)).split(batch):
                kept = random_gaps(len(rows), n_windows).repeat_interleave(length, dim=1)[..., None]
                loss = nn.functional.binary_cross_entropy_with_logits(network(x[rows] * kept), y[rows])
                optimiser.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(network.parameters(), 1.0)
                optimiser.step()
                cycle.step()
                total += float(loss.detach()) * len(rows)
            losses.append(total / len(x))
    return pd.DataFrame({"loss": losses}, index=pd.RangeIndex(1, epochs + 1, name="epoch"))
