"""What every training loop of the book shares: repeatable random numbers, and a progress bar."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from IPython import get_ipython
from IPython.display import clear_output
from tqdm import tqdm

__all__ = ["epoch_bar", "reproducible"]


@contextmanager
def reproducible(seed: int, threads: int = 1) -> Iterator[None]:
    """Seed torch and limit its threads, and put both back afterwards.

    Sums over several threads round differently from sums over one, so one thread gives the same numbers on machines
    with any number of cores.

    Arguments:
        seed: Seed of torch's global random generator.
        threads: Number of threads.

    Example:
        >>> with reproducible(1):
        ...     first = torch.rand(3)
        >>> with reproducible(1):
        ...     bool((first == torch.rand(3)).all())
        True
    """
    before = torch.get_num_threads()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        torch.set_num_threads(threads)
        try:
            yield
        finally:
            torch.set_num_threads(before)


@contextmanager
def epoch_bar(epochs: int, description: str, progress: bool) -> Iterator[tqdm]:
    """Give an iterator over epochs that shows a bar on standard output; it is removed at the end of the block.

    Arguments:
        epochs: Number of epochs.
        description: What stands in front of the bar.
        progress: Whether to show it.

    Example:
        >>> with epoch_bar(3, "training", progress=False) as bar:
        ...     list(bar)
        [0, 1, 2]
    """
    settings = {"unit": "epoch", "file": sys.stdout, "leave": False, "disable": not progress}
    with tqdm(range(epochs), desc=description, **settings) as bar:
        yield bar
    if progress and get_ipython() is not None:
        clear_output()
