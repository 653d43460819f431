"""Explaining a catalogue on a cluster: the values of one machine, whatever dies, breaks or stops on the way."""

import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pyarrow.parquet as pq
import pytest
import xgboost
from distributed import Client

from shapbook import clusters, partitions, survey
from shapbook.datasets import load_galaxies
from shapbook.partitions import CatalogueError
from shapbook.photometry import COLOURS, colours
from shapbook.shapley import Game, exact_values
from shapbook.trees import Node, read_trees

ROWS = 250


@pytest.fixture(scope="module")
def booster() -> xgboost.Booster:
    train = load_galaxies("train")
    model = xgboost.XGBRegressor(tree_method="exact", base_score=0.5).fit(colours(train), train["redshift"])
    return model.get_booster()


@pytest.fixture(scope="module")
def galaxies() -> pd.DataFrame:
    """8 partitions of 250 galaxies and one of 45."""
    return load_galaxies("test").iloc[::10]


@pytest.fixture(scope="module")
def expected(booster: xgboost.Booster, galaxies: pd.DataFrame) -> pd.DataFrame:
    """The explanation of all galaxies in one call, with XGBoost's default threads."""
    matrix = xgboost.DMatrix(colours(galaxies))
    table = pd.DataFrame(booster.predict(matrix, pred_contribs=True)[:, :-1], columns=survey.CONTRIBUTIONS)
    table.insert(0, "id", galaxies["id"].to_numpy())
    table.insert(1, "prediction", booster.predict(matrix))
    return table


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with clusters.connect(n_workers=2) as client:
        yield client


@pytest.fixture
def doomed() -> Iterator[Client]:
    """A cluster of its own for a test that kills workers: the replacements may be long in coming, or never come."""
    with clusters.connect(n_workers=2) as client:
        client.wait_for_workers(2, timeout=60)
        yield client


@pytest.fixture
def catalogue(tmp_path: Path, galaxies: pd.DataFrame) -> Path:
    partitions.write_partitions(galaxies, tmp_path / "catalogue", ROWS)
    return tmp_path / "catalogue"


def check_whole(output: Path, expected: pd.DataFrame) -> None:
    """One processor, one order of additions: the float32 values agree to the last bit, so no tolerance is needed."""
    pd.testing.assert_frame_equal(pd.read_parquet(output), expected, check_exact=True)
    assert not list(output.glob("*.tmp"))
    assert not survey.unfinished(output).exists()


def walk(node: Node, galaxy: pd.Series, known: set[str]) -> float:
    """Path-dependent value of a coalition: follow a known colour, average over an unknown one by cover."""
    if node.is_leaf:
        return node.value
    if node.feature in known:
        return walk(node.yes if galaxy[node.feature] < node.threshold else node.no, galaxy, known)
    return sum(child.cover * walk(child, galaxy, known) for child in (node.yes, node.no)) / node.cover


def test_values_are_those_of_the_game_by_brute_force(galaxies: pd.DataFrame) -> None:
    train = load_galaxies("train")
    small = xgboost.XGBRegressor(tree_method="exact", base_score=0.5, n_estimators=8, max_depth=3)
    small.fit(colours(train), train["redshift"])
    some = galaxies.iloc[::500]
    table, base_value = survey.explain_galaxies(small.get_booster(), some)
    trees = read_trees(small)
    for (_, galaxy), values in zip(colours(some).iterrows(), table[survey.CONTRIBUTIONS].to_numpy(), strict=True):

        def value(coalitions: np.ndarray, galaxy: pd.Series = galaxy) -> np.ndarray:
            known = [set(np.array(COLOURS)[row]) for row in np.asarray(coalitions, dtype=bool)]
            return np.array([0.5 + sum(walk(tree, galaxy, names) for tree in trees) for names in known])

        game = Game(5, value)
        np.testing.assert_allclose(values, exact_values(game), atol=1e-5)
        assert value(np.zeros((1, 5)))[0] == pytest.approx(base_value, abs=1e-5)


def test_a_model_whose_books_do_not_balance_is_refused(booster: xgboost.Booster, galaxies: pd.DataFrame) -> None:
    class Broken:
        def __getattr__(self, name: str) -> object:
            return getattr(booster, name)

        def predict(self, *arguments: object, **options: object) -> np.ndarray:
            return booster.predict(*arguments, **options) + np.float32(1e-3 if "output_margin" in options else 0)

    with pytest.raises(ValueError, match=r"Local accuracy is broken by 0\.001"):
        survey.explain_galaxies(Broken(), galaxies.iloc[:50])


def test_the_cluster_gives_the_values_of_one_machine(
    client: Client,
    booster: xgboost.Booster,
    catalogue: Path,
    tmp_path: Path,
    expected: pd.DataFrame,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(survey, "rows_within", lambda memory: int(memory // 1000))
    told = []
    outcome = survey.explain_catalogue(client, booster, catalogue, tmp_path / "shap", 100_000, told.append)
    check_whole(tmp_path / "shap", expected)
    names = [path.name for path in partitions.partitions(catalogue)]
    assert (list(outcome.computed), list(outcome.kept), sorted(told)) == (names, [], names)
    assert outcome.base_value == pytest.approx(0.918, abs=5e-4)  # the published one
    part = tmp_path / "shap" / names[0]
    assert pq.read_metadata(part).num_row_groups == 3  # 250 galaxies, at most 100 at once
    assert survey.record_of(part)["base_value"] == outcome.base_value
    again = survey.explain_catalogue(client, booster, catalogue, tmp_path / "shap")
    assert (list(again.computed), list(again.kept)) == ([], names)


def test_workers_killed_while_they_compute_lose_nothing(
    doomed: Client, booster: xgboost.Booster, catalogue: Path, tmp_path: Path, expected: pd.DataFrame
) -> None:
    """Both die, and with them the model wherever it was held: it has to be made again, too."""
    pids, victims = doomed.run(os.getpid), []

    def strike(part: str) -> None:
        if not victims:
            assert any(doomed.processing().values())
            victims.extend(pids.values())
            for pid in victims:
                psutil.Process(pid).kill()

    survey.explain_catalogue(doomed, booster, catalogue, tmp_path / "shap", on_part=strike)
    assert len(victims) == 2
    assert not set(victims) & set(doomed.run(os.getpid).values())
    check_whole(tmp_path / "shap", expected)


def test_an_interrupted_run_leaves_no_output_and_is_taken_up_where_it_stopped(
    client: Client, booster: xgboost.Booster, catalogue: Path, tmp_path: Path, expected: pd.DataFrame
) -> None:
    output, told = tmp_path / "shap", []

    def interrupt(part: str) -> None:
        told.append(part)
        if len(told) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        survey.explain_catalogue(client, booster, catalogue, output, on_part=interrupt)
    assert not output.exists()
    folder = survey.unfinished(output)
    lost = told.pop()
    (folder / lost).write_bytes(b"PAR1 but no whole part")
    (folder / f"{lost}.0123.tmp").write_bytes(b"half a part, as a killed worker leaves it")
    done = {name: (folder / name).stat().st_mtime_ns for name in told}
    outcome = survey.explain_catalogue(client, booster, catalogue, output)
    assert set(done) <= set(outcome.kept)  # and what the workers had in hand when the run was stopped
    assert lost in outcome.computed
    assert sorted(outcome.kept + outcome.computed) == [path.name for path in partitions.partitions(catalogue)]
    assert {name: (output / name).stat().st_mtime_ns for name in done} == done
    check_whole(output, expected)


def wait_until(condition: Callable[[], bool]) -> None:
    limit = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.05)


def test_bad_partitions_are_named_the_others_kept_and_only_the_mended_computed(
    client: Client, booster: xgboost.Booster, catalogue: Path, tmp_path: Path, expected: pd.DataFrame
) -> None:
    output, bad = tmp_path / "shap", [catalogue / "part-00002.parquet", catalogue / "part-00006.parquet"]
    whole = [path.read_bytes() for path in bad]
    for path, content in zip(bad, whole, strict=True):
        place = content.index(b"\x28\xb5\x2f\xfd") + 50  # in the first block of compressed data, the ids
        path.write_bytes(content[:place] + bytes(20) + content[place + 20 :])
    with pytest.raises(CatalogueError) as told:
        survey.explain_catalogue(client, booster, catalogue, output)
    for path in bad:
        assert f"{path} cannot be read" in str(told.value)
    assert "part-00001" not in str(told.value)
    assert f"they are kept in {survey.unfinished(output)}" in str(told.value)
    assert not output.exists()
    for path, content in zip(bad, whole, strict=True):
        path.write_bytes(content)
    outcome = survey.explain_catalogue(client, booster, catalogue, output)
    assert outcome.computed == tuple(path.name for path in bad)
    check_whole(output, expected)


def test_missing_columns_stop_a_run_before_it_starts(
    client: Client, booster: xgboost.Booster, catalogue: Path, tmp_path: Path, galaxies: pd.DataFrame
) -> None:
    for number, column in ((3, "mag_z_lsst"), (5, "id")):
        galaxies.iloc[:10].drop(columns=column).to_parquet(catalogue / f"part-{number:05d}.parquet")
    with pytest.raises(CatalogueError, match=r"(?s)00003.*lacks the column mag_z_lsst.*00005.*column id.*Nothing"):
        survey.explain_catalogue(client, booster, catalogue, tmp_path / "shap")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["catalogue"]


def test_results_of_another_model_or_catalogue_are_not_mixed_in(
    client: Client, booster: xgboost.Booster, catalogue: Path, tmp_path: Path
) -> None:
    for path in partitions.partitions(catalogue)[2:]:
        path.unlink()
    output = tmp_path / "shap"
    survey.explain_catalogue(client, booster, catalogue, output)
    with pytest.raises(CatalogueError, match=r"part-0000\d.parquet is of another model; results are not mixed"):
        survey.explain_catalogue(client, booster[:50], catalogue, output)
    os.utime(catalogue / "part-00001.parquet", ns=(1, 1))
    with pytest.raises(CatalogueError, match=r"shap is whole, but not of this catalogue: .*part-00001.parquet is new"):
        survey.explain_catalogue(client, booster, catalogue, output)
    output.rename(survey.unfinished(output))
    assert survey.explain_catalogue(client, booster, catalogue, output).computed == ("part-00001.parquet",)
    (catalogue / "part-00000.parquet").unlink()
    with pytest.raises(CatalogueError, match=r"part-00000.parquet is of another catalogue"):
        survey.explain_catalogue(client, booster, catalogue, output)


def test_a_partition_that_kills_its_workers_is_named(doomed: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doomed.cluster.scheduler, "allowed_failures", 0)
    future = doomed.submit(os._exit, 1, pure=False)
    fault = survey.fault_of(survey.result_of, future, Path("part-00007.parquet"))
    assert "part-00007.parquet: every worker that took it died" in fault
    assert "smaller `memory`" in fault


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="the peak of a process is read from /proc")
def test_the_memory_a_worker_adds_stays_below_the_bound(client: Client, tmp_path: Path) -> None:
    """Of the resident size, not of what Python knows; a bound that lets the whole file in must show that it did."""
    train = load_galaxies("train")
    quick = xgboost.XGBRegressor(n_estimators=2, max_depth=2).fit(colours(train), train["redshift"]).get_booster()
    table = pd.concat([train[partitions.COLUMNS]] * 80, ignore_index=True)
    (small,) = partitions.write_partitions(table.head(1000), tmp_path / "small", 1000)
    partitions.write_partitions(table, tmp_path / "catalogue", len(table))
    client.wait_for_workers(2, timeout=60)
    base = {"base_value": survey.base_value_of(quick)}
    client.run(survey.explain_partition, small, tmp_path / "loads the libraries", base, quick, 500)
    added = {}
    for memory in (80e6, 1e9):
        before = client.run(start_of_peak)
        survey.explain_catalogue(client, quick, tmp_path / "catalogue", tmp_path / f"{memory:.0f}", memory)
        added[memory] = max(peak - before[address] for address, peak in client.run(peak_of_memory).items())
    assert partitions.rows_within(80e6) < len(table) / 6
    assert added[80e6] < 80e6
    assert 80e6 < added[1e9] < partitions.FIXED_BYTES + partitions.ROW_BYTES * len(table)


def start_of_peak() -> int:
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here
    return peak_of_memory()


def peak_of_memory() -> int:
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


def test_any_cluster_is_used_by_its_address_and_left_running(
    client: Client, booster: xgboost.Booster, catalogue: Path, tmp_path: Path, expected: pd.DataFrame
) -> None:
    with clusters.connect(client.scheduler.address) as other:
        survey.explain_catalogue(other, booster, catalogue, tmp_path / "shap")
    check_whole(tmp_path / "shap", expected)
    assert client.submit(sum, [40, 2]).result() == 42


def test_an_embedded_cluster_is_bounded_local_and_gone_in_the_end(tmp_path: Path) -> None:
    script = (
        "import os, signal, psutil\n"
        "from shapbook import clusters\n"
        "with clusters.connect(n_workers=1, memory_limit='700 MiB') as client:\n"
        "    (worker,) = client.scheduler_info()['workers'].values()\n"
        "    print(worker['memory_limit'], worker['nthreads'], worker['host'], flush=True)\n"
        "me = psutil.Process()\n"
        "print(len([p for p in me.children(recursive=True) if 'spawn_main' in ' '.join(p.cmdline())]), flush=True)\n"
        "with clusters.connect(n_workers=1) as client:\n"
        "    print(*[p.pid for p in me.children(recursive=True)], flush=True)\n"
        "    os.kill(me.pid, signal.SIGKILL)\n"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    limits, left, children = told.stdout.splitlines()
    assert limits == f"{700 * 2**20} 1 127.0.0.1"
    assert left == "0"
    assert children
    assert "distributed" not in told.stderr
    wait_until(lambda: not any(psutil.pid_exists(int(pid)) for pid in children.split()))


def test_an_address_where_nothing_answers_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "ANSWER_SECONDS", 0.3)
    with (
        pytest.raises(ConnectionError, match=r"No Dask scheduler answers at tcp://127.0.0.1:9\. Start one"),
        clusters.connect("tcp://127.0.0.1:9"),
    ):
        pass


def test_without_dask_the_extra_is_named() -> None:
    script = "import sys; sys.modules['distributed'] = None; from shapbook import clusters"
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert told.stderr.splitlines()[-1].endswith("`pip install 'shapbook[scaling]'`.")
