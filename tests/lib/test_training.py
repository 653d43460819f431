"""A training loop leaves torch's generator, torch's threads and standard error as it found them."""

import pytest
import torch

from shapbook import training


def test_state_of_torch_is_put_back_even_after_an_error() -> None:
    threads, generator = torch.get_num_threads(), torch.random.get_rng_state()
    with pytest.raises(RuntimeError, match="stop"), training.reproducible(1, threads=threads + 1):  # noqa: PT012
        assert torch.get_num_threads() == threads + 1
        torch.rand(3)
        raise RuntimeError("stop")
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.random.get_rng_state(), generator)


def test_seed_alone_fixes_the_numbers() -> None:
    draws = []
    for global_seed, seed in ((1, 5), (2, 5), (2, 6)):
        torch.manual_seed(global_seed)
        with training.reproducible(seed):
            draws.append(torch.rand(3))
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])


@pytest.mark.parametrize("progress", [True, False])
def test_bar_goes_to_standard_output_and_only_if_wanted(progress: bool, capsys: pytest.CaptureFixture[str]) -> None:
    with training.epoch_bar(2, "learning", progress) as bar:
        assert list(bar) == [0, 1]
    printed = capsys.readouterr()
    assert ("learning" in printed.out) == progress
    assert printed.err == ""
