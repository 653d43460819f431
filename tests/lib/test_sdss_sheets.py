"""The SDSS sheets are found in every place they may be; a partial or altered set is told, never passed over."""

import hashlib
import re
import shutil
from pathlib import Path

import pytest

from shapbook import data_files, sdss_sheets


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone's data folder of the test's own, and sheets of a few bytes in `chosen`, which SHAPBOOK_DATA names."""
    chosen, clone = tmp_path / "chosen", tmp_path / "data"
    for folder in (chosen, clone):
        folder.mkdir()
    contents = {name: name.encode() for name in sdss_sheets.SHEETS}
    for name, content in contents.items():
        (chosen / name).write_bytes(content)
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    monkeypatch.setattr(sdss_sheets, "SHEETS", sums)
    monkeypatch.setenv("SHAPBOOK_DATA", str(chosen))
    monkeypatch.setattr(sdss_sheets, "data_folders", lambda: [chosen, clone])
    return tmp_path


def moved(places: Path, target: str) -> Path:
    folder = places / target
    shutil.copytree(places / "chosen", folder, dirs_exist_ok=True)
    for name in sdss_sheets.SHEETS:
        (places / "chosen" / name).unlink()
    return folder


def test_a_chosen_folder_may_hold_the_sheets_directly(places: Path) -> None:
    assert sdss_sheets.verified_sheets() == {name: places / "chosen" / name for name in sdss_sheets.SHEETS}


@pytest.mark.parametrize("target", ["chosen/sdss", "data/sdss"])
def test_sheets_are_found_below_every_data_folder(places: Path, target: str) -> None:
    folder = moved(places, target)
    assert sdss_sheets.verified_sheets() == {name: folder / name for name in sdss_sheets.SHEETS}


def test_the_chosen_folder_comes_first(places: Path) -> None:
    shutil.copytree(places / "chosen", places / "data" / "sdss")
    assert {path.parent for path in sdss_sheets.present_sheets()} == {places / "chosen"}


def test_where_no_folder_has_a_sheet_there_is_no_survey(places: Path) -> None:
    shutil.rmtree(moved(places, "elsewhere"))
    assert sdss_sheets.present_sheets() == []
    assert sdss_sheets.verified_sheets() is None


def test_an_incomplete_set_is_told_with_what_is_missing_and_the_remedy(places: Path) -> None:
    folder = moved(places, "data/sdss")
    (folder / "trainS.png").unlink()
    (folder / "testE.png").unlink()
    told = rf"sheets in {re.escape(str(folder))} are incomplete: .*; missing: testE\.png, trainS\.png\. "
    remedy = r"Run `make data`: .*remove all six sheets from that folder to use the simulated survey"
    with pytest.raises(data_files.DataError, match=told + remedy):
        sdss_sheets.verified_sheets()


def test_an_incomplete_set_hides_a_complete_one_that_comes_later(places: Path) -> None:
    shutil.copytree(places / "chosen", places / "data" / "sdss")
    (places / "chosen" / "testI.png").unlink()
    command = re.escape(f"`python -m shapbook.sdss_download {places / 'chosen'}`")
    with pytest.raises(data_files.DataError, match=rf"missing: testI\.png\. Run {command}"):
        sdss_sheets.verified_sheets()


@pytest.mark.parametrize("content", [b"trainE.pn", b"trainE.pnG", b""])
def test_an_altered_sheet_is_told_with_both_sums_and_the_remedy(places: Path, content: bytes) -> None:
    path = places / "chosen" / "trainE.png"
    path.write_bytes(content)
    with pytest.raises(data_files.DataError) as caught:
        sdss_sheets.verified_sheets()
    message = str(caught.value)
    assert f"{path} is truncated or altered: expected SHA-256 {sdss_sheets.SHEETS['trainE.png']}" in message
    assert f"got {hashlib.sha256(content).hexdigest()} ({len(content)} bytes)" in message
    assert "shapbook.sdss_download" in message
