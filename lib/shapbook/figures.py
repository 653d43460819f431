"""One style for every figure of the book."""

import matplotlib as mpl
from matplotlib_inline.backend_inline import set_matplotlib_formats

__all__ = [
    "BAND_COLOURS",
    "BLUE",
    "CLASS_COLOURS",
    "GREEN",
    "INK",
    "MUTED",
    "ORANGE",
    "PAPER",
    "PINK",
    "SKY",
    "use_style",
]

# Okabe & Ito's colour-blind-safe hues, deep enough for white paper and bright enough for a dark page.
BLUE, ORANGE, GREEN, PINK, SKY = "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9"
BAND_COLOURS = {
    "u": "#7b3fa0",
    "g": "#0072b2",
    "r": "#009e73",
    "i": "#b8860b",
    "z": "#d55e00",
    "y": "#a5372b",
}
CLASS_COLOURS = {"elliptical": ORANGE, "spiral": BLUE, "irregular": GREEN}
INK, MUTED, PAPER = "#1d2733", "#5b6673", "#ffffff"

STYLE = {
    "figure.figsize": (6.4, 4.0),
    "figure.facecolor": PAPER,
    "figure.constrained_layout.use": True,
    "axes.facecolor": PAPER,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.titlesize": "medium",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": mpl.cycler(color=[BLUE, ORANGE, GREEN, PINK, SKY]),
    "grid.color": "#d5dae0",
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "font.family": "DejaVu Sans",
    "font.size": 11,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "savefig.dpi": 200,
    "svg.fonttype": "path",
    "svg.hashsalt": "shapbook",
}


def use_style() -> None:
    """Draw from here on in the book's style, as vector graphics where a notebook shows them.

    Dense layers (`rasterized=True`) are drawn at 200 dots an inch inside the vector graphic.
    """
    mpl.rcParams.update(STYLE)
    set_matplotlib_formats("svg", metadata={"Date": None})
