"""What test files of several folders need."""

import os
from pathlib import Path

import pytest

from shapbook.sdss_sheets import sheet_folders, verified_sheets


@pytest.fixture(scope="session")
def sdss() -> dict[str, Path]:
    """The SDSS sheets by their names; where there are none the test is skipped, but in CI it fails."""
    sheets = verified_sheets()
    if sheets is None:
        reason = (
            f"no SDSS sheets in {', '.join(map(str, sheet_folders()))}: run `make data`, or name their folder in "
            f"SHAPBOOK_DATA"
        )
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return sheets
