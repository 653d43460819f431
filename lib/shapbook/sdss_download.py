"""Fetch the six sheets of real galaxy images: `make data`, or `python -m shapbook.sdss_download [FOLDER]`.

P. Mocz prepared them from Galaxy Zoo 2 (Willett et al. 2013) and keeps them in a public repository, which is the
place they are fetched from; `data/sdss/README.md` says more.
"""

import argparse
import errno
import sys
from pathlib import Path

import pooch
import requests
from tqdm import tqdm

from shapbook.data_files import DataError, data_folders
from shapbook.sdss_sheets import SHEETS, present_sheets

__all__ = ["ORIGIN", "download_sheets"]

ORIGIN = (
    "https://raw.githubusercontent.com/pmocz/artificialneuralnetwork-python/b9eb016f8724c7a9bb4958c701d7d4b7c266a73a/"
)
RETRIES = 3
TIMEOUT = 30  # seconds without a byte
AGAIN = "Sheets that are right already are not fetched again."


def download(url: str, output_file: str, _caller: pooch.Pooch) -> None:
    """Write what an address answers to a file; unlike pooch's own downloader it closes everything when it fails."""
    with requests.get(url, stream=True, timeout=TIMEOUT) as response:
        response.raise_for_status()
        size = int(response.headers.get("content-length", 0)) or None
        name = Path(url).name
        with open(output_file, "wb") as file, tqdm(desc=name, total=size, unit="B", unit_scale=True) as progress:
            for chunk in response.iter_content(2**14):
                progress.update(file.write(chunk))


def cause_and_remedy(error: Exception, folder: Path) -> tuple[str, str]:
    match error:
        case requests.HTTPError():
            cause = f"the server answered {error.response.status_code} {error.response.reason}"
            return cause, f"Try again later. {AGAIN}"
        case requests.RequestException():
            reason = getattr(next(iter(error.args), None), "reason", error)  # without urllib3's words around it
            cause = f"no complete answer came ({type(error).__name__}: {reason})"
            return cause, f"Check the network and its proxy, and try again. {AGAIN}"
        case OSError(errno=errno.ENOSPC | errno.EDQUOT):
            return f"the disk is full ({error.strerror})", f"Free 3 MB for {folder} and try again. {AGAIN}"
        case OSError():
            return f"the folder can't be written ({error})", "Make it writable, or name another folder."
        case _:
            cause = f"what arrived is not the expected file ({error})"
            return cause, "Try again; if it stays so, a proxy alters the file or its origin has changed: report it."


def download_sheets(folder: Path, origin: str = ORIGIN) -> None:
    """Fetch those SDSS sheets that are missing or altered in a folder, with a progress bar each.

    A sheet gets its name only once its SHA-256 is right, so a run that fails or is interrupted leaves whole sheets
    only, and the next run goes on with the others. Each sheet is tried four times.

    Arguments:
        folder: Where the sheets go; it is made if it does not exist.
        origin: Address of the folder that has them.

    Raises:
        DataError: If a sheet can't be fetched, is not the expected one, or can't be written.
    """
    downloads = pooch.create(folder, origin, registry=SHEETS, retry_if_failed=RETRIES)
    for name in SHEETS:
        try:
            downloads.fetch(name, downloader=download)
        except (OSError, ValueError) as error:
            cause, remedy = cause_and_remedy(error, folder)
            msg = (
                f"SDSS sheet {name} was not fetched from {downloads.get_url(name)} into {folder}: {cause}. "
                f"Nothing of it was kept. {remedy}"
            )
            raise DataError(msg) from error


def usual_folder() -> Path:
    """The folder in which the loader finds sheets already, else `sdss/` beside the data that come with the book."""
    present = present_sheets()
    if present:
        return present[0].parent
    return next(folder for folder in data_folders() if folder.is_dir()) / "sdss"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Fetch the six sheets of SDSS galaxy images that are missing.")
    parser.add_argument("folder", type=Path, nargs="?", help="where they go; beside the book's other data if left out")
    folder = parser.parse_args(arguments).folder
    try:
        folder = folder or usual_folder()
        download_sheets(folder)
    except DataError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"All six SDSS sheets are in {folder}, each with the expected SHA-256.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
