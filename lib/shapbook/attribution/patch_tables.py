"""Logits of the book's network for all ways to compose an image of patches, from tables.

A feature after the second pooling sees 14 × 14 pixels, so never more than 3 × 3 of the 4 × 4 patches. Those of each
quarter of the 6 × 6 features share their 3 × 3 patches, which have 2⁹ = 512 coalitions. What a quarter adds to the
first linear layer therefore stands in a table of 512 rows, and the layer is the sum of a row of each of four tables.
"""

from collections.abc import Callable, Iterator
from itertools import product

import torch
from torch import nn

from shapbook.morphology import GalaxyNetwork
from shapbook.shapley import all_coalitions

__all__ = ["table_logits"]

CORNERS = tuple(product((0, 1), repeat=2))


def table_logits(
    network: GalaxyNetwork, image: torch.Tensor, background: torch.Tensor
) -> Callable[[torch.Tensor], Iterator[torch.Tensor]]:
    """Return a function from coalitions (n_coalitions, 16) to logits against one background image after another.

    Arguments:
        network: The network, in evaluation mode.
        image: The image explained, of shape (1, 1, 32, 32).
        background: Images that stand for absent patches, of shape (n_background, 1, 32, 32).
    """
    with torch.inference_mode():
        tables = [quarter_tables(network, image, other) for other in background]

    def logits(coalitions: torch.Tensor) -> Iterator[torch.Tensor]:
        rows = table_rows(coalitions)
        for table in tables:
            hidden = nn.functional.embedding_bag(rows, table, mode="sum") + network.linear1.bias
            yield network.linear2(network.relu3(hidden))

    return logits


def quarter_patches() -> torch.Tensor:
    """Numbers of the patches that each quarter sees: (4, 9)."""
    numbers = torch.arange(16).reshape(4, 4)
    return torch.stack([numbers[row : row + 3, column : column + 3].flatten() for row, column in CORNERS])


def quarter_tables(network: GalaxyNetwork, image: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """What each quarter of the features adds to the first linear layer: (4 × 512, 50)."""
    present = torch.zeros(4, 512, 16, dtype=torch.bool)
    present.scatter_(
        2, quarter_patches()[:, None].expand(-1, 512, -1), torch.from_numpy(all_coalitions(9)).expand(4, -1, -1)
    )
    masks = present.reshape(-1, 1, 4, 4).repeat_interleave(8, dim=2).repeat_interleave(8, dim=3)
    composed = torch.where(masks, image, other)
    features = torch.cat([network.features(part) for part in composed.split(256)]).reshape(4, 512, 20, 6, 6)
    weights = network.linear1.weight.reshape(-1, 20, 6, 6)
    return torch.cat(
        [
            part[:, :, 3 * row : 3 * row + 3, 3 * column : 3 * column + 3].flatten(1)
            @ weights[:, :, 3 * row : 3 * row + 3, 3 * column : 3 * column + 3].flatten(1).T
            for part, (row, column) in zip(features, CORNERS, strict=True)
        ]
    )


def table_rows(coalitions: torch.Tensor) -> torch.Tensor:
    """Numbers of the rows of the four tables that a coalition looks up: (n_coalitions, 16) → (n_coalitions, 4)."""
    bits = coalitions[:, quarter_patches()].long()
    return (bits << torch.arange(9)).sum(dim=2) + 512 * torch.arange(4)
