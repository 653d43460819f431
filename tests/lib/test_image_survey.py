"""Both surveys come from sheets in one form: tile by tile, class by class, with truth where truth is known."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from shapbook import image_survey, sdss_sheets
from shapbook.data_files import DataError

SIDES = {"train": 3, "test": 2}  # tiles along a side of the small sheets


def save_sheet(path: Path, values: np.ndarray) -> None:
    """Write a sheet whose tiles, row by row, are filled with the values; their first pixel is 0, their last 255."""
    side = int(len(values) ** 0.5)
    sheet = np.zeros((side * 32, side * 32), np.uint8)
    for index, value in enumerate(values):
        top, left = 32 * (index // side), 32 * (index % side)
        sheet[top : top + 32, left : left + 32] = value
        sheet[top, left], sheet[top + 31, left + 31] = 0, 255
    Image.fromarray(sheet).save(path)


@pytest.fixture
def small_survey(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A simulated survey of 27 and 12 galaxies, its folder the only one that is searched."""
    rows = []
    for sample, side in SIDES.items():
        for label, letter in enumerate("ESI"):
            values = 60 * label + 10 * (sample == "test") + np.arange(side**2)
            save_sheet(tmp_path / f"{sample}{letter}.png", values)
            save_sheet(tmp_path / f"{sample}{letter}-masks.png", np.arange(side**2) % 8)
            rows += [(sample, letter, tile, float(value)) for tile, value in enumerate(values)]
    table = pd.DataFrame(rows, columns=["sample", "class", "tile", "flux"])
    table.sample(frac=1, random_state=1).to_parquet(tmp_path / "parameters.parquet")
    monkeypatch.setattr(image_survey, "verified", lambda name: tmp_path / Path(name).relative_to("morphology"))
    monkeypatch.setattr(image_survey, "verified_sheets", lambda: None)
    return tmp_path


@pytest.mark.parametrize(("sample", "side"), SIDES.items())
def test_images_come_class_by_class_and_tile_by_tile(small_survey: Path, sample: str, side: int) -> None:
    galaxies = image_survey.load_images(sample)
    assert galaxies.survey == "simulated"
    assert len(galaxies) == 3 * side**2
    assert galaxies.images.shape == (len(galaxies), 1, 32, 32)
    assert galaxies.images.dtype == np.float32
    assert galaxies.labels.dtype == np.int64
    assert galaxies.labels.tolist() == [label for label in range(3) for _ in range(side**2)]
    filled = [60 * label + 10 * (sample == "test") + tile for label in range(3) for tile in range(side**2)]
    assert np.rint(galaxies.images[:, 0, 16, 16] * 255).tolist() == filled


def test_images_keep_their_orientation_and_inversion(small_survey: Path) -> None:
    images = image_survey.load_images("train", "simulated").images
    assert (images[:, 0, 0, 0] == 0).all()
    assert (images[:, 0, 31, 31] == 1).all()
    assert (np.delete(images.reshape(len(images), -1), [0, -1], axis=1) < 0.6).all()


def test_a_mask_is_true_where_its_bit_is_set(small_survey: Path) -> None:
    truth = image_survey.load_truth("train")
    assert {name: mask.shape for name, mask in truth.masks.items()} == dict.fromkeys(
        ("core", "arms", "clumps"), (27, 32, 32)
    )
    bits = np.tile(np.arange(9) % 8, 3)
    for name, bit in (("core", 1), ("arms", 2), ("clumps", 4)):
        mask = truth.masks[name]
        assert mask.dtype == bool
        assert mask[:, 16, 16].tolist() == (bits & bit > 0).tolist(), name
        assert not mask[:, 0, 0].any()
        assert mask[:, 31, 31].all()


@pytest.mark.parametrize("sample", SIDES)
def test_parameters_are_in_the_order_of_the_images(small_survey: Path, sample: str) -> None:
    galaxies, parameters = image_survey.load_images(sample), image_survey.load_truth(sample).parameters
    assert parameters.index.tolist() == list(range(len(galaxies)))
    assert set(parameters["sample"]) == {sample}
    assert [image_survey.CLASSES[label] for label in galaxies.labels] == parameters["class"].tolist()
    assert np.rint(galaxies.images[:, 0, 16, 16] * 255).tolist() == parameters["flux"].tolist()


def test_unknown_samples_and_surveys_are_refused() -> None:
    for load in (image_survey.load_images, image_survey.load_truth):
        with pytest.raises(ValueError, match="Unknown sample 'valid': expected 'train' or 'test'"):
            load("valid")
    with pytest.raises(ValueError, match="Unknown survey 'SDSS': expected 'simulated', 'sdss' or None"):
        image_survey.load_images("train", "SDSS")


@pytest.mark.parametrize(
    ("sheet", "told"),
    [
        (Image.new("RGB", (64, 64)), "is 64 × 64 pixels of mode RGB: expected 8-bit greyscale"),
        (Image.new("L", (64, 40)), "is 64 × 40 pixels of mode L: .* multiples of 32 pixels"),
        (None, "is no image that can be read: expected an 8-bit greyscale PNG"),
    ],
)
def test_a_sheet_of_another_form_is_refused(small_survey: Path, sheet: Image.Image | None, told: str) -> None:
    path = small_survey / "trainS.png"
    path.write_text("not a picture") if sheet is None else sheet.save(path)
    with pytest.raises(DataError, match=rf"trainS\.png {told}"):
        image_survey.load_images("train")


def test_real_images_without_their_sheets_are_refused_with_the_remedies(small_survey: Path) -> None:
    assert image_survey.found_survey() == "simulated"
    with pytest.raises(DataError, match=r"not on this machine: expected testE\.png, .*make data.*SHAPBOOK_DATA"):
        image_survey.load_images("test", "sdss")


def test_the_sentence_says_how_to_get_the_real_survey(small_survey: Path) -> None:
    assert "simulated survey" in image_survey.survey_sentence()
    assert "“make data”" in image_survey.survey_sentence()


def test_a_partial_set_of_real_sheets_never_becomes_the_simulated_survey(
    small_survey: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("partial")
    (folder / "trainE.png").touch()
    monkeypatch.setenv("SHAPBOOK_DATA", str(folder))
    monkeypatch.setattr(image_survey, "verified_sheets", sdss_sheets.verified_sheets)
    for use in (image_survey.found_survey, image_survey.survey_sentence, lambda: image_survey.load_images("train")):
        with pytest.raises(DataError, match="incomplete"):
            use()
    assert image_survey.load_images("train", "simulated").survey == "simulated"


@pytest.mark.parametrize(("sample", "count"), [("train", 900), ("test", 225)])
def test_real_images_are_galaxies_on_a_bright_sky(sdss: dict[str, Path], sample: str, count: int) -> None:
    galaxies = image_survey.load_images(sample)
    assert galaxies.survey == "sdss" == image_survey.found_survey()
    assert np.bincount(galaxies.labels).tolist() == [count] * 3
    assert galaxies.images.shape == (3 * count, 1, 32, 32)
    centre, corner = galaxies.images[:, 0, 14:18, 14:18], galaxies.images[:, 0, :4, :4]
    assert (centre.mean(axis=(1, 2)) < corner.mean(axis=(1, 2))).mean() > 0.99
    assert "Sloan Digital Sky Survey" in image_survey.survey_sentence()
    assert "make data" not in image_survey.survey_sentence()


def test_real_images_are_the_tiles_of_their_sheets(sdss: dict[str, Path]) -> None:
    images = image_survey.load_images("test", "sdss").images
    with Image.open(sdss["testI.png"]) as sheet:
        for tile in (0, 1, 15, 224):
            left, top = 32 * (tile % 15), 32 * (tile // 15)
            cut = np.asarray(sheet.crop((left, top, left + 32, top + 32)))
            assert np.array_equal(np.rint(images[450 + tile, 0] * 255), cut)


@pytest.mark.parametrize("survey", ["simulated", "sdss"])
def test_a_sample_loads_in_a_moment(survey: str, request: pytest.FixtureRequest) -> None:
    if survey == "sdss":
        request.getfixturevalue("sdss")

    def seconds() -> float:
        start = time.process_time()
        image_survey.load_images("train", survey)
        return time.process_time() - start

    assert min(seconds() for _ in range(5)) < 0.3


def test_the_loader_needs_neither_torch_nor_the_downloader() -> None:
    script = "import sys; from shapbook import image_survey; print({'torch', 'pooch', 'requests'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "set()"
