"""A partitioned catalogue: made with the noise asked for, read in bounded pieces, and refused in words that help."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shapbook import partitions
from shapbook.datasets import load_galaxies
from shapbook.partitions import CatalogueError
from shapbook.photometry import BANDS


@pytest.fixture
def galaxies() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    table = pd.DataFrame(rng.normal(24, 1, (1000, 6)).astype("f4"), columns=partitions.MAGNITUDES)
    table.insert(0, "id", rng.permutation(1000) + 2**53)  # ids that float64 could not tell apart
    return table


def test_observing_again_adds_the_noise_of_the_catalogue_and_keeps_non_detections() -> None:
    """Six standard errors on the spread of each band and galaxy: false alarms below 1e-6."""
    test = load_galaxies("test").iloc[[0, 5000, 20448]].copy()
    test.iloc[0, test.columns.get_loc("mag_u_lsst")] = 99.0
    n_times = 20_000
    survey = partitions.observe_again(test, n_times, np.random.default_rng(2))
    assert survey["id"].tolist() == list(range(3 * n_times))
    again = survey[partitions.MAGNITUDES].to_numpy().reshape(3, n_times, 6).astype(float)
    assert (again[0, :, 0] == 99).all()
    errors = test[[f"mag_err_{band}_lsst" for band in BANDS]].to_numpy().clip(max=1)
    errors[0, 0] = 0
    spread = again.std(axis=1, ddof=1)
    assert (np.abs(spread - errors) <= 6 * errors / np.sqrt(2 * n_times) + 1e-5).all()
    offset = again.mean(axis=1) - test[partitions.MAGNITUDES].to_numpy()
    assert (np.abs(offset) <= 6 * errors / np.sqrt(n_times) + 1e-5).all()


@pytest.mark.parametrize("rows", [1, 7, 300, 5000])
def test_partitions_and_pieces_put_together_are_the_table(tmp_path: Path, galaxies: pd.DataFrame, rows: int) -> None:
    paths = partitions.write_partitions(galaxies.iloc[:700], tmp_path / "catalogue", 300)
    assert paths == partitions.partitions(tmp_path / "catalogue")
    assert [pq.read_metadata(path).num_rows for path in paths] == [300, 300, 100]
    read = [piece for path in paths for piece in partitions.pieces(path, rows)]
    assert max(map(len, read)) <= rows
    pd.testing.assert_frame_equal(pd.concat(read, ignore_index=True), galaxies.iloc[:700])


def test_an_index_that_pandas_saved_is_a_column_like_others(tmp_path: Path, galaxies: pd.DataFrame) -> None:
    galaxies.set_index("id").to_parquet(tmp_path / "indexed.parquet")
    (piece,) = partitions.pieces(tmp_path / "indexed.parquet", 1000)
    pd.testing.assert_frame_equal(piece, galaxies)


def test_a_partition_without_rows_has_no_pieces(tmp_path: Path, galaxies: pd.DataFrame) -> None:
    pq.write_table(pa.Table.from_pandas(galaxies.iloc[:0], preserve_index=False), tmp_path / "none.parquet")
    assert list(partitions.pieces(tmp_path / "none.parquet", 10)) == []


def test_partitions_have_at_least_a_row(tmp_path: Path, galaxies: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="A partition of 0 rows"):
        partitions.write_partitions(galaxies, tmp_path, 0)


def test_a_folder_without_partitions_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=rf"No partition in {tmp_path}"):
        partitions.partitions(tmp_path)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda t: t.rename(columns={"mag_u_lsst": "u"}), "lacks the column mag_u_lsst: expected id, .* found id, u,"),
        (lambda t: t.drop(columns=["id", "mag_y_lsst"]), "lacks the column id, mag_y_lsst"),
        (lambda t: t.assign(mag_g_lsst=t["mag_g_lsst"].astype(str)), "the column mag_g_lsst holds .*string"),
        (lambda t: t.assign(id=t["id"].astype(float)), "the column id holds double, expected whole numbers"),
    ],
)
def test_a_column_that_is_missing_or_holds_no_numbers_is_named_with_its_file(
    tmp_path: Path, galaxies: pd.DataFrame, spoil: object, words: str
) -> None:
    good, bad = tmp_path / "good.parquet", tmp_path / "bad.parquet"
    galaxies.to_parquet(good)
    spoil(galaxies).to_parquet(bad)
    partitions.check_columns(good)
    with pytest.raises(CatalogueError, match=f"bad.parquet.*{words}"):
        partitions.check_columns(bad)


def test_a_truncated_file_is_found_by_its_footer(tmp_path: Path, galaxies: pd.DataFrame) -> None:
    (path,) = partitions.write_partitions(galaxies, tmp_path, 1000)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CatalogueError, match=r"part-00000.parquet cannot be read .*Copy it anew"):
        partitions.check_columns(path)


def test_every_damaged_stretch_of_the_data_is_found_when_it_is_read(tmp_path: Path, galaxies: pd.DataFrame) -> None:
    """Eight bytes are inverted in the middle of each column that is read, then at the end of its pages."""
    (path,) = partitions.write_partitions(galaxies, tmp_path, 1000)
    whole = path.read_bytes()
    columns = [pq.read_metadata(path).row_group(0).column(i) for i in range(7)]
    starts = [c.dictionary_page_offset or c.data_page_offset for c in columns]
    sizes = [c.total_compressed_size for c in columns]
    for place in [start + size * part // 2 - 10 for start, size in zip(starts, sizes, strict=True) for part in (1, 2)]:
        damaged = bytearray(whole)
        damaged[place : place + 8] = bytes(255 - byte for byte in damaged[place : place + 8])
        path.write_bytes(damaged)
        partitions.check_columns(path)
        with pytest.raises(CatalogueError, match=r"part-00000.parquet cannot be read"):
            list(partitions.pieces(path, 100))


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"gone.parquet cannot be read \(FileNotFoundError"):
        partitions.check_columns(tmp_path / "gone.parquet")


@pytest.mark.parametrize("value", [np.nan, np.inf, None])
def test_a_value_that_is_no_number_is_named_with_file_column_and_row(
    tmp_path: Path, galaxies: pd.DataFrame, value: float | None
) -> None:
    table = galaxies.astype({"mag_i_lsst": object})
    table.loc[[712, 900], "mag_i_lsst"] = value
    table["mag_i_lsst"] = table["mag_i_lsst"].astype("Float32" if value is None else "float32")
    table.to_parquet(tmp_path / "holes.parquet", row_group_size=200)
    with pytest.raises(CatalogueError, match=r"holes.parquet: mag_i_lsst in row 712 is (nan|inf).* 99 for a non-det"):
        list(partitions.pieces(tmp_path / "holes.parquet", 300))


def test_a_bound_that_holds_no_galaxy_is_refused() -> None:
    assert partitions.rows_within(60_000_400) == 1
    with pytest.raises(ValueError, match="60,000,399 bytes hold no galaxy: expected more than 60,000,400"):
        partitions.rows_within(60_000_399)
