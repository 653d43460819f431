"""Attributions: how much each pixel, or each patch of pixels, adds to an output of a network; and tests of them.

Images have the shape (N, 1, 32, 32) and attributions (N, n_outputs, 32, 32), one map for each output of the network.
Every function works on a copy of the network in evaluation mode, so that the network stays as it is.
"""

from shapbook.attribution.faithfulness import blurred, deletion_curve, insertion_curve, randomise_layers
from shapbook.attribution.metrics import (
    area_share,
    cosine_similarity,
    mass_in_mask,
    mean_excess,
    relative_distance,
)
from shapbook.attribution.patches import PatchOutput, patch_game, patch_shapley, patch_sums
from shapbook.attribution.pixel_shap import SampledAttributions, additivity_gap, deep_shap, expected_gradients
from shapbook.attribution.saliency import (
    gradients,
    guided_backpropagation,
    integrated_gradients,
    occlusion,
    smooth_grad,
)
from shapbook.networks import EntropyOf

__all__ = [
    "EntropyOf",
    "PatchOutput",
    "SampledAttributions",
    "additivity_gap",
    "area_share",
    "blurred",
    "cosine_similarity",
    "deep_shap",
    "deletion_curve",
    "expected_gradients",
    "gradients",
    "guided_backpropagation",
    "insertion_curve",
    "integrated_gradients",
    "mass_in_mask",
    "mean_excess",
    "occlusion",
    "patch_game",
    "patch_shapley",
    "patch_sums",
    "randomise_layers",
    "relative_distance",
    "smooth_grad",
]
