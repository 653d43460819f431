"""Training with gaps: it learns, it is repeatable, and it says what it cannot train on."""

import numpy as np
import pytest
import torch
from torch import nn

from shapbook.recurrent import fit, random_gaps
from shapbook.training import reproducible


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.gru = nn.GRU(1, 6, batch_first=True)
        self.out = nn.Linear(6, 1)

    def forward(self, sequences: torch.Tensor) -> torch.Tensor:
        return self.out(self.gru(sequences)[1][0])[:, 0]


def task(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Sequences of 8 steps whose label, true for one in four, stands in every step with some noise."""
    rng = np.random.default_rng(seed)
    labels = rng.random(n) < 0.25
    return (2 * labels[:, None, None] - 1 + rng.normal(0, 0.5, (n, 8, 1))).astype(np.float32), labels


def trained(seed: int = 1, epochs: int = 15) -> Small:
    x, y = task(600, seed=2)
    with reproducible(seed):
        network = Small()
    history = fit(network, x, y, seed=seed, n_windows=4, epochs=epochs, progress=False)
    assert history.index.tolist() == list(range(1, epochs + 1))
    assert history["loss"].iloc[-1] < history["loss"].iloc[0]
    return network


@pytest.fixture(scope="module")
def network() -> Small:
    return trained()


def test_it_learns_and_its_outputs_are_log_odds(network: Small) -> None:
    x, y = task(1000, seed=3)
    with torch.no_grad():
        told, nothing = network(torch.tensor(x)).numpy(), network(torch.zeros(1, 8, 1)).item()
    assert np.mean((told > 0) == y) > 0.97
    # with every window hidden only the share of a quarter is known, log-odds −1.1; a short training comes near it
    assert nothing == pytest.approx(np.log(1 / 3), abs=0.5)


def test_hiding_windows_leaves_the_answer_less_certain_but_right(network: Small) -> None:
    x, y = task(1000, seed=4)
    half = x * np.repeat([1, 0, 1, 0], 2)[:, None]
    with torch.no_grad():
        full, part = (network(torch.tensor(rows, dtype=torch.float32)).numpy() for rows in (x, half))
    assert np.mean((part > 0) == y) > 0.9
    assert np.abs(part).mean() < np.abs(full).mean()


def test_a_seed_fixes_the_training_and_leaves_torch_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    one, two = trained(epochs=2), trained(epochs=2)
    assert torch.equal(torch.rand(3), expected)
    for first, second in zip(one.parameters(), two.parameters(), strict=True):
        assert torch.equal(first, second)
    other = trained(seed=6, epochs=2)
    assert not torch.equal(next(one.parameters()), next(other.parameters()))


def test_gaps_spare_one_half_and_take_any_share_of_the_other() -> None:
    # of 4,000 sequences with 40 windows, those left whole are half (± 0.008) plus a few by chance (0.012 of the
    # others), and the mean share is 0.75 (± 0.004); 4.5 sigma, one false alarm in about 70,000 seeds
    with reproducible(7):
        kept = random_gaps(4000, 40).numpy()
    whole = kept.all(axis=1)
    assert whole.mean() == pytest.approx(0.5 + 0.5 / 41, abs=0.036)
    assert kept.mean() == pytest.approx(0.75, abs=0.018)
    shares = kept[~whole].mean(axis=1)
    assert np.quantile(shares, 0.1) < 0.2 < 0.8 < np.quantile(shares, 0.9)


@pytest.mark.parametrize(
    ("inputs", "labels", "windows", "words"),
    [
        (np.zeros((4, 8)), np.zeros(4), 4, r"expected \(n_curves, n_steps, n_channels\)"),
        (np.zeros((4, 8, 1)), np.zeros(3), 4, r"labels of shape \(3,\)"),
        (np.zeros((0, 8, 1)), np.zeros(0), 4, "Sequences of shape"),
        (np.full((4, 8, 1), np.nan), np.zeros(4), 4, "32 entries are not. Put 0"),
        (np.zeros((4, 8, 1)), np.zeros(4), 3, "3 windows of equal length do not fill 8 steps"),
        (np.zeros((4, 8, 1)), np.zeros(4), 0, "0 windows"),
    ],
)
def test_what_cannot_be_trained_on_is_named(inputs: np.ndarray, labels: np.ndarray, windows: int, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        fit(Small(), inputs, labels, seed=1, n_windows=windows, progress=False)
