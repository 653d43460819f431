"""Find the six sheets of real galaxy images, and tell when one of them is missing or altered.

The sheets do not come with the book; `make data` fetches them ({mod}`shapbook.sdss_download`).
"""

from pathlib import Path

from shapbook.data_files import DataError, chosen_folder, data_folders, unharmed

__all__ = ["SHEETS", "present_sheets", "verified_sheets"]

SHEETS = {
    "trainE.png": "e1824e7ef48ef01fbebdc511bc21a9abec8bb1e48d6fa3ca74d725cc1693228b",
    "trainS.png": "0e8466d735f9afb89096ce66a119d035cd2953f90acb7b167d00a60117fbe853",
    "trainI.png": "da52516de3bb68cd48eb944ea12a2afc691ebcbb57a37fe328716bcf0d2d0921",
    "testE.png": "59b8a258d1138c37ca27a47a0fafece369cb8c85dc21765d9478ffdfad5e70a0",
    "testS.png": "35948ee4f82e895fb68c8c57334eb6af5ec5e6513436082a0e53120f893e7c08",
    "testI.png": "e29e0040ffb7e0ba8bd1f4cbc3d386c5fa25771dfe225a41c8db1eacd12917f9",
}


def sheet_folders() -> list[Path]:
    """Where the sheets are looked for, in this order: the folder `SHAPBOOK_DATA` itself, then `sdss/` of every data
    folder."""
    chosen = chosen_folder()
    return ([chosen] if chosen else []) + [folder / "sdss" for folder in data_folders()]


def present_sheets() -> list[Path]:
    """Return the sheets in the first folder that has any, whether they are complete and right or not."""
    found = ([folder / name for name in SHEETS if (folder / name).is_file()] for folder in sheet_folders())
    return next(filter(None, found), [])


def remedy(folder: Path) -> str:
    in_clone = folder == data_folders()[-1] / "sdss"
    command = "make data" if in_clone else f"python -m shapbook.sdss_download {folder}"
    return (
        f"Run `{command}`: it fetches what is missing or altered there. "
        f"Or remove all six sheets from that folder to use the simulated survey."
    )


def verified_sheets() -> dict[str, Path] | None:
    """Return the paths of the six sheets by their names, all of them unharmed; None where no folder has any.

    A folder that has some of them, or an altered one, is an error: silently using the simulated survey instead would
    change every figure without a word.

    Raises:
        DataError: If the first folder that has any sheet lacks one, or has an altered one.
    """
    present = present_sheets()
    if not present:
        return None
    folder = present[0].parent
    missing = sorted(set(SHEETS) - {path.name for path in present})
    if missing:
        msg = (
            f"The SDSS sheets in {folder} are incomplete: expected all of {', '.join(SHEETS)}; "
            f"missing: {', '.join(missing)}. {remedy(folder)}"
        )
        raise DataError(msg)
    return {path.name: unharmed(path, SHEETS[path.name], remedy(folder)) for path in present}
