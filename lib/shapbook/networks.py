"""Ask a network of images for its predictions, without changing it."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import numpy as np
import torch
from numpy.typing import ArrayLike
from scipy.special import log_softmax
from torch import nn

from shapbook.image_survey import SIDE

__all__ = [
    "EntropyOf",
    "entropy",
    "frozen_copy",
    "image_tensor",
    "in_mode",
    "predict_logits",
    "predict_probabilities",
    "weight_norm",
]

BATCH_IMAGES = 256  # what passes between two layers then fits into a processor's cache


def image_tensor(images: ArrayLike | torch.Tensor) -> torch.Tensor:
    """Return images as a float32 tensor.

    Arguments:
        images: Images of shape (N, 1, 32, 32).

    Raises:
        ValueError: If the shape is another, there is no image, or a pixel is not finite.
    """
    tensor = torch.as_tensor(np.asarray(images), dtype=torch.float32)
    if tensor.ndim != 4 or tensor.shape[1:] != (1, SIDE, SIDE) or not len(tensor):
        msg = (
            f"Images must have shape (N, 1, {SIDE}, {SIDE}) with at least one image, got {tuple(tensor.shape)}: "
            "take one image as `images[i:i+1]`."
        )
        raise ValueError(msg)
    if not tensor.isfinite().all():
        msg = f"Images must be finite: {int((~tensor.isfinite()).sum())} of {tensor.numel()} pixels are not."
        raise ValueError(msg)
    return tensor


@contextmanager
def in_mode(network: nn.Module, mode: Literal["training", "evaluation"]) -> Iterator[nn.Module]:
    """Put a network into a mode, and each of its parts back afterwards; dropout does nothing in evaluation.

    Example:
        >>> network = nn.Sequential(nn.Dropout()).train()
        >>> with in_mode(network, "evaluation"):
        ...     network.training, network[0].training
        (False, False)
        >>> network.training
        True
    """
    before = [(module, module.training) for module in network.modules()]
    network.train(mode == "training")
    try:
        yield network
    finally:
        for module, was_training in before:
            module.training = was_training


def predict_logits(network: nn.Module, images: ArrayLike | torch.Tensor) -> np.ndarray:
    """Return what a network makes of images, without dropout; the network's mode stays as it is.

    Arguments:
        network: Module from (N, 1, 32, 32) to (N, n_outputs).
        images: Images of shape (N, 1, 32, 32).

    Returns:
        Logits of shape (N, n_outputs), float32.

    Raises:
        ValueError: If the images have another shape or are not finite.
    """
    batches = image_tensor(images).split(BATCH_IMAGES)
    with in_mode(network, "evaluation"), torch.inference_mode():
        return torch.cat([network(batch) for batch in batches]).numpy()


def predict_probabilities(network: nn.Module, images: ArrayLike | torch.Tensor) -> np.ndarray:
    """Return the softmax of `predict_logits`: class probabilities of shape (N, n_classes), float32."""
    return np.exp(log_softmax(predict_logits(network, images), axis=1))


def entropy(logits: ArrayLike) -> np.ndarray:
    """Return the entropy of the class probabilities, in nats: 0 when sure, ln 3 = 1.099 when all three are alike.

    It is computed from the logits by way of ln p. From p itself it would be NaN where a probability underflows to 0.

    Arguments:
        logits: Logits of shape (N, n_classes).

    Returns:
        Entropies of shape (N,).

    Example:
        >>> entropy([[0, 0, 0], [1e4, 0, -1e4]]).round(4)
        array([1.0986, 0.    ])
    """
    log_p = log_softmax(np.asarray(logits, dtype=float), axis=1)
    return np.abs((np.exp(log_p) * log_p).sum(axis=1))


class EntropyOf(nn.Module):
    """The same network with another read-out: the entropy of its class probabilities, in nats.

    Nothing is trained. Like {func}`entropy`, it goes from the logits to ln p, and never takes the logarithm of a
    probability that may have underflowed to 0.

    Arguments:
        network: Module from images (N, 1, 32, 32) to logits (N, n_classes).

    Example:
        >>> EntropyOf(nn.Identity())(torch.zeros(2, 3))
        tensor([[1.0986],
                [1.0986]])
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return entropies: (N, 1, 32, 32) → (N, 1)."""
        log_p = nn.functional.log_softmax(self.network(images), dim=1)
        return -(log_p.exp() * log_p).sum(dim=1, keepdim=True)


def weight_norm(network: nn.Module) -> float:
    """Return the L2 norm of all weights and biases, √Σw²: what weight decay keeps small.

    Example:
        >>> layer = nn.Linear(2, 1)
        >>> _ = nn.init.constant_(layer.weight, 1), nn.init.constant_(layer.bias, -1)
        >>> round(weight_norm(layer), 3)
        1.732
    """
    return float(nn.utils.parameters_to_vector(network.parameters()).detach().double().norm())


def frozen_copy(network: nn.Module) -> nn.Module:
    """Return a copy in evaluation mode whose weights take no gradients: others may hook it, the network stays as is."""
    return copy.deepcopy(network).eval().requires_grad_(False)
