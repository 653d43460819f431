"""A stand-in for the training of networks, so that checks of exercises that train take no time."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from shapbook.networks import weight_norm

__all__ = ["Rehearsal"]


class Rehearsal:
    """A stand-in for training that takes no time: it notes what it is given and returns a known history.

    The validation accuracy is largest in the middle epoch. Each fit changes the weights, the more the larger the
    weight decay.
    """

    def __init__(self) -> None:
        self.starts: list[torch.Tensor] = []
        self.ends: list[torch.Tensor] = []
        self.dropouts: list[set[float]] = []
        self.settings: list[dict[str, Any]] = []
        self.norms: list[dict[str, float]] = []
        self.histories: list[pd.DataFrame] = []

    def fit(self, network: nn.Module, **settings: Any) -> pd.DataFrame:  # noqa: ANN401 - a learner may pass anything
        if not isinstance(network, nn.Module):
            msg = f"fit takes a network, such as morphology.GalaxyNetwork(), got {type(network).__name__}"
            raise TypeError(msg)
        k = len(self.starts)
        before = weight_norm(network)
        self.starts.append(flat(network))
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.mul_(0.9 / (1 + 10 * float(settings.get("weight_decay", 0)))).add_(0.02)
        self.ends.append(flat(network))
        self.dropouts.append({layer.p for layer in network.modules() if isinstance(layer, nn.Dropout)})
        self.settings.append(settings)
        self.norms.append({"before": before, **norms_of(network)})
        columns = {
            "training_accuracy": [0.5, 0.8, 0.95 - 0.03 * k],
            "validation_accuracy": [0.45, 0.78, 0.7 - 0.01 * k],
        }
        losses = {"training_loss": [1.0, 0.6, 0.2], "validation_loss": [1.1, 0.7, 0.9]}
        index = pd.RangeIndex(1, 4, name="epoch")
        self.histories.append(pd.DataFrame({**losses, **columns}, index=index))
        return self.histories[-1].copy()

    def training_fault(self, values: Sequence[float]) -> str:
        """Say what is wrong with how the networks were made: one a value, new, and from the same first weights."""
        if len(self.starts) != len(values):
            return f"You trained {len(self.starts)} times for {len(values)} values: call `fit` once for each."
        for k in range(1, len(values)):
            if torch.equal(self.starts[k], self.ends[k - 1]):
                return "You go on training the network of the value before: make a new `GalaxyNetwork` for each."
            if not torch.equal(self.starts[k], self.starts[0]):
                return (
                    "The networks start from different weights: give each the same `seed`, so that one thing changes."
                )
        return ""

    def history_fault(self, table: pd.DataFrame, column: str) -> str:
        """Say what is wrong with a column that should hold the last epoch of each history."""
        got = np.asarray(table[column], dtype=float)
        last = np.array([history[column].iloc[-1] for history in self.histories])
        if np.allclose(got, last):
            return ""
        slips = {
            "the largest of all epochs. Choosing an epoch by its score is a choice of its own: take the last": "max",
            "the mean of all epochs: take the last": "mean",
            "the first epoch: take the last": "first",
        }
        for words, kind in slips.items():
            wrong = [h[column].iloc[0] if kind == "first" else h[column].agg(kind) for h in self.histories]
            if np.allclose(got, wrong):
                return f"`{column}` holds {words}, `history['{column}'].iloc[-1]`."
        return (
            f"`{column}` should be {np.round(last, 3).tolist()}, the last epochs; yours is {np.round(got, 3).tolist()}."
        )


def flat(network: nn.Module) -> torch.Tensor:
    return nn.utils.parameters_to_vector(network.parameters()).detach().clone()


def norms_of(network: nn.Module) -> dict[str, float]:
    """The L2 norm of all parameters, and what is easily taken for it."""
    everything = flat(network).double()
    weights = torch.cat([p.detach().flatten() for p in network.parameters() if p.ndim > 1]).double()
    return {
        "right": float(everything.norm()),
        "squared": float(everything.square().sum()),
        "layers": float(sum(p.detach().double().norm() for p in network.parameters())),
        "weights": float(weights.norm()),
        "absolute": float(everything.abs().sum()),
        "mean": float(everything.square().mean().sqrt()),
    }
