"""Saliency maps from the captum package: gradients, plain, smoothed, guided or integrated, and occlusion."""

import warnings
from collections.abc import Callable

import numpy as np
import torch
from captum.attr import GuidedBackprop, IntegratedGradients, NoiseTunnel, Occlusion, Saliency
from numpy.typing import ArrayLike
from torch import nn

from shapbook.networks import frozen_copy, image_tensor
from shapbook.training import reproducible

__all__ = ["gradients", "guided_backpropagation", "integrated_gradients", "occlusion", "smooth_grad"]


def gradients(network: nn.Module, images: ArrayLike) -> np.ndarray:
    """Return the gradient of each output with respect to the pixels: what a small change would do.

    Arguments:
        network: Differentiable module from images to (N, n_outputs).
        images: Images of shape (N, 1, 32, 32).

    Returns:
        Gradients of shape (N, n_outputs, 32, 32), in units of the output per unit of a pixel; the sign is kept.

    Raises:
        ValueError: If the images have another shape or are not finite.

    References:
        Deep Inside Convolutional Networks (Simonyan et al., 2013), https://arxiv.org/abs/1312.6034
    """
    method = Saliency(frozen_copy(network))
    return for_each_output(method.forward_func, images, lambda x, output: method.attribute(x, output, abs=False))


def smooth_grad(
    network: nn.Module, images: ArrayLike, *, seed: int, noise: float = 0.1, n_samples: int = 50
) -> np.ndarray:
    """Return SmoothGrad maps: the mean gradient over copies of the image with noise added.

    Arguments:
        network: Differentiable module from images to (N, n_outputs).
        images: Images of shape (N, 1, 32, 32).
        seed: Fixes the noise, which is the same for all outputs.
        noise: Standard deviation of the normal noise; pixels range from 0 to 1.
        n_samples: Noisy copies of each image; the error of the map falls as one over the square root of it.

    Returns:
        Mean gradients of shape (N, n_outputs, 32, 32), with their sign.

    Raises:
        ValueError: If the images have another shape or are not finite.

    References:
        SmoothGrad: removing noise by adding noise (Smilkov et al., 2017), https://arxiv.org/abs/1706.03825
    """
    saliency = Saliency(frozen_copy(network))
    method = NoiseTunnel(saliency)

    def mean_gradient(x: torch.Tensor, output: int) -> torch.Tensor:
        with reproducible(seed, threads=torch.get_num_threads()):
            return method.attribute(
                x, nt_samples=n_samples, nt_samples_batch_size=10, stdevs=noise, target=output, abs=False
            )

    return for_each_output(saliency.forward_func, images, mean_gradient)


def guided_backpropagation(network: nn.Module, images: ArrayLike) -> np.ndarray:
    """Return gradients that are set to zero where they are negative, whenever they pass a ReLU on their way back.

    They follow the image more than the network's decision: an example of a map that fails {func}`randomise_layers`.

    Arguments:
        network: Differentiable module from images to (N, n_outputs), whose ReLUs are `torch.nn.ReLU` modules.
        images: Images of shape (N, 1, 32, 32).

    Returns:
        Maps of shape (N, n_outputs, 32, 32), with their sign.

    Raises:
        ValueError: If the images have another shape or are not finite.

    References:
        Striving for Simplicity: The All Convolutional Net (Springenberg et al., 2014),
        https://arxiv.org/abs/1412.6806
    """
    method = GuidedBackprop(frozen_copy(network))
    with warnings.catch_warnings():  # captum announces its hooks, which live in our copy only
        warnings.filterwarnings("ignore", message="Setting backward hooks on ReLU activations", category=UserWarning)
        return for_each_output(method.model, images, lambda x, output: method.attribute(x, output))


def integrated_gradients(network: nn.Module, images: ArrayLike, baseline: ArrayLike, n_steps: int = 50) -> np.ndarray:
    r"""Return integrated gradients against one baseline image: they sum to f(x) − f(b).

    $$\phi_i = (x_i - b_i) \int_0^1 \partial f / \partial x_i\,\big(b + t (x - b)\big)\, \mathrm{d}t$$

    Arguments:
        network: Differentiable module from images to (N, n_outputs).
        images: Images of shape (N, 1, 32, 32).
        baseline: The image b that stands for absent pixels, of shape (1, 1, 32, 32).
        n_steps: Points of the Gauss–Legendre rule for the integral.

    Returns:
        Values of shape (N, n_outputs, 32, 32), in units of the output.

    Raises:
        ValueError: If images have another shape or are not finite, or there is more than one baseline.

    References:
        Axiomatic Attribution for Deep Networks (Sundararajan et al., 2017), https://arxiv.org/abs/1703.01365
    """
    method = IntegratedGradients(frozen_copy(network))
    reference = one_image(baseline)
    return for_each_output(
        method.forward_func,
        images,
        lambda x, output: method.attribute(x, reference, output, n_steps=n_steps, internal_batch_size=512),
    )


def occlusion(
    network: nn.Module, images: ArrayLike, baseline: ArrayLike, window: int = 4, stride: int = 2
) -> np.ndarray:
    """Return occlusion maps: how much an output falls when a window is replaced by the baseline image.

    A pixel gets the mean over the windows that cover it. The cost is one pass for each window and output.

    Arguments:
        network: Module from images to (N, n_outputs).
        images: Images of shape (N, 1, 32, 32).
        baseline: The image that is seen through the window, of shape (1, 1, 32, 32).
        window: Side of the square window, in pixels.
        stride: Step of the window, in pixels, from 1 to `window`.

    Returns:
        Falls of the output of shape (N, n_outputs, 32, 32).

    Raises:
        ValueError: If images have another shape or are not finite, there is more than one baseline, or the windows
            leave pixels out.

    References:
        Visualizing and Understanding Convolutional Networks (Zeiler and Fergus, 2013),
        https://arxiv.org/abs/1311.2901
    """
    if not 1 <= stride <= window <= 32:
        msg = f"Got window={window} and stride={stride}: expected 1 ≤ stride ≤ window ≤ 32, or pixels are left out."
        raise ValueError(msg)
    method = Occlusion(frozen_copy(network))
    reference = one_image(baseline)
    return for_each_output(
        method.forward_func,
        images,
        lambda x, output: method.attribute(
            x, (1, window, window), (1, stride, stride), reference, output, perturbations_per_eval=16
        ),
    )


def for_each_output(
    network: nn.Module, images: ArrayLike, attribute: Callable[[torch.Tensor, int], torch.Tensor]
) -> np.ndarray:
    """Attribute output after output, and stack their maps: (N, n_outputs, 32, 32)."""
    x = image_tensor(images)
    with torch.no_grad():
        n_outputs = network(x[:1]).shape[1]
    maps = [attribute(x.clone().requires_grad_(), output).detach()[:, 0] for output in range(n_outputs)]
    return torch.stack(maps, dim=1).numpy()


def one_image(baseline: ArrayLike) -> torch.Tensor:
    tensor = image_tensor(baseline)
    if len(tensor) != 1:
        msg = f"The baseline must be one image of shape (1, 1, 32, 32), got {tuple(tensor.shape)}: take their mean."
        raise ValueError(msg)
    return tensor
