"""Data files are found and verified; whatever is wrong with one is told before it is read."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from shapbook import data_files

ROOT = Path(__file__).parents[2]
NAME = "redshift/templates.parquet"


@pytest.fixture
def own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of the test's own, the only one that is searched."""
    (tmp_path / "redshift").mkdir()
    shutil.copyfile(ROOT / "data" / NAME, tmp_path / NAME)
    monkeypatch.setattr(data_files, "data_folders", lambda: [tmp_path])
    return tmp_path


def test_a_good_file_is_found(own_data: Path) -> None:
    assert data_files.verified(NAME) == own_data / NAME


def test_the_environment_variable_is_searched_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHAPBOOK_DATA", str(tmp_path))
    assert data_files.data_folders()[0] == tmp_path


def test_an_environment_variable_that_names_no_folder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHAPBOOK_DATA", str(tmp_path / "typo"))
    expected = rf"SHAPBOOK_DATA names '{re.escape(str(tmp_path))}.typo', which is no folder.*Correct the variable"
    with pytest.raises(data_files.DataError, match=expected):
        data_files.verified(NAME)


def test_an_empty_environment_variable_is_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHAPBOOK_DATA", "")
    assert data_files.chosen_folder() is None
    assert data_files.verified(NAME).is_file()


def test_a_missing_file_is_named_with_places_and_remedy(own_data: Path) -> None:
    (own_data / NAME).unlink()
    expected = rf"Data file {NAME} is missing: expected it in one of {re.escape(str(own_data))}; found none\. "
    with pytest.raises(data_files.DataError, match=expected + rf"Restore it with `git checkout -- data/{NAME}`"):
        data_files.verified(NAME)


@pytest.mark.parametrize("harm", ["bit flipped", "truncated"])
def test_a_harmed_file_is_refused_before_it_is_read(own_data: Path, harm: str) -> None:
    path = own_data / NAME
    content = bytearray(path.read_bytes())
    if harm == "truncated":
        content = content[: len(content) // 2]
    else:
        content[5000] ^= 1
    path.write_bytes(content)
    with pytest.raises(data_files.DataError) as caught:
        data_files.verified(NAME)
    message = str(caught.value)
    assert str(path) in message
    assert f"expected SHA-256 {data_files.registry()[NAME]}, got " in message
    assert f"({len(content):,} bytes). Nothing was read." in message
    assert "git checkout" in message


def test_unknown_names_are_refused_with_the_choices() -> None:
    with pytest.raises(ValueError, match=r"No data file 'redshift/tset\.parquet'.*redshift/test\.parquet"):
        data_files.verified("redshift/tset.parquet")


def test_shipped_data_stay_small() -> None:
    tracked = subprocess.check_output(["git", "ls-files", "-z", "data"], cwd=ROOT, text=True).split("\0")[:-1]
    assert sum((ROOT / name).stat().st_size for name in tracked) < 8e6


@pytest.mark.parametrize("folder", sorted({name.split("/")[0] for name in data_files.registry()}))
def test_a_readme_tells_the_sums_of_the_registry_or_where_they_are(folder: str) -> None:
    readme = ROOT.joinpath("data", folder, "README.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `([\w.-]+)` \|.*\| `([0-9a-f]{64})` \|$", readme, re.MULTILINE))
    expected = {name: digest for name, digest in data_files.registry().items() if name.startswith(f"{folder}/")}
    assert "registry.txt" in readme
    assert not told or {f"{folder}/{name}": digest for name, digest in told.items()} == expected
