"""Laws of a density, on a population whose p(z | x) is known in closed form."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats

from shapbook import calibration, density, photometry


def population(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Contexts x in [0, 1], with ln z normal around x − 1, scatter 0.1 + 0.3 x."""
    rng = np.random.default_rng(seed)
    x = rng.random((n, 1)).astype(np.float32)
    return x, np.exp(x[:, 0] - 1 + (0.1 + 0.3 * x[:, 0]) * rng.normal(size=n))


@pytest.fixture(scope="module")
def flow() -> density.RedshiftFlow:
    return density.fit_flow(*population(4_000, 1), seed=2, epochs=12, hidden=(32,), progress=False)


def test_density_is_positive_and_integrates_to_one(flow: density.RedshiftFlow) -> None:
    grid = np.linspace(1e-3, 8, 8_000)
    p = flow.density([[0.0], [0.5], [1.0]], grid)
    assert p.shape == (3, 8_000)
    assert (p >= 0).all()
    np.testing.assert_allclose(np.trapezoid(p, grid, axis=1), 1, atol=1e-3)


def test_cdf_is_the_integral_of_the_density(flow: density.RedshiftFlow) -> None:
    grid = np.linspace(1e-3, 4, 8_000)
    contexts = [[0.2], [0.9]]
    p = flow.density(contexts, grid)
    integral = (
        np.concatenate([np.zeros((2, 1)), np.cumsum((p[:, 1:] + p[:, :-1]) / 2, axis=1)], axis=1) * np.diff(grid)[0]
    )
    np.testing.assert_allclose(flow.cdf(contexts, grid), integral, atol=2e-3)


@pytest.mark.parametrize("at_once", [1_000_000, 7_000])
def test_samples_follow_the_cdf(flow: density.RedshiftFlow, monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    """In one part or in three: Kolmogorov–Smirnov at a false-alarm rate of 1e-6, for each of three galaxies."""
    monkeypatch.setattr(density, "AT_ONCE", at_once)
    contexts = np.array([[0.1], [0.8], [0.8]])
    draws = flow.sample(contexts, 5_000, seed=3)
    assert draws.shape == (3, 5_000)
    assert (draws > 0).all()
    assert not np.array_equal(draws[1], draws[2])
    for context, row in zip(contexts, draws, strict=True):
        u = stats.norm.cdf(flow.normal_scores(np.tile(context, (5_000, 1)), row))
        assert stats.kstest(u, "uniform").pvalue > 1e-6


def test_flow_learns_a_known_conditional_density(flow: density.RedshiftFlow) -> None:
    x, z = population(4_000, 4)
    true = stats.norm(x[:, 0] - 1, 0.1 + 0.3 * x[:, 0]).logpdf(np.log(z)) - np.log(z)
    gap, error = calibration.mean_and_error(true - flow.log_density(x, z))
    assert -6 * error < gap < 0.05
    diagnosis = calibration.diagnose(calibration.pit(flow.sample(x, 500, seed=5), z, np.random.default_rng(6)))
    assert abs(diagnosis.shift) < 0.15
    assert diagnosis.spread == pytest.approx(1, abs=0.1)


def test_history_is_the_loss_of_the_redshifts_and_falls(flow: density.RedshiftFlow) -> None:
    assert list(flow.history.columns) == ["training", "validation"]
    assert flow.history.index.name == "epoch"
    assert len(flow.history) == 12
    assert flow.history["training"].iloc[-1] < flow.history["training"].iloc[0]
    x, z = population(4_000, 1)
    assert -flow.log_density(x, z).mean() == pytest.approx(flow.history["training"].iloc[-1], abs=0.05)


def test_same_seed_same_flow_and_the_state_of_torch_is_left_alone() -> None:
    x, z = population(300, 7)
    torch.manual_seed(8)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    expected = torch.random.get_rng_state()
    first, second, other = (
        density.fit_flow(x, z, seed=seed, epochs=2, hidden=(8,), progress=False) for seed in (1, 1, 2)
    )
    assert torch.equal(torch.random.get_rng_state(), expected)
    assert torch.get_num_threads() == 2
    torch.set_num_threads(before)
    pd.testing.assert_frame_equal(first.history, second.history)
    np.testing.assert_array_equal(first.sample(x[:5], 10, seed=3), second.sample(x[:5], 10, seed=3))
    assert not first.history.equals(other.history)


def test_best_epoch_is_kept() -> None:
    """Forty galaxies are soon learnt by heart: the last epoch is worse than the best, and the best must be kept."""
    x, z = population(800, 9)
    flow = density.fit_flow(
        x,
        z,
        seed=1,
        epochs=100,
        batch=40,
        hidden=(64, 64),
        learning_rate=0.03,
        weight_decay=0,
        validation_share=0.95,
        progress=False,
    )
    best, last = flow.history["validation"].min(), flow.history["validation"].iloc[-1]
    assert last > best + 0.1
    assert -flow.log_density(x, z).mean() == pytest.approx(best, abs=0.05)


def test_progress_goes_to_stdout_and_leaves_stderr_clean(capsys: pytest.CaptureFixture[str]) -> None:
    density.fit_flow(*population(100, 10), seed=1, epochs=2, hidden=(8,), progress=True)
    printed = capsys.readouterr()
    assert "fitting the flow" in printed.out
    assert printed.err == ""


def test_context_flags_non_detections_and_hides_their_code() -> None:
    row = {f"mag_{band}_lsst": [24.0 - i] for i, band in enumerate(photometry.BANDS)}
    row["mag_u_lsst"] = [99.0]
    row["mag_i_lsst"] = [99.0]
    np.testing.assert_array_equal(density.context(pd.DataFrame(row))[0], [0, 1, 0, 0, 1, 1, 0, 1, 1, 0])


@pytest.mark.parametrize("share", [0.0, 1.0, 0.001, 0.999])
def test_fit_needs_galaxies_on_both_sides_of_the_split(share: float) -> None:
    with pytest.raises(ValueError, match="at least one galaxy to fit and one held out"):
        density.fit_flow(*population(100, 1), seed=1, validation_share=share)


@pytest.mark.parametrize(
    ("contexts", "redshifts", "message"),
    [
        (np.zeros((3, 2)), np.ones(4), r"shape \(3, 2\) for redshifts of shape \(4,\)"),
        (np.zeros((3, 2)), [1.0, 0.0, 2.0], "above 0"),
        ([[np.nan]], [1.0], "must be finite"),
    ],
)
def test_fit_refuses_bad_input(contexts: np.ndarray, redshifts: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        density.fit_flow(contexts, redshifts, seed=1)


def test_noise_and_calibration_do_not_import_torch() -> None:
    code = "import sys, shapbook, shapbook.noise, shapbook.calibration; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
