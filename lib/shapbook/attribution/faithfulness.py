"""Tests of maps that need no truth: delete or insert the pixels they rank, or take away what the network has learnt."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import nn

from shapbook.networks import frozen_copy, image_tensor, predict_probabilities
from shapbook.training import reproducible

__all__ = ["blurred", "deletion_curve", "insertion_curve", "randomise_layers"]


def deletion_curve(
    network: nn.Module,
    images: ArrayLike,
    attributions: ArrayLike,
    classes: ArrayLike,
    fill: ArrayLike,
    n_steps: int = 32,
) -> np.ndarray:
    """Return the probability of a class while pixels are replaced, those with the largest attribution first.

    If a map ranks pixels well the probability falls fast. What stands in for a deleted pixel matters, as a background
    does: it should not be evidence for a class itself.

    Arguments:
        network: Module from images to logits (N, n_classes).
        images: Images of shape (N, 1, 32, 32).
        attributions: One map a galaxy, of shape (N, 32, 32), which ranks its pixels: from the most positive to the
            most negative; equal ones in the order of the pixels.
        classes: The class that is followed, of shape (N,).
        fill: What deleted pixels are replaced by: one image for all (1, 1, 32, 32), such as the mean of a background,
            or one for each, (N, 1, 32, 32), such as {func}`blurred` images.
        n_steps: Number of equal steps in which all 1,024 pixels are replaced.

    Returns:
        Probabilities of shape (N, n_steps + 1): with the share *k*/n_steps of the pixels replaced.

    Raises:
        ValueError: If the shapes do not fit together, or the number of steps is not between 1 and 1,024.

    References:
        RISE: Randomized Input Sampling for Explanation of Black-box Models (Petsiuk et al., 2018),
        https://arxiv.org/abs/1806.07421
    """
    x = image_tensor(images)
    scores, replacement = fitting(x, attributions, classes, fill)
    if not 1 <= n_steps <= scores.shape[1]:
        msg = f"Got n_steps={n_steps}: expected a number between 1 and the {scores.shape[1]:,} pixels."
        raise ValueError(msg)
    rank = scores.argsort(dim=1, descending=True, stable=True).argsort(dim=1).reshape(x.shape)
    n_deleted = [round(step * scores.shape[1] / n_steps) for step in range(n_steps + 1)]
    rows = np.arange(len(x))
    steps = [
        predict_probabilities(network, torch.where(rank < count, replacement, x))[rows, np.asarray(classes)]
        for count in n_deleted
    ]
    return np.stack(steps, axis=1)


def insertion_curve(
    network: nn.Module,
    images: ArrayLike,
    attributions: ArrayLike,
    classes: ArrayLike,
    fill: ArrayLike,
    n_steps: int = 32,
) -> np.ndarray:
    """Return the probability of a class while pixels are put into `fill`, those with the largest attribution first.

    If a map ranks pixels well the probability rises fast. Arguments, errors and the reference are those of
    {func}`deletion_curve`.

    Returns:
        Probabilities of shape (N, n_steps + 1): with the share *k*/n_steps of the pixels put in.
    """
    x = image_tensor(images)
    _, start = fitting(x, attributions, classes, fill)
    return deletion_curve(network, start.expand_as(x), attributions, classes, x, n_steps)


def fitting(
    x: torch.Tensor, attributions: ArrayLike, classes: ArrayLike, fill: ArrayLike
) -> tuple[torch.Tensor, torch.Tensor]:
    """Check the shapes, and return the scores of the pixels (N, 1024) and the fill."""
    scores, replacement = np.asarray(attributions), image_tensor(fill)
    shapes = scores.shape, np.shape(classes), len(replacement)
    if shapes[:2] != ((len(x), *x.shape[2:]), (len(x),)) or shapes[2] not in (1, len(x)):
        msg = (
            f"For {len(x)} images, attributions must have shape ({len(x)}, 32, 32), classes ({len(x)},) and the fill "
            f"1 or {len(x)} images; got {shapes[0]}, {shapes[1]} and {shapes[2]}. Take the maps of one class, "
            "`attributions[np.arange(N), classes]`."
        )
        raise ValueError(msg)
    return torch.as_tensor(scores.copy()).flatten(1), replacement


def blurred(images: ArrayLike, width: float = 4.0) -> np.ndarray:
    """Return images smoothed with a Gaussian, which keeps the light and takes the details.

    Arguments:
        images: Images of shape (N, 1, 32, 32).
        width: Standard deviation of the Gaussian in pixels, above 0 and at most 5.

    Returns:
        Images of shape (N, 1, 32, 32), float32; beyond the edges they are continued as in a mirror.

    Raises:
        ValueError: If the images have another shape, or the width is out of range.
    """
    if not 0 < width <= 5:
        msg = f"A Gaussian {width} pixels wide: expected a width above 0 and at most 5, or it outgrows the image."
        raise ValueError(msg)
    from torchvision.transforms.v2 import functional  # takes seconds to import, and only this function needs it

    size = 2 * int(np.ceil(3 * width)) + 1
    return functional.gaussian_blur(image_tensor(images), [size, size], [width, width]).numpy()


def randomise_layers(network: nn.Module, names: Sequence[str], seed: int) -> nn.Module:
    """Return a copy of a network in which some layers have forgotten all they learnt: they get new initial weights.

    A map that hardly changes tells of the image, not of the network.

    Arguments:
        network: A trained network.
        names: Names of layers, such as `["linear2", "linear1"]` for the last two of the book's network.
        seed: Fixes the new weights.

    Raises:
        ValueError: If there is no layer of a name, or it has no weights of its own.

    References:
        Sanity Checks for Saliency Maps (Adebayo et al., 2018), https://arxiv.org/abs/1810.03292
    """
    changed = frozen_copy(network)
    layers = {name: layer for name, layer in changed.named_modules() if hasattr(layer, "reset_parameters")}
    unknown = [name for name in names if name not in layers]
    if unknown:
        msg = f"No layer {unknown[0]!r} with weights in this network: expected one of {', '.join(layers)}."
        raise ValueError(msg)
    with reproducible(seed):
        for name in names:
            layers[name].reset_parameters()
    return changed
