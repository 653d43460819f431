"""Train the network of the book on a survey, and write its weights.

    python data/morphology/train.py simulated
    python data/morphology/train.py sdss

Run it with `make weights` for both. A tenth of the training galaxies is held out; of several networks, which differ in
their seeds, the one with the smallest validation loss is written beside this file, as 16-bit floats, and the sum is
printed that `lib/shapbook/registry.txt` must hold. The test galaxies choose nothing: they only tell the accuracy.
The same versions of PyTorch and torchvision on the same kind of processor give the same bytes.
"""

import argparse
import hashlib
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from shapbook.image_survey import CLASSES, GalaxyImages, load_images
from shapbook.morphology import GalaxyNetwork, accuracy, predict_logits, split, train_network

HERE = Path(__file__).parent
EPOCHS = 30
SEEDS = range(1, 4)


def main() -> None:
    """Train, choose, write, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("survey", choices=["simulated", "sdss"])
    survey = parser.parse_args().survey
    kept, held_out = split(load_images("train", survey), 0.1, np.random.default_rng(1))
    network = min((trained(seed, kept, held_out) for seed in SEEDS), key=lambda result: result[0])[1]
    path = HERE / f"weights-{survey}.safetensors"
    save_file({name: values.half() for name, values in network.state_dict().items()}, path)
    network.half().float()
    test = load_images("test", survey)
    shares = accuracy(test.labels, predict_logits(network, test.images).argmax(axis=1))
    rights = ", ".join(f"{name} {share:.1%}" for name, share in zip(CLASSES, shares, strict=True))
    print(f"right on the test galaxies, with 16-bit weights: {rights}; mean {shares.mean():.1%}")
    print(f"morphology/{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}")


def trained(seed: int, kept: GalaxyImages, held_out: GalaxyImages) -> tuple[float, torch.nn.Module]:
    """Train one network, and return it with its validation loss."""
    network = GalaxyNetwork(seed=seed)
    history = train_network(network, kept, held_out, seed=seed, epochs=EPOCHS)
    last = history.iloc[-1]
    print(f"seed {seed}: validation loss {last['validation_loss']:.3f}, accuracy {last['validation_accuracy']:.1%}")
    return last["validation_loss"], network


if __name__ == "__main__":
    main()
