"""Estimates of SHAP values with every pixel a feature: Deep SHAP and expected gradients, from the shap package."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shap
from numpy.typing import ArrayLike
from torch import nn

from shapbook.networks import frozen_copy, image_tensor, predict_logits

__all__ = ["SampledAttributions", "additivity_gap", "deep_shap", "expected_gradients"]

BLOCKS = 10
TOLERANCE = 0.01


def deep_shap(
    network: nn.Module, images: ArrayLike, background: ArrayLike, check_additivity: bool = True
) -> np.ndarray:
    """Return Deep SHAP values: DeepLIFT's contributions against each background image, averaged.

    An approximation of the SHAP values, whose error does not vanish with more background images. Its cost is one
    pass forwards and backwards through the network for each image, output and background image.

    Arguments:
        network: Module from images to (N, n_outputs), built of layers that shap knows, each used once.
        images: Images to explain, of shape (N, 1, 32, 32).
        background: Images that stand for absent pixels, of shape (n_background, 1, 32, 32).
        check_additivity: Whether to raise an error if the values of an image miss f(x) − E f(background) by more
            than 0.01, as they do if the network computes with anything but such layers.

    Returns:
        Values of shape (N, n_outputs, 32, 32), in units of the output.

    Raises:
        ValueError: If images have another shape or are not finite, or additivity is checked and fails.

    References:
        Learning Important Features Through Propagating Activation Differences (Shrikumar et al., 2017),
        https://arxiv.org/abs/1704.02685

        A Unified Approach to Interpreting Model Predictions (Lundberg and Lee, 2017),
        https://arxiv.org/abs/1705.07874
    """
    explainer = shap.DeepExplainer(frozen_copy(network), image_tensor(background))
    values = maps_first(explainer.shap_values(image_tensor(images), check_additivity=False))
    gap = np.abs(additivity_gap(network, images, background, values)).max()
    if check_additivity and not gap <= TOLERANCE:
        msg = (
            f"Deep SHAP values miss f(x) − E f(background) by up to {gap:.3g}, expected {TOLERANCE} at most: the "
            "network uses an operation that Deep SHAP has no rule for. Use `expected_gradients`, or pass "
            "`check_additivity=False` to look at the values all the same."
        )
        raise ValueError(msg)
    return values


def additivity_gap(network: nn.Module, images: ArrayLike, background: ArrayLike, attributions: ArrayLike) -> np.ndarray:
    """Return by how much attributions miss what they should sum to: Σφ − (f(x) − E f(background)).

    That the gap is 0 proves bookkeeping, not that each value is right.

    Arguments:
        network: Module from images to (N, n_outputs).
        images: The images explained, of shape (N, 1, 32, 32).
        background: The images that stood for absent pixels, of shape (n_background, 1, 32, 32).
        attributions: Attributions of shape (N, n_outputs, 32, 32), or (N, n_outputs, 4, 4) of patches.

    Returns:
        Gaps of shape (N, n_outputs), in units of the output.

    Raises:
        ValueError: If the shapes do not fit together, or images are not finite.
    """
    outputs = predict_logits(network, images).astype(float)
    base = predict_logits(network, background).mean(axis=0, dtype=float)
    attributions = np.asarray(attributions, dtype=float)
    if attributions.ndim != 4 or attributions.shape[:2] != outputs.shape:
        msg = f"Attributions of shape {attributions.shape}: expected {(*outputs.shape, 32, 32)}, a map for each output."
        raise ValueError(msg)
    return attributions.sum(axis=(2, 3)) - (outputs - base)


def maps_first(values: np.ndarray) -> np.ndarray:
    """Turn shap's (N, 1, 32, 32, n_outputs) into (N, n_outputs, 32, 32)."""
    return np.moveaxis(values[:, 0], -1, 1)


@dataclass(frozen=True, eq=False)
class SampledAttributions:
    """Attributions estimated from random samples, in independent blocks of equal size.

    Attributes:
        blocks: The estimate of each block, of shape (n_blocks, N, n_outputs, 32, 32).
        standard_errors: One-sigma errors of the values, pixel by pixel, of shape (N, n_outputs, 32, 32).
    """

    blocks: np.ndarray
    standard_errors: np.ndarray

    @cached_property
    def values(self) -> np.ndarray:
        """The estimate, the mean of the blocks: shape (N, n_outputs, 32, 32)."""
        return self.blocks.mean(axis=0)

    def summarise(self, statistic: Callable[[np.ndarray], np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Return a linear statistic of the maps, and its standard error from the spread between the blocks.

        Errors of pixels cannot simply be added: the pixels of one sample vary together.

        Arguments:
            statistic: Function of attributions (N, n_outputs, 32, 32), such as their sum over pixels.

        Example:
            >>> maps = SampledAttributions(np.array([1.0, 3.0]).repeat(1024).reshape(2, 1, 1, 32, 32), np.empty(0))
            >>> total, error = maps.summarise(lambda values: values.sum(axis=(2, 3)))
            >>> float(total[0, 0]), float(error[0, 0].round())
            (2048.0, 1024.0)
        """
        results = np.array([statistic(block) for block in self.blocks])
        return results.mean(axis=0), results.std(axis=0, ddof=1) / np.sqrt(len(results))


def expected_gradients(
    network: nn.Module, images: ArrayLike, background: ArrayLike, n_samples: int, seed: int
) -> SampledAttributions:
    r"""Estimate expected gradients, the Aumann–Shapley values against a background, from random samples.

    $$\phi_i = \mathrm{E}\left[(x_i - b_i)\, \partial f / \partial x_i\,\big(b + t (x - b)\big)\right],$$

    with b a random image of the background and t uniform between 0 and 1. The values of an image sum to
    f(x) − E f(b) on average, and within their standard error in a sample. The cost is one pass forwards and backwards
    for each image, output and sample.

    Arguments:
        network: Differentiable module from images to (N, n_outputs).
        images: Images to explain, of shape (N, 1, 32, 32).
        background: Images that stand for absent pixels, of shape (n_background, 1, 32, 32).
        n_samples: Samples an image, a multiple of 10 and at least 20.
        seed: Fixes the samples.

    Raises:
        ValueError: If images have another shape or are not finite, or the number of samples does not fit.

    References:
        Improving performance of deep learning models with axiomatic attribution priors and expected gradients
        (Erion et al., 2021), https://arxiv.org/abs/1906.10670
    """
    if n_samples < 2 * BLOCKS or n_samples % BLOCKS:
        msg = f"Samples come in {BLOCKS} blocks of two or more: {n_samples} is no multiple of {BLOCKS}, or too few."
        raise ValueError(msg)
    size = n_samples // BLOCKS
    explainer = shap.GradientExplainer(frozen_copy(network), image_tensor(background), batch_size=min(size, 256))
    blocks, variances = [], []
    with numpy_state_kept():
        for block_seed in np.random.SeedSequence(seed).generate_state(BLOCKS):
            values, spread = explainer.shap_values(
                image_tensor(images), nsamples=size, rseed=int(block_seed), return_variances=True
            )
            blocks.append(maps_first(values))
            variances.append(np.stack(spread, axis=1)[:, :, 0] * np.sqrt(size))  # shap returns var/√n for var/n
    return SampledAttributions(np.array(blocks), np.sqrt(np.mean(variances, axis=0) / (n_samples - BLOCKS)))


@contextmanager
def numpy_state_kept() -> Iterator[None]:
    """Put NumPy's global generator, which shap seeds, back afterwards."""
    state = np.random.get_state()
    try:
        yield
    finally:
        np.random.set_state(state)
