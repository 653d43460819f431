"""Load galaxy images of known class: of the Sloan Digital Sky Survey, or of a simulated survey like it.

The simulated survey comes with the book; the real one is fetched by `make data`. Both are stored in the same form,
one sheet a sample and class.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
from PIL import Image, UnidentifiedImageError

from shapbook.data_files import DataError, verified
from shapbook.sdss_sheets import sheet_folders, verified_sheets

__all__ = [
    "CLASSES",
    "GalaxyImages",
    "Truth",
    "found_survey",
    "load_images",
    "load_truth",
    "survey_sentence",
]

Sample: TypeAlias = Literal["train", "test"]
Survey: TypeAlias = Literal["simulated", "sdss"]

CLASSES = ("elliptical", "spiral", "irregular")
LETTERS = {name[0].upper(): name for name in CLASSES}
SIDE = 32
MASK_BITS = {"core": 1, "arms": 2, "clumps": 4}


@dataclass(frozen=True, eq=False)
class GalaxyImages:
    """Galaxy images with their classes.

    Attributes:
        images: Shape (N, 1, 32, 32), float32 between 0 and 1; a galaxy is dark and the sky is bright.
        labels: Shape (N,), int64: positions in {data}`CLASSES`.
        survey: `"simulated"` or `"sdss"`.
    """

    images: np.ndarray
    labels: np.ndarray
    survey: Survey

    def __len__(self) -> int:
        return len(self.images)


@dataclass(frozen=True, eq=False)
class Truth:
    """What was drawn into every image of the simulated survey, in the order of its images.

    Attributes:
        masks: Where each part is, shape (N, 32, 32), bool, by the name of the part: `"core"`, `"arms"` (spiral arms
            and bar) and `"clumps"` (star-forming clumps and companions). Parts may overlap.
        parameters: One row a galaxy: what it was drawn with.
    """

    masks: dict[str, np.ndarray]
    parameters: pd.DataFrame


def read_tiles(path: Path) -> np.ndarray:
    """Cut an 8-bit greyscale sheet into its tiles, row by row: shape (N, 32, 32), uint8.

    Raises:
        DataError: If the file is no such sheet.
    """
    try:
        with Image.open(path) as sheet:
            mode, (width, height) = sheet.mode, sheet.size
            pixels = np.asarray(sheet)
    except UnidentifiedImageError as error:
        msg = f"Sheet {path} is no image that can be read: expected an 8-bit greyscale PNG."
        raise DataError(msg) from error
    if mode != "L" or width % SIDE or height % SIDE:
        msg = (
            f"Sheet {path} is {width} × {height} pixels of mode {mode}: expected 8-bit greyscale (mode L) "
            f"with sides that are multiples of {SIDE} pixels."
        )
        raise DataError(msg)
    rows, columns = height // SIDE, width // SIDE
    return pixels.reshape(rows, SIDE, columns, SIDE).swapaxes(1, 2).reshape(-1, SIDE, SIDE)


def sheet_names(sample: Sample) -> list[str]:
    """Names of a sample's sheets in the order of {data}`CLASSES`, such as `"trainE"`."""
    if sample not in ("train", "test"):
        msg = f"Unknown sample {sample!r}: expected 'train' or 'test'."
        raise ValueError(msg)
    return [f"{sample}{letter}" for letter in LETTERS]


def found_survey() -> Survey:
    """Return which survey images come from when none is asked for: `"sdss"` where its sheets are found.

    Raises:
        DataError: If some of the SDSS sheets are missing or altered.
    """
    return "sdss" if verified_sheets() else "simulated"


def survey_sentence() -> str:
    """Say which survey the images come from and, if it is the simulated one, how to get the real one."""
    if found_survey() == "sdss":
        return (
            "This page was built on real images: galaxies of the Sloan Digital Sky Survey, with classes derived from "
            "the votes of Galaxy Zoo 2."
        )
    return (
        "This page was built on the simulated survey that comes with the book; to build it on real galaxies of the "
        "Sloan Digital Sky Survey, run “make data” and then “make book”."
    )


def sheet_paths(sample: Sample, survey: Survey) -> list[Path]:
    names = sheet_names(sample)
    if survey == "simulated":
        return [verified(f"morphology/{name}.png") for name in names]
    sheets = verified_sheets()
    if sheets is None:
        msg = (
            f"The SDSS sheets are not on this machine: expected {', '.join(f'{name}.png' for name in names)} in one of "
            f"{', '.join(map(str, sheet_folders()))}. Fetch them with `make data`, name a folder that has them in the "
            f"environment variable SHAPBOOK_DATA, or ask for survey='simulated'."
        )
        raise DataError(msg)
    return [sheets[f"{name}.png"] for name in names]


def load_images(sample: Sample, survey: Survey | None = None) -> GalaxyImages:
    """Load the galaxy images of a sample: all ellipticals, then all spirals, then all irregulars.

    Arguments:
        sample: `"train"` (2,700 images, 900 a class) or `"test"` (675 images, 225 a class).
        survey: `"simulated"`, `"sdss"`, or None for SDSS where its sheets are found and else the simulated survey.

    Returns:
        Images of shape (N, 1, 32, 32), float32 between 0 (darkest) and 1, with their labels. Intensities are
        inverted as on photographic plates: the galaxy is dark, the sky bright.

    Raises:
        ValueError: If there is no such sample or survey.
        DataError: If a sheet is missing or altered.

    References:
        Galaxy Zoo 2: detailed morphological classifications for 304,122 galaxies from the Sloan Digital Sky Survey
        (Willett et al., 2013), https://arxiv.org/abs/1308.3496
    """
    if survey not in ("simulated", "sdss", None):
        msg = f"Unknown survey {survey!r}: expected 'simulated', 'sdss' or None."
        raise ValueError(msg)
    sheet_names(sample)
    survey = survey or found_survey()
    tiles = [read_tiles(path) for path in sheet_paths(sample, survey)]
    labels = np.repeat(np.arange(len(CLASSES), dtype=np.int64), [len(t) for t in tiles])
    images = np.concatenate(tiles)[:, np.newaxis].astype(np.float32) / 255
    return GalaxyImages(images, labels, survey)


def load_truth(sample: Sample) -> Truth:
    """Load what is known of a sample of the simulated survey, in the order of {func}`load_images`.

    Arguments:
        sample: `"train"` (2,700 galaxies) or `"test"` (675).

    Raises:
        ValueError: If there is no such sample.
        DataError: If a file is missing or altered.
    """
    paths = [verified(f"morphology/{name}-masks.png") for name in sheet_names(sample)]
    bits = np.concatenate([read_tiles(path) for path in paths])
    masks = {part: (bits & bit).astype(bool) for part, bit in MASK_BITS.items()}
    table = pd.read_parquet(verified("morphology/parameters.parquet"))
    names = pd.Categorical(table["class"].map(LETTERS), CLASSES, ordered=True)
    rows = table.assign(**{"class": names})[table["sample"] == sample]
    return Truth(masks, rows.sort_values(["class", "tile"], ignore_index=True))
