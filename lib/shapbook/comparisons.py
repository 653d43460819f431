"""Several explanations side by side, with their errors: in a figure and in a table."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from numpy.typing import ArrayLike

from shapbook.figures import BLUE, GREEN, INK, MUTED, ORANGE, PAPER, PINK, SKY

__all__ = ["draw_matrix", "draw_values", "values_table"]

COLOURS = (BLUE, ORANGE, GREEN, PINK, SKY, MUTED)
ON_LIGHT, ON_DARK = "#06202f", PAPER  # numbers on coloured cells: unlike INK, they stay as they are on a dark page


def draw_values(
    axis: Axes, answers: Mapping[str, tuple[ArrayLike, ArrayLike]], players: Sequence[str], width: float = 0.8
) -> None:
    """Draw the values of each player in several games as bars beside each other, with their standard errors.

    Arguments:
        axis: Where to draw.
        answers: For each game's name, its values and their standard errors, both of shape (n_players,).
        players: Names of the players, the same for all games.
        width: Width of all bars of one player together, in units of the distance between players.

    Raises:
        ValueError: If there are more games than colours, or values or errors are not one number a player.

    Example:
        >>> from matplotlib.figure import Figure
        >>> axis = Figure().subplots()
        >>> draw_values(axis, {"one": ([1, 2], [0, 0]), "other": ([2, 1], [0.1, 0])}, ["gr", "ri"])
        >>> [float(bar.get_height()) for bar in axis.patches]
        [1.0, 2.0, 2.0, 1.0]
    """
    if len(answers) > len(COLOURS):
        msg = f"At most {len(COLOURS)} games can be told apart by colour, got {len(answers)}."
        raise ValueError(msg)
    places, step = np.arange(len(players)), width / len(answers)
    for number, ((name, answer), colour) in enumerate(zip(answers.items(), COLOURS, strict=False)):
        values, errors = checked(name, answer, players)
        shift = (number - (len(answers) - 1) / 2) * step
        drawn = errors if errors.any() else None
        axis.bar(places + shift, values, 0.9 * step, yerr=drawn, ecolor=INK, color=colour, label=name)
    axis.axhline(0, color=MUTED, linewidth=0.8)
    axis.set_xticks(places, players)
    axis.legend()


def draw_matrix(
    axis: Axes, matrix: ArrayLike, labels: Sequence[str], limits: tuple[float, float], cmap: str, form: str = ".2f"
) -> AxesImage:
    """Draw a square table as colours with its numbers in it, dark on light and light on dark.

    Arguments:
        axis: Where to draw.
        matrix: Numbers of shape (n, n).
        labels: Names of the rows, which are those of the columns too.
        limits: Numbers at the two ends of the colours.
        cmap: Name of Matplotlib's colour map.
        form: Format of the numbers.

    Returns:
        The image, for a colour bar.

    Raises:
        ValueError: If the table is not square or has not one label a row.
    """
    matrix = np.asarray(matrix, dtype=float)
    if matrix.shape != (len(labels), len(labels)):
        msg = f"Expected a table of shape ({len(labels)}, {len(labels)}) for {len(labels)} labels, got {matrix.shape}."
        raise ValueError(msg)
    image = axis.imshow(matrix, vmin=limits[0], vmax=limits[1], cmap=cmap)
    for (row, column), value in np.ndenumerate(matrix):
        red, green, blue, _ = image.to_rgba(value)
        dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.5
        words = f"{value:{form}}".replace("-", "−")
        axis.text(column, row, words, ha="center", va="center", color=ON_DARK if dark else ON_LIGHT)
    axis.set_xticks(range(len(labels)), labels)
    axis.set_yticks(range(len(labels)), labels)
    return image


def values_table(
    answers: Mapping[str, tuple[ArrayLike, ArrayLike]], players: Sequence[str], digits: int = 2
) -> pd.DataFrame:
    """Return a table of values with their standard errors in words, one row a game and one column a player.

    Arguments:
        answers: For each game's name, its values and their standard errors, both of shape (n_players,).
        players: Names of the players, the same for all games.
        digits: Digits after the decimal point.

    Raises:
        ValueError: If values or errors are not one number a player.

    Example:
        >>> values_table({"one": ([0.5, -0.25], [0.02, 0])}, ["gr", "ri"]).loc["one"].to_list()
        ['+0.50 ± 0.02', '−0.25 ± 0.00']
    """
    rows = {}
    for name, answer in answers.items():
        pairs = zip(*checked(name, answer, players), strict=True)
        rows[name] = [f"{value:+.{digits}f} ± {error:.{digits}f}".replace("-", "−") for value, error in pairs]
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(players))


def checked(name: str, answer: tuple[ArrayLike, ArrayLike], players: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Values and errors as arrays of shape (n_players,)."""
    values, errors = (np.asarray(numbers, dtype=float) for numbers in answer)
    if values.shape != (len(players),) or errors.shape != (len(players),):
        msg = (
            f"{name}: expected {len(players)} values and as many errors, one for each of "
            f"{', '.join(players)}; got shapes {values.shape} and {errors.shape}."
        )
        raise ValueError(msg)
    return values, errors
