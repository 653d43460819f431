"""Numbers that judge attributions: how much falls where it should, and how far two maps are from each other."""

import numpy as np
from numpy.typing import ArrayLike

from shapbook.calibration import mean_and_error

__all__ = ["area_share", "cosine_similarity", "mass_in_mask", "mean_excess", "relative_distance"]


def mass_in_mask(attributions: ArrayLike, masks: ArrayLike) -> np.ndarray:
    """Return the share of the positive attribution that falls inside a mask.

    Attribution spread without regard to the mask gives the share of the area that the mask covers: {func}`area_share`
    is what chance gives.

    Arguments:
        attributions: One map a galaxy, of shape (N, 32, 32), or one for each output, (N, n_outputs, 32, 32).
        masks: Where each galaxy's part is, of shape (N, 32, 32), bool.

    Returns:
        Shares between 0 and 1, of shape (N,) or (N, n_outputs); NaN where no attribution is positive.

    Raises:
        ValueError: If the shapes do not fit together.

    Example:
        >>> mask = np.zeros((1, 32, 32), dtype=bool)
        >>> mask[0, :8] = True
        >>> mass_in_mask(np.ones((1, 32, 32)), mask)
        array([0.25])
    """
    attributions, masks = np.asarray(attributions), checked_masks(masks)
    if attributions.ndim not in (3, 4) or (len(attributions), *attributions.shape[-2:]) != masks.shape:
        msg = (
            f"Attributions of shape {attributions.shape} for masks of shape {masks.shape}: expected (N, 32, 32) or "
            "(N, n_outputs, 32, 32) for (N, 32, 32)."
        )
        raise ValueError(msg)
    positive = np.clip(attributions, 0, None)
    inside = np.where(masks if attributions.ndim == 3 else masks[:, None], positive, 0).sum(axis=(-2, -1), dtype=float)
    total = positive.sum(axis=(-2, -1), dtype=float)
    return np.divide(inside, total, out=np.full(total.shape, np.nan), where=total > 0)


def area_share(masks: ArrayLike) -> np.ndarray:
    """Return the share of the pixels that each mask covers, of shape (N,): what {func}`mass_in_mask` gives by chance.

    Raises:
        ValueError: If the masks are not booleans of shape (N, 32, 32).
    """
    return checked_masks(masks).mean(axis=(1, 2))


def checked_masks(masks: ArrayLike) -> np.ndarray:
    masks = np.asarray(masks)
    if masks.ndim != 3 or masks.dtype != bool:
        msg = f"Masks must be booleans of shape (N, 32, 32), got {masks.dtype} of shape {masks.shape}."
        raise ValueError(msg)
    return masks


def mean_excess(shares: ArrayLike, masks: ArrayLike) -> tuple[float, float]:
    """Return by how much attribution prefers a mask: the mean of share − chance over galaxies, and its standard error.

    Galaxies without the part (an empty mask) or without positive attribution cannot tell, and are left out.

    Arguments:
        shares: One share a galaxy from {func}`mass_in_mask`, of shape (N,).
        masks: The masks, of shape (N, 32, 32), bool.

    Raises:
        ValueError: If the shapes do not fit together, or fewer than two galaxies can tell.
    """
    shares, chances = np.asarray(shares, dtype=float), area_share(masks)
    if shares.shape != chances.shape:
        msg = f"Shares of shape {shares.shape} for {len(chances)} masks: expected one share a galaxy."
        raise ValueError(msg)
    told = (chances > 0) & np.isfinite(shares)
    if told.sum() < 2:
        msg = (
            f"{told.sum()} of {len(shares)} galaxies have both the part and positive attribution: expected at least "
            "two, for a standard error."
        )
        raise ValueError(msg)
    return mean_and_error((shares - chances)[told])


def relative_distance(attributions: ArrayLike, reference: ArrayLike) -> np.ndarray:
    """Return how far maps are from reference maps, ‖φ − ψ‖/‖ψ‖ (Euclidean norm over the pixels).

    Arguments:
        attributions: Maps φ of shape (…, height, width), for instance (N, n_outputs, 32, 32).
        reference: Maps ψ of the same shape.

    Returns:
        Distances of shape (…), 0 where the maps are equal; NaN where the reference is 0 everywhere.

    Raises:
        ValueError: If the shapes differ.

    Example:
        >>> relative_distance(np.full((1, 4, 4), 3.0), np.full((1, 4, 4), 2.0))
        array([0.5])
    """
    ours, theirs = alike(attributions, reference)
    distance, size = np.linalg.norm(ours - theirs, axis=-1), np.linalg.norm(theirs, axis=-1)
    return np.divide(distance, size, out=np.full(size.shape, np.nan), where=size > 0)


def cosine_similarity(attributions: ArrayLike, reference: ArrayLike) -> np.ndarray:
    """Return the cosine of the angle between maps: 1 for the same pattern, 0 for unrelated ones, −1 for its negative.

    Arguments:
        attributions: Maps of shape (…, height, width), for instance (N, n_outputs, 32, 32).
        reference: Maps of the same shape.

    Returns:
        Cosines of shape (…); NaN where a map is 0 everywhere.

    Raises:
        ValueError: If the shapes differ.

    Example:
        >>> cosine_similarity(np.full((1, 4, 4), 3.0), np.full((1, 4, 4), -2.0))
        array([-1.])
    """
    ours, theirs = alike(attributions, reference)
    sizes = np.linalg.norm(ours, axis=-1) * np.linalg.norm(theirs, axis=-1)
    return np.divide((ours * theirs).sum(axis=-1), sizes, out=np.full(sizes.shape, np.nan), where=sizes > 0)


def alike(attributions: ArrayLike, reference: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    ours, theirs = np.asarray(attributions, dtype=float), np.asarray(reference, dtype=float)
    if ours.shape != theirs.shape or ours.ndim < 2:
        msg = f"Maps of shape {ours.shape} for a reference of shape {theirs.shape}: expected (…, height, width) twice."
        raise ValueError(msg)
    return ours.reshape(*ours.shape[:-2], -1), theirs.reshape(*theirs.shape[:-2], -1)
