"""Our training loop beside the one the book's forerunner used: accuracies, and the ratio of the times, from one run.

    python benchmarks/training_loop.py [--seeds 1 2 3] [--peer-epochs 50] [--survey sdss]

The peer trains for 50 epochs of batches of 8 with Adam at a constant learning rate of 0.001, reads every galaxy from a
PNG file of its own each time, and takes a softmax inside the network and again inside the loss. Ours is
`shapbook.morphology.train_network` as it comes, with the validation that it makes each epoch. Both learn from the same
2,700 galaxies. What counts is the mean accuracy over the three classes of the test set, and the ratio of the times
that passed (processor times, which a busy machine disturbs less, are printed too). With fewer peer epochs its times are
scaled up, and the program says so. The exit status is 1 if one of ours is right for less than 82 % of the test galaxies
on average, or if the ratio is below 5. For SDSS fetch the sheets by `make data`, or name their folder in SHAPBOOK_DATA.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms.functional import to_tensor

from shapbook.image_survey import GalaxyImages, load_images
from shapbook.morphology import GalaxyNetwork, accuracy, predict_logits, train_network
from shapbook.training import reproducible

PEER_EPOCHS, PEER_BATCH, PEER_RATE = 50, 8, 1e-3


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--peer-epochs", type=int, default=PEER_EPOCHS)
    parser.add_argument("--survey", choices=["simulated", "sdss"])
    options = parser.parse_args()
    train, test = load_images("train", options.survey), load_images("test", options.survey)
    print(f"{len(train):,} galaxies of {train.survey}, {torch.get_num_threads()} threads; mean test accuracy, times")
    ours = [timed(lambda seed=seed: our_loop(train, test, seed)) for seed in options.seeds]
    scores, seconds, processor = (np.array(values) for values in zip(*ours, strict=True))
    for seed, score, second, cpu in zip(options.seeds, scores, seconds, processor, strict=True):
        print(f"ours, seed {seed}: {score:.1%}  {second:.1f} s, {cpu:.1f} s of processor time")
    with tempfile.TemporaryDirectory() as folder:
        write_tiles(train, Path(folder))
        peer, peer_seconds, peer_processor = timed(lambda: peer_loop(Path(folder), train, test, options.peer_epochs))
    scale = PEER_EPOCHS / options.peer_epochs
    told = "in full" if scale == 1 else f"{options.peer_epochs} epochs, times scaled up"
    print(f"peer, {told}: {peer:.1%}  {scale * peer_seconds:.1f} s, {scale * peer_processor:.1f} s of processor time")
    ratio = scale * peer_seconds / seconds.mean()
    print(f"ratio: {ratio:.1f} (of processor times {scale * peer_processor / processor.mean():.1f})")
    return int(scores.min() < 0.82 or ratio < 5)


def our_loop(train: GalaxyImages, test: GalaxyImages, seed: int) -> float:
    network = GalaxyNetwork(seed=seed)
    train_network(network, train, test, seed=seed, progress=False)
    return mean_accuracy(network, test)


class Tiles(Dataset):
    """Galaxies in PNG files, read one by one when they are asked for."""

    def __init__(self, folder: Path, labels: np.ndarray) -> None:
        self.folder, self.labels = folder, labels

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, number: int) -> tuple[torch.Tensor, int]:
        with Image.open(self.folder / f"{number}.png") as tile:
            return to_tensor(tile), int(self.labels[number])


def write_tiles(galaxies: GalaxyImages, folder: Path) -> None:
    for number, image in enumerate(galaxies.images):
        Image.fromarray((255 * image[0]).round().astype(np.uint8)).save(folder / f"{number}.png")


def peer_network() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 3, 3, padding=1), nn.MaxPool2d(2), nn.ReLU(),
        nn.Conv2d(3, 20, 5), nn.Dropout(0.3), nn.MaxPool2d(2), nn.ReLU(),
        nn.Flatten(), nn.Linear(720, 50), nn.ReLU(), nn.Dropout(0.3), nn.Linear(50, 3), nn.Softmax(dim=1),
    )  # fmt: skip


def peer_loop(folder: Path, train: GalaxyImages, test: GalaxyImages, epochs: int) -> float:
    with reproducible(1, threads=torch.get_num_threads()):
        network, loss_function = peer_network(), nn.CrossEntropyLoss()
        optimiser = torch.optim.Adam(network.parameters(), lr=PEER_RATE)
        batches = DataLoader(Tiles(folder, train.labels), batch_size=PEER_BATCH, shuffle=True)
        for _ in range(epochs):
            for images, labels in batches:
                optimiser.zero_grad()
                loss_function(network(images), labels).backward()
                optimiser.step()
    return mean_accuracy(network, test)


def mean_accuracy(network: nn.Module, test: GalaxyImages) -> float:
    return float(accuracy(test.labels, predict_logits(network, test.images).argmax(axis=1)).mean())


def timed(work: Callable[[], float]) -> tuple[float, float, float]:
    """Return a result, the seconds that passed, and those of processor time."""
    start, start_processor = time.perf_counter(), time.process_time()
    result = work()
    return result, time.perf_counter() - start, time.process_time() - start_processor


if __name__ == "__main__":
    sys.exit(main())
