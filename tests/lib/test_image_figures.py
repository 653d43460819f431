"""Pictures of galaxies and maps: what is drawn, in which colours, and which mistakes are named."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from shapbook import figures, image_figures
from shapbook.image_survey import CLASSES


@pytest.fixture(autouse=True)
def close_figures() -> None:
    yield
    plt.close("all")


def ramps(n: int) -> np.ndarray:
    """Images that can be told apart: image k has the value k/n in its first pixel."""
    images = np.full((n, 1, 32, 32), 0.5, dtype=np.float32)
    images[:, 0, 0, 0] = np.arange(n) / n
    return images


def test_every_class_has_a_colour_of_its_own_in_the_order_of_the_classes() -> None:
    assert tuple(figures.CLASS_COLOURS) == CLASSES
    assert len(set(figures.CLASS_COLOURS.values())) == len(CLASSES)


def test_a_galaxy_is_drawn_as_it_is_with_dark_small_values_and_unsmoothed() -> None:
    _, ax = plt.subplots()
    drawn = image_figures.show_galaxy(ax, ramps(3)[2])
    np.testing.assert_array_equal(drawn.get_array(), ramps(3)[2, 0])
    assert drawn.get_interpolation() == "none"
    assert drawn.to_rgba([0.0])[0, :3].max() == 0, "0 is black"
    assert drawn.to_rgba([1.0])[0, :3].min() == 1, "1 is white"
    assert not any(spine.get_visible() for spine in ax.spines.values())


def test_a_grey_galaxy_keeps_its_grey_beside_a_bright_one() -> None:
    _, ax = plt.subplots()
    grey = image_figures.show_galaxy(ax, np.full((32, 32), 0.5))
    assert grey.to_rgba([0.5])[0, 0] == pytest.approx(0.5, abs=0.01)


def test_a_map_is_white_at_zero_red_above_and_blue_below() -> None:
    _, ax = plt.subplots()
    drawn = image_figures.show_map(ax, np.full((1, 32, 32), 3.0), limit=2)
    zero, above, below = drawn.to_rgba(np.array([0.0, 1.0, -1.0]))[:, :3]
    assert zero.min() > 0.95
    assert above[0] > above[2] + 0.3
    assert below[2] > below[0] + 0.3


@pytest.mark.parametrize("limit", [0, -1.0, np.nan])
def test_a_map_without_a_scale_is_refused(limit: float) -> None:
    _, ax = plt.subplots()
    with pytest.raises(ValueError, match=f"A limit of {limit} gives no scale"):
        image_figures.show_map(ax, np.zeros((32, 32)), limit)


def test_a_gallery_reads_from_left_to_right_and_leaves_the_rest_empty() -> None:
    names, frames = ["a", "b", "c", "d", "e"], ["#d55e00", None, "#0072b2", None, None]
    fig = image_figures.gallery(ramps(5), names, columns=3, row_names=["above", "below"], frames=frames)
    shown = [ax for ax in fig.axes if ax.images]
    assert [float(ax.images[0].get_array()[0, 0]) for ax in shown] == pytest.approx([0, 0.2, 0.4, 0.6, 0.8])
    assert [ax.get_title("center") for ax in shown] == names
    assert [fig.axes[i].get_ylabel() for i in (0, 3)] == ["above", "below"]
    assert not fig.axes[5].axison
    assert to_hex(shown[2].spines["left"].get_edgecolor()) == "#0072b2"
    assert [ax.spines["left"].get_visible() for ax in shown] == [True, False, True, False, False]


def test_titles_take_no_room_from_the_galaxies() -> None:
    widths = []
    for titles in (None, ["spiral\nirregular 0.93"] * 6):
        fig = image_figures.gallery(ramps(6), titles, columns=3)
        fig.canvas.draw()
        boxes = [ax.get_tightbbox() for ax in fig.axes]
        assert not any(one.overlaps(other) for i, one in enumerate(boxes) for other in boxes[:i])
        assert all(box.y1 <= fig.bbox.y1 + 0.5 and box.y0 >= -0.5 for box in boxes)
        widths.append(fig.axes[0].get_window_extent().width)
    assert widths[1] == pytest.approx(widths[0], rel=0.05)


@pytest.mark.parametrize(
    ("shape", "settings", "message"),
    [
        ((32, 32), {}, r"got \(32, 32\) in 10"),
        ((0, 1, 32, 32), {}, r"got \(0, 1, 32, 32\) in 10"),
        ((4, 1, 32, 32), {"columns": 0}, "in 0"),
        ((4, 1, 28, 28), {}, r"One picture of shape \(32, 32\).*got \(1, 28, 28\)"),
        ((4, 1, 32, 32), {"titles": ["a"]}, "4 images in 1 rows need 4 titles, got 1"),
        ((4, 1, 32, 32), {"columns": 2, "row_names": ["a"]}, "in 2 rows need 2 row_names, got 1"),
        ((4, 1, 32, 32), {"frames": [None] * 5}, "need 4 frames, got 5"),
    ],
)
def test_impossible_galleries_are_refused(shape: tuple[int, ...], settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        image_figures.gallery(np.zeros(shape), **settings)
