"""Small networks whose attributions are known on paper."""

import numpy as np
import torch
from torch import nn

N_OUTPUTS = 3


def weights(seed: int = 1) -> np.ndarray:
    """Weights of a linear network, of shape (N_OUTPUTS, 32, 32)."""
    return np.random.default_rng(seed).normal(size=(N_OUTPUTS, 32, 32)).astype(np.float32)


def linear(w: np.ndarray) -> nn.Sequential:
    """The network f = w · x + 0.5."""
    layer = nn.Linear(1024, len(w))
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(w.reshape(len(w), -1)))
        layer.bias.fill_(0.5)
    return nn.Sequential(nn.Flatten(), layer)


class PerPixel(nn.Module):
    """The network f = w · g(x) with a function g of each single pixel."""

    def __init__(self, w: np.ndarray, function: nn.Module) -> None:
        super().__init__()
        self.function = function
        self.linear = linear(w)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.linear(self.function(images))


class Power(nn.Module):
    """The function g(x) = xⁿ."""

    def __init__(self, exponent: int) -> None:
        super().__init__()
        self.exponent = exponent

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images**self.exponent


class WithDropout(nn.Module):
    """A linear network behind dropout, which is only right in evaluation mode."""

    def __init__(self, w: np.ndarray) -> None:
        super().__init__()
        self.dropout = nn.Dropout(0.5)
        self.linear = linear(w)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.linear(self.dropout(images))


def pictures(n: int, seed: int) -> np.ndarray:
    """Images of shape (n, 1, 32, 32) with independent uniform pixels."""
    return np.random.default_rng(seed).random((n, 1, 32, 32)).astype(np.float32)


def state_of(network: nn.Module) -> dict[str, object]:
    """All that a method may leave behind on a network: modes, hooks, attributes and gradients."""
    return {
        name: (module.training, sorted(vars(module)), len(module._forward_hooks), len(module._backward_hooks))
        for name, module in network.named_modules()
    } | {name: (values.requires_grad, values.grad) for name, values in network.named_parameters()}
