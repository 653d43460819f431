"""Draw galaxy images and maps of their pixels, pixel by pixel and alike on every page.

A galaxy is dark on a bright sky, as in the survey, also on a dark page. The colours of a map are centred at zero.
"""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from numpy.typing import ArrayLike

from shapbook.figures import INK
from shapbook.image_survey import SIDE

__all__ = ["MAP_COLOURS", "gallery", "map_grid", "show_galaxy", "show_map"]

MAP_COLOURS = "RdBu_r"
TILE = 0.64  # inches; ten galaxies side by side fill the width of a figure


def bare(ax: Axes, frame: str | None) -> None:
    """Take ticks and frame off an axes, or give it a frame of a colour."""
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set(visible=frame is not None, color=frame or INK, linewidth=2.5)


def picture(values: ArrayLike) -> np.ndarray:
    """Return one image or map as an array of shape (32, 32).

    Raises:
        ValueError: If it is no single image.
    """
    array = np.asarray(values)
    if array.shape not in {(SIDE, SIDE), (1, SIDE, SIDE)}:
        msg = f"One picture of shape ({SIDE}, {SIDE}) or (1, {SIDE}, {SIDE}) is wanted, got {array.shape}: choose one."
        raise ValueError(msg)
    return array.reshape(SIDE, SIDE)


def show_galaxy(ax: Axes, image: ArrayLike, title: str = "", frame: str | None = None) -> AxesImage:
    """Draw one galaxy, dark on a bright sky: 0 is black and 1 white in every figure.

    Arguments:
        ax: Where to draw.
        image: Shape (32, 32) or (1, 32, 32), between 0 and 1.
        title: What stands above it.
        frame: Colour of a frame, such as one of `figures.CLASS_COLOURS`; without one there is no frame.

    Raises:
        ValueError: If the image has another shape.
    """
    bare(ax, frame)
    ax.set_title(title, loc="center", fontsize="small")
    return ax.imshow(picture(image), cmap="gray", vmin=0, vmax=1, interpolation="none")


def show_map(ax: Axes, values: ArrayLike, limit: float, title: str = "") -> AxesImage:
    """Draw a map of signed values over the pixels: red above zero, blue below, white at zero.

    Arguments:
        ax: Where to draw.
        values: Shape (32, 32) or (1, 32, 32).
        limit: Value of the darkest red; −limit is the darkest blue. Give maps that are compared the same limit.
        title: What stands above it.

    Returns:
        The drawn map, for `fig.colorbar`.

    Raises:
        ValueError: If the map has another shape, or the limit is not above zero.
    """
    if not limit > 0:
        msg = f"A limit of {limit} gives no scale around zero: expected a value above zero, such as np.abs(maps).max()."
        raise ValueError(msg)
    bare(ax, None)
    ax.set_title(title, loc="center", fontsize="small")
    return ax.imshow(picture(values), cmap=MAP_COLOURS, vmin=-limit, vmax=limit, interpolation="none")


def gallery(
    images: ArrayLike,
    titles: Sequence[str] | None = None,
    *,
    columns: int = 10,
    row_names: Sequence[str] | None = None,
    frames: Sequence[str | None] | None = None,
) -> Figure:
    """Draw galaxies in rows, from left to right.

    Arguments:
        images: Shape (N, 1, 32, 32), between 0 and 1.
        titles: What stands above each galaxy; give it fewer columns then.
        columns: Galaxies in a row; the last row may be shorter.
        row_names: What stands on the left of each row.
        frames: Colour of each galaxy's frame, or None for no frame.

    Raises:
        ValueError: If the shape is another, or there are too few or too many titles, names or frames.

    Example:
        >>> len(gallery(np.ones((5, 1, 32, 32)), columns=3, row_names=["above", "below"]).axes)
        6
    """
    pictures = np.asarray(images)
    if pictures.ndim != 4 or not len(pictures) or columns < 1:
        msg = f"A gallery wants images of shape (N, 1, {SIDE}, {SIDE}) in columns, got {pictures.shape} in {columns}."
        raise ValueError(msg)
    n, rows = len(pictures), -(-len(pictures) // columns)
    titles, row_names, frames = titles or [""] * n, row_names or [""] * rows, frames or [None] * n
    for name, values, wanted in (("titles", titles, n), ("row_names", row_names, rows), ("frames", frames, n)):
        if len(values) != wanted:
            msg = f"{n} images in {rows} rows need {wanted} {name}, got {len(values)}."
            raise ValueError(msg)
    side = 10 * TILE / columns
    lines = max(len(title.splitlines()) for title in titles)
    size = (10 * TILE + (0.9 if any(row_names) else 0), rows * (side + 0.2 * lines))
    fig, grid = plt.subplots(rows, columns, figsize=size, squeeze=False, layout="constrained")
    fig.get_layout_engine().set(w_pad=0.02, h_pad=0.04 if lines else 0.02, wspace=0.01, hspace=0.01)
    for ax, name in zip(grid[:, 0], row_names, strict=True):
        ax.set_ylabel(name, rotation=0, ha="right", va="center")
    for ax, image, title, frame in zip(grid.flat, pictures, titles, frames, strict=False):
        show_galaxy(ax, image, title, frame)
    for ax in grid.flat[n:]:
        ax.set_axis_off()
    return fig


def signed(value: float, _: int = 0) -> str:
    """Write a number on a scale with its sign and two digits; 0 has none."""
    return f"{value:+.2g}".replace("-", "−") if value else "0"


def map_grid(
    images: ArrayLike,
    maps: ArrayLike,
    titles: Sequence[Sequence[str]],
    *,
    unit: str = "logit",
    limits: Sequence[float] | None = None,
) -> Figure:
    """Draw galaxies below each other, each with its maps beside it, which share one scale that ends the row.

    Arguments:
        images: Shape (N, 1, 32, 32), between 0 and 1.
        maps: Signed values over the pixels, of shape (N, n_maps, 32, 32).
        titles: What stands above each picture: N rows of 1 + n_maps titles.
        unit: Unit of the maps, which stands beside every scale.
        limits: Value of the darkest colour in each row; by default the 99.5th percentile of |values| in it, so that a
            few extreme pixels do not pale all others. Pointed ends of the scale say that such pixels exist.

    Raises:
        ValueError: If the shapes do not fit together, or there are too few or too many titles or limits.

    Example:
        >>> maps = np.linspace(-1, 1, 2048).reshape(1, 2, 32, 32)
        >>> len(map_grid(np.ones((1, 1, 32, 32)), maps, [["galaxy", "one", "other"]]).axes)
        4
    """
    pictures, values = np.asarray(images), np.asarray(maps)
    check_grid(pictures.shape, values.shape, titles)
    n, n_maps = values.shape[:2]
    limits = np.quantile(np.abs(values), 0.995, axis=(1, 2, 3)) if limits is None else limits
    if len(limits) != n:
        msg = f"{n} galaxies need {n} limits, got {len(limits)}."
        raise ValueError(msg)
    lines = max(len(title.splitlines()) for row in titles for title in row)
    size = (1.45 * (1 + n_maps) + 0.8, n * (1.45 + 0.2 * lines))
    fig, grid = plt.subplots(n, 1 + n_maps, figsize=size, squeeze=False, layout="compressed")
    for axes, image, row, names, limit in zip(grid, pictures, values, titles, limits, strict=True):
        show_galaxy(axes[0], image, names[0])
        for ax, one, name in zip(axes[1:], row, names[1:], strict=True):
            drawn = show_map(ax, one, limit, name)
        beyond = "both" if np.abs(row).max() > limit else "neither"
        fig.colorbar(drawn, ax=axes, label=unit, extend=beyond, ticks=[-limit, 0, limit], format=signed, pad=0.01)
    return fig


def check_grid(images: tuple[int, ...], maps: tuple[int, ...], titles: Sequence[Sequence[str]]) -> None:
    """Refuse shapes of images and maps, and rows of titles, that do not fit together."""
    if len(maps) != 4 or images != (maps[0], 1, SIDE, SIDE) or not np.prod(maps):
        msg = f"Expected images (N, 1, {SIDE}, {SIDE}) and maps (N, n_maps, {SIDE}, {SIDE}), got {images} and {maps}."
        raise ValueError(msg)
    wanted = [1 + maps[1]] * maps[0]
    if [len(row) for row in titles] != wanted:
        msg = f"Expected rows of {wanted} titles, for the galaxy and its maps, got {[len(row) for row in titles]}."
        raise ValueError(msg)
