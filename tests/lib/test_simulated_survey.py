"""The simulated survey is what its script draws, and its masks and parameters say what was drawn."""

import importlib.util
from types import ModuleType

import numpy as np
import pytest

from shapbook.data_files import data_folders
from shapbook.image_survey import CLASSES, GalaxyImages, Truth, load_images, load_truth

pytest.importorskip("galsim", reason="GalSim, which draws the survey, has no build for this system")
SCRIPT = data_folders()[-1] / "morphology" / "make.py"


@pytest.fixture(scope="module")
def make() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_morphology", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def images() -> GalaxyImages:
    return load_images("test", "simulated")


@pytest.fixture(scope="module")
def truth() -> Truth:
    return load_truth("test")


@pytest.mark.parametrize("letter", "ESI")
def test_drawing_again_gives_the_same_pixels(make: ModuleType, images: GalaxyImages, truth: Truth, letter: str) -> None:
    drawn = make.draw("test", letter)
    first = 225 * "ESI".index(letter)
    for row, (image, bits, numbers) in zip(range(first, first + 3), drawn, strict=False):
        np.testing.assert_array_equal(image, np.round(images.images[row, 0] * 255))
        for part, bit in make.BITS.items():
            np.testing.assert_array_equal(bits & bit > 0, truth.masks[part][row])
        assert truth.parameters.loc[row, "kind"] == numbers["kind"]


def test_classes_are_balanced_and_known(images: GalaxyImages, truth: Truth) -> None:
    assert np.bincount(images.labels).tolist() == [225, 225, 225]
    assert (truth.parameters["class"].astype(str) == [CLASSES[label] for label in images.labels]).all()


def test_only_spirals_have_arms_and_only_irregulars_clumps(images: GalaxyImages, truth: Truth) -> None:
    for part, owner in {"arms": "spiral", "clumps": "irregular"}.items():
        has, owns = truth.masks[part].any(axis=(1, 2)), images.labels == CLASSES.index(owner)
        assert not has[~owns].any()
        assert has[owns].mean() > 0.98, "a companion may be too faint to be seen, but rarely is"
    assert truth.masks["core"].any(axis=(1, 2)).all()


def test_masks_lie_on_light(images: GalaxyImages, truth: Truth) -> None:
    """In nearly every galaxy the pixels of a mask are darker, that is brighter in the sky, than the others."""
    for mask in truth.masks.values():
        rows = np.flatnonzero(mask.any(axis=(1, 2)))
        inside = [images.images[row, 0][mask[row]].mean() for row in rows]
        outside = [images.images[row, 0][~mask[row]].mean() for row in rows]
        assert np.mean(np.array(inside) < outside) > 0.97


def test_noise_is_that_of_the_parameters(make: ModuleType, images: GalaxyImages, truth: Truth) -> None:
    """The noise read off an image's quietest corner grows with the noise that it was drawn with."""
    counts = make.SOFTENING * np.sinh((1 - images.images[:, 0]) * np.arcsinh(make.WHITE / make.SOFTENING)) - make.SKY
    corners = [counts[:, y : y + 8, x : x + 8] for y in (0, 24) for x in (0, 24)]
    spread = np.min([np.diff(corner, axis=2).std(axis=(1, 2)) / np.sqrt(2) for corner in corners], axis=0)
    assert np.corrcoef(spread, truth.parameters["noise"])[0, 1] > 0.6


def test_stretch_is_known_at_its_ends(make: ModuleType) -> None:
    assert make.stretch(np.array([-make.SKY]))[0] == 255
    assert make.stretch(np.array([make.WHITE - make.SKY]))[0] == 0
    assert make.stretch(np.array([1e9]))[0] == 0
    middle = make.SOFTENING * np.sinh(np.arcsinh(make.WHITE / make.SOFTENING) / 2) - make.SKY
    assert make.stretch(np.array([middle]))[0] in (127, 128)


def test_a_mask_holds_the_brightest_half_of_the_core(make: ModuleType) -> None:
    layers = {"core": np.zeros((32, 32)), "arms": np.zeros((32, 32)), "smooth": np.full((32, 32), 10.0)}
    layers["core"][10, 10], layers["core"][20, 20] = 60.0, 40.0
    layers["arms"][5, 5:9] = [2.0, 4.0, 40.0, 0.0]
    bits = make.masks(layers)
    assert np.argwhere(bits & 1).tolist() == [[10, 10]]
    assert np.argwhere(bits & 2).tolist() == [[5, 6], [5, 7]], "above three times the noise, and above the mean share"
