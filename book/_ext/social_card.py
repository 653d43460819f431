"""Draw the card that link previews show: the book's title over a waterfall of contributions."""

from pathlib import Path
from textwrap import fill

import matplotlib.pyplot as plt

from shapbook.figures import BLUE, INK, MUTED, ORANGE, PAPER

WIDTH, HEIGHT = 1200, 630
STEPS = (0.9, 0.55, -0.35, 0.7, -0.2)  # contributions of five features, one bar each


def draw_card(path: Path, title: str) -> None:
    """Write the card as a PNG file."""
    figure = plt.figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=100, facecolor=PAPER)
    axes = figure.add_axes((0.07, 0.1, 0.86, 0.4))
    start = 0.0
    for place, step in enumerate(STEPS):
        axes.barh(-place, step, left=start, height=0.6, color=ORANGE if step > 0 else BLUE)
        start += step
        axes.plot([start, start], [-place - 0.3, -place - 1.3], color=MUTED, linewidth=2)
    axes.set_axis_off()
    main, _, rest = title.partition(": ")
    figure.text(0.07, 0.76, main, size=54, weight="bold", color=INK)
    figure.text(0.07, 0.62, fill(rest, 45), size=34, color=MUTED)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
    plt.close(figure)
