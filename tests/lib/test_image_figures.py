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


def grid_of(n: int, n_maps: int, **settings: object) -> plt.Figure:
    """Maps whose values grow from row to row: those of row k lie between −(k + 1) and k + 1."""
    maps = np.linspace(-1, 1, 1024).reshape(32, 32) * np.arange(1, n + 1)[:, None, None, None]
    maps = np.repeat(maps, n_maps, axis=1)
    titles = [[f"galaxy {k}", *(f"map {k}.{m}" for m in range(n_maps))] for k in range(n)]
    return image_figures.map_grid(ramps(n), maps, titles, **settings)


def test_maps_stand_beside_their_galaxy_and_share_the_scale_of_their_row() -> None:
    fig = grid_of(3, 2, limits=[1, 5, 2])
    pictures = [ax for ax in fig.axes if ax.get_title("center")]
    assert [ax.get_title("center") for ax in pictures[3:6]] == ["galaxy 1", "map 1.0", "map 1.1"]
    assert float(pictures[3].images[0].get_array()[0, 0]) == pytest.approx(1 / 3)
    limits = [ax.images[0].get_clim() for ax in pictures]
    assert limits == [(0, 1), (-1, 1), (-1, 1), (0, 1), (-5, 5), (-5, 5), (0, 1), (-2, 2), (-2, 2)]


def test_a_scale_has_its_unit_its_ends_and_zero_and_points_at_values_beyond() -> None:
    fig = grid_of(2, 1, limits=[1, 1.5], unit="nat")
    fig.canvas.draw()
    scales = [ax for ax in fig.axes if not ax.get_title("center")]
    assert [ax.get_ylabel() for ax in scales] == ["nat", "nat"]
    assert [text.get_text() for text in scales[1].get_yticklabels()] == ["−1.5", "0", "+1.5"]
    assert [ax._colorbar.extend for ax in scales] == ["neither", "both"]


def test_a_scale_leaves_a_few_extreme_pixels_out() -> None:
    maps = np.full((1, 2, 32, 32), 0.5)
    maps[0, 0, 3, 3:6] = -40
    drawn = image_figures.map_grid(ramps(1), maps, [["a", "b", "c"]]).axes[1].images[0]
    assert drawn.get_clim() == (-0.5, 0.5)


@pytest.mark.parametrize(("n", "n_maps", "lines"), [(1, 4, 3), (2, 3, 1), (4, 2, 2)])
def test_nothing_of_a_grid_is_cut_off(n: int, n_maps: int, lines: int) -> None:
    titles = [["galaxy"] + ["\n".join(["elliptical"] * lines)] * n_maps] * n
    fig = image_figures.map_grid(ramps(n), np.ones((n, n_maps, 32, 32)), titles)
    fig.canvas.draw()
    boxes = [ax.get_tightbbox() for ax in fig.axes]
    assert all(box.y1 <= fig.bbox.y1 + 0.5 and box.y0 >= -0.5 for box in boxes)
    assert all(box.x1 <= fig.bbox.x1 + 0.5 and box.x0 >= -0.5 for box in boxes)


@pytest.mark.parametrize(
    ("images", "maps", "settings", "message"),
    [
        ((2, 1, 32, 32), (2, 32, 32), {}, r"got \(2, 1, 32, 32\) and \(2, 32, 32\)"),
        ((3, 1, 32, 32), (2, 2, 32, 32), {}, r"got \(3, 1, 32, 32\) and \(2, 2, 32, 32\)"),
        ((0, 1, 32, 32), (0, 2, 32, 32), {}, r"got \(0, 1, 32, 32\)"),
        ((2, 1, 32, 32), (2, 2, 32, 32), {"titles": [["a", "b", "c"]]}, r"rows of \[3, 3\] titles.*got \[3\]"),
        ((2, 1, 32, 32), (2, 2, 32, 32), {"titles": [["a", "b"]] * 2}, r"rows of \[3, 3\] titles.*got \[2, 2\]"),
        ((2, 1, 32, 32), (2, 2, 32, 32), {"limits": [1.0]}, "2 galaxies need 2 limits, got 1"),
        ((2, 1, 32, 32), (2, 2, 32, 32), {}, "A limit of 0.0 gives no scale"),
    ],
)
def test_impossible_grids_are_refused(
    images: tuple[int, ...], maps: tuple[int, ...], settings: dict, message: str
) -> None:
    settings = {"titles": [["a", "b", "c"]] * 2} | settings
    with pytest.raises(ValueError, match=message):
        image_figures.map_grid(np.zeros(images), np.zeros(maps), **settings)
