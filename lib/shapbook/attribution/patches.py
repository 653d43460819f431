"""Sixteen patches of 8 × 8 pixels as players: games small enough for exact Shapley values.

Pixels of absent patches are taken from background images (the interventional value function).
"""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Literal, TypeAlias, get_args

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import nn

from shapbook.attribution.patch_tables import table_logits
from shapbook.morphology import GalaxyNetwork
from shapbook.networks import frozen_copy, image_tensor
from shapbook.shapley import Game, exact_values

__all__ = ["PatchOutput", "patch_game", "patch_shapley", "patch_sums"]

PatchOutput: TypeAlias = Literal["logits", "probabilities", "mean_entropy", "entropy_of_mean"]

PATCHES = tuple(f"row {row}, column {column}" for row, column in product(range(1, 5), repeat=2))
SIDE = 8
BATCH_COALITIONS = 2**13


def patch_game(network: nn.Module, image: ArrayLike, background: ArrayLike, output: PatchOutput = "logits") -> Game:
    """Return the game of the sixteen patches of an image, with all outputs of the network at once.

    With f the logits of the image whose absent patches come from the background image b, p their softmax and H the
    entropy in nats, the value of a coalition is

    - `"logits"`: the mean of f over the background (whatever the network puts out, if it is no classifier);
    - `"probabilities"`: the mean of p;
    - `"mean_entropy"`: the mean of H(p), how unsure the network is of each composed image;
    - `"entropy_of_mean"`: H of the mean of p, which also counts that the composed images are classified differently;
      it is never smaller.

    A {class}`~shapbook.morphology.GalaxyNetwork` is evaluated through tables, which need 2,048 instead of 65,536 passes
    through its convolutions for all coalitions with one background image; any other network is asked for each
    composed image.

    Arguments:
        network: Module from images to (N, n_outputs).
        image: The image explained, of shape (1, 1, 32, 32).
        background: Images that stand for absent patches, of shape (n_background, 1, 32, 32).
        output: What the value is.

    Returns:
        Game of the players `"row 1, column 1"`, `"row 1, column 2"`, … (from the top left corner, row by row), whose
        values have the shape (n_coalitions, n_outputs), with one output for the entropies.

    Raises:
        ValueError: If the output is unknown, images have another shape or are not finite, or there is more than one
            to explain.

    Example:
        >>> image, background = np.zeros((1, 1, 32, 32)), np.ones((2, 1, 32, 32))
        >>> game = patch_game(GalaxyNetwork(), image, background, output="probabilities")
        >>> game.value_of("row 2, column 3", "row 3, column 3").sum().round(6)
        np.float64(1.0)
    """
    if output not in get_args(PatchOutput):
        msg = f"Unknown output {output!r}: expected one of {', '.join(map(repr, get_args(PatchOutput)))}."
        raise ValueError(msg)
    x, others = image_tensor(image), image_tensor(background)
    if len(x) != 1:
        msg = f"A game explains one image of shape (1, 1, 32, 32), got {tuple(x.shape)}: take `images[i:i+1]`."
        raise ValueError(msg)
    logits = (table_logits if isinstance(network, GalaxyNetwork) else composed_logits)(frozen_copy(network), x, others)

    def value(coalitions: np.ndarray) -> np.ndarray:
        parts = torch.from_numpy(coalitions).split(BATCH_COALITIONS)
        with torch.inference_mode():
            return torch.cat([read_out(logits(part), output) for part in parts]).numpy()

    return Game(PATCHES, value)


def read_out(logits: Iterator[torch.Tensor], output: PatchOutput) -> torch.Tensor:
    """Average over the background: n_background tensors (n_coalitions, n_outputs) → (n_coalitions, n_values)."""
    each = {"logits": nn.Identity(), "mean_entropy": entropies}.get(output, nn.Softmax(dim=1))
    total, count = torch.zeros(()), 0
    for count, against_one in enumerate(logits, start=1):  # noqa: B007
        total = total + each(against_one.double())
    mean = total / count
    return torch.special.entr(mean).sum(dim=1, keepdim=True) if output == "entropy_of_mean" else mean


def entropies(logits: torch.Tensor) -> torch.Tensor:
    log_p = logits.log_softmax(dim=1)
    return -(log_p.exp() * log_p).sum(dim=1, keepdim=True)


def composed_logits(
    network: nn.Module, image: torch.Tensor, background: torch.Tensor
) -> Callable[[torch.Tensor], Iterator[torch.Tensor]]:
    """Ask the network for each composed image: coalitions → logits against one background image after another."""

    def logits(coalitions: torch.Tensor) -> Iterator[torch.Tensor]:
        masks = pixel_masks(coalitions)
        for other in background:
            yield torch.cat([network(torch.where(part, image, other)) for part in masks.split(1024)])

    return logits


def pixel_masks(coalitions: torch.Tensor) -> torch.Tensor:
    """Spread coalitions (n_coalitions, 16) out over the pixels of their patches: (n_coalitions, 1, 32, 32)."""
    return coalitions.reshape(-1, 1, 4, 4).repeat_interleave(SIDE, dim=2).repeat_interleave(SIDE, dim=3)


def patch_shapley(
    network: nn.Module, images: ArrayLike, background: ArrayLike, output: PatchOutput = "logits"
) -> np.ndarray:
    """Return the exact Shapley values of the sixteen patches of each image, from all 65,536 coalitions.

    They are exact for this background. Except for `"entropy_of_mean"` they are the mean of the values against each of
    its images, so that the spread of those tells how well it stands for a larger one.

    Arguments:
        network: Module from images to (N, n_outputs).
        images: Images to explain, of shape (N, 1, 32, 32).
        background: Images that stand for absent patches, of shape (n_background, 1, 32, 32); time and, for a
            {class}`~shapbook.morphology.GalaxyNetwork`, memory (0.4 MB an image) grow with their number.
        output: What the value of a coalition is, see {func}`patch_game`.

    Returns:
        Values of shape (N, n_outputs, 4, 4), in units of the output; those of an image sum to the value of all its
        patches less that of none.

    Raises:
        ValueError: If the output is unknown, or images have another shape or are not finite.
    """
    games = (patch_game(network, image[None], background, output) for image in image_tensor(images))
    return np.array([exact_values(game).T.reshape(-1, 4, 4) for game in games])


def patch_sums(attributions: ArrayLike) -> np.ndarray:
    """Add up pixel attributions over the sixteen patches: (…, 32, 32) → (…, 4, 4).

    Raises:
        ValueError: If the last two axes are not 32 pixels long.

    Example:
        >>> patch_sums(np.ones((5, 3, 32, 32)))[0, 0]
        array([[64., 64., 64., 64.],
               [64., 64., 64., 64.],
               [64., 64., 64., 64.],
               [64., 64., 64., 64.]])
    """
    attributions = np.asarray(attributions)
    if attributions.shape[-2:] != (4 * SIDE, 4 * SIDE):
        msg = f"Attributions must have shape (…, 32, 32), got {attributions.shape}."
        raise ValueError(msg)
    return attributions.reshape(*attributions.shape[:-2], 4, SIDE, 4, SIDE).sum(axis=(-3, -1))
