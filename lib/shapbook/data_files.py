"""Find the data files of the book, and compare each with its SHA-256 before it is read.

So a missing, truncated or altered file is an error here and not a strange figure later.
"""

import hashlib
import os
from functools import cache
from importlib.resources import files
from pathlib import Path

__all__ = ["DataError", "chosen_folder", "data_folders", "registry", "unharmed", "verified"]


class DataError(ValueError):
    """A data file is missing, truncated, altered or out of reach."""


def chosen_folder() -> Path | None:
    """The folder that the environment variable `SHAPBOOK_DATA` names, if it is set.

    Raises:
        DataError: If it names something that is no folder.
    """
    chosen = os.environ.get("SHAPBOOK_DATA")
    if not chosen:
        return None
    if not Path(chosen).is_dir():
        msg = (
            f"SHAPBOOK_DATA names {chosen!r}, which is no folder (seen from {Path.cwd()}): expected a folder with "
            f"data of the book. Correct the variable, or unset it to use the data that come with the book."
        )
        raise DataError(msg)
    return Path(chosen)


def data_folders() -> list[Path]:
    """Where files are looked for, in this order.

    The folder named by the environment variable `SHAPBOOK_DATA`, the copy inside an installed wheel, and `data/` of
    a clone of the repository.
    """
    package = Path(__file__).parent
    chosen = chosen_folder()
    return ([chosen] if chosen else []) + [package / "data", package.parents[1] / "data"]


@cache
def registry() -> dict[str, str]:
    """SHA-256 of every file that comes with the book, by its path below the data folder."""
    lines = files("shapbook").joinpath("registry.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split() for line in lines)


def unharmed(path: Path, expected: str, remedy: str) -> Path:
    """Return the path of a file whose SHA-256 is the expected one.

    Arguments:
        path: A file that exists.
        expected: Its SHA-256, 64 hexadecimal digits.
        remedy: What the reader can do if it differs, in full sentences.

    Raises:
        DataError: If the file is truncated or altered.
    """
    with path.open("rb") as file:
        got = hashlib.file_digest(file, "sha256").hexdigest()
    if got != expected:
        msg = (
            f"Data file {path} is truncated or altered: expected SHA-256 {expected}, "
            f"got {got} ({path.stat().st_size:,} bytes). Nothing was read. {remedy}"
        )
        raise DataError(msg)
    return path


def verified(name: str) -> Path:
    """Return the path of a data file that comes with the book and is unharmed.

    Arguments:
        name: Path below the data folder, such as `"redshift/train.parquet"`.

    Raises:
        ValueError: If the book has no file of that name.
        DataError: If the file is missing, truncated or altered.

    Example:
        >>> verified("redshift/train.parquet").name
        'train.parquet'
    """
    if name not in registry():
        msg = f"No data file {name!r} in this book. Choose one of: {', '.join(registry())}."
        raise ValueError(msg)
    remedy = f"Restore it with `git checkout -- data/{name}` in a clone, or reinstall shapbook."
    folders = data_folders()
    for folder in folders:
        if (folder / name).is_file():
            return unharmed(folder / name, registry()[name], remedy)
    searched = ", ".join(str(folder) for folder in folders)
    msg = f"Data file {name} is missing: expected it in one of {searched}; found none. {remedy}"
    raise DataError(msg)
