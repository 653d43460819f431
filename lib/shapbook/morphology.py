"""A small convolutional network that tells elliptical, spiral and irregular galaxies apart.

Images are arrays of shape (N, 1, 32, 32) with values in [0, 1], a dark galaxy on a bright sky; what the network
returns are logits of shape (N, 3), in the order of `image_survey.CLASSES`.
"""

from dataclasses import replace
from functools import partial
from typing import Literal

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike
from safetensors.torch import load_file
from scipy.special import log_softmax
from sklearn.metrics import confusion_matrix
from sklearn.model_selection import train_test_split
from torch import nn

from shapbook.data_files import verified
from shapbook.image_survey import CLASSES, GalaxyImages
from shapbook.networks import entropy, image_tensor, in_mode, predict_logits, predict_probabilities, weight_norm
from shapbook.training import epoch_bar, reproducible

__all__ = [
    "GalaxyNetwork",
    "accuracy",
    "confusion",
    "entropy",
    "predict_logits",
    "predict_probabilities",
    "pretrained",
    "split",
    "train_network",
    "weight_norm",
]

GREY, CONTRAST = 0.8, 0.2  # about the mean and the spread of the pixels of both surveys


class GalaxyNetwork(nn.Module):
    """Two convolutions and two linear layers, with dropout after the second and the third of them.

    Pixels are first centred and scaled, (x − 0.8)/0.2: with all inputs near 0.8 the first steps of the training would
    only find the right offsets. The network ends in logits; softmax turns them into probabilities.

    Arguments:
        dropout: Share of the numbers that dropout sets to zero while training, from 0 to below 1.
        seed: Fixes the initial weights.

    Raises:
        ValueError: If the share is out of range.

    Example:
        >>> network = GalaxyNetwork(dropout=0.3, seed=1)
        >>> network(torch.zeros(5, 1, 32, 32)).shape
        torch.Size([5, 3])
        >>> sum(weights.numel() for weights in network.parameters())
        37753
    """

    def __init__(self, dropout: float = 0.3, seed: int = 0) -> None:
        if not 0 <= dropout < 1:
            msg = f"A dropout of {dropout} is no share of the numbers to drop: expected 0 or more, and less than 1."
            raise ValueError(msg)
        super().__init__()
        with reproducible(seed):
            self.conv1 = nn.Conv2d(1, 3, kernel_size=3, padding=1)
            self.pool1 = nn.MaxPool2d(2)
            self.relu1 = nn.ReLU()
            self.conv2 = nn.Conv2d(3, 20, kernel_size=5)
            self.dropout1 = nn.Dropout(dropout)
            self.pool2 = nn.MaxPool2d(2)
            self.relu2 = nn.ReLU()
            self.flatten = nn.Flatten()
            self.linear1 = nn.Linear(720, 50)
            self.relu3 = nn.ReLU()
            self.dropout2 = nn.Dropout(dropout)
            self.linear2 = nn.Linear(50, len(CLASSES))

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """Return what the convolutions make of images: (N, 1, 32, 32) → (N, 20, 6, 6)."""
        x = (images - GREY) / CONTRAST
        x = self.relu1(self.pool1(self.conv1(x)))
        return self.relu2(self.pool2(self.dropout1(self.conv2(x))))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return the logits of images: (N, 1, 32, 32) → (N, 3)."""
        x = self.flatten(self.features(images))
        x = self.dropout2(self.relu3(self.linear1(x)))
        return self.linear2(x)


def confusion(labels: ArrayLike, predicted: ArrayLike) -> np.ndarray:
    """Count galaxies by true and predicted class.

    Arguments:
        labels: True classes 0, 1, 2, of shape (N,).
        predicted: Predicted classes, of shape (N,), for instance `predict_logits(network, images).argmax(axis=1)`.

    Returns:
        Counts of shape (3, 3): row the truth, column the prediction.

    Raises:
        ValueError: If the shapes differ, or a class is not 0, 1 or 2.

    Example:
        >>> confusion([0, 0, 1, 2], [0, 1, 1, 0])
        array([[1, 1, 0],
               [0, 1, 0],
               [1, 0, 0]])
    """
    labels, predicted = np.asarray(labels), np.asarray(predicted)
    known = np.arange(len(CLASSES))
    if labels.ndim != 1 or labels.shape != predicted.shape:
        msg = f"Labels of shape {labels.shape} for predictions of shape {predicted.shape}: expected (N,) twice."
        raise ValueError(msg)
    strange = np.setdiff1d(np.concatenate([labels, predicted]), known)
    if strange.size:
        msg = f"Classes are {', '.join(map(str, known))}, got {strange[0]}: take the argmax of the logits."
        raise ValueError(msg)
    return confusion_matrix(labels, predicted, labels=known)


def accuracy(labels: ArrayLike, predicted: ArrayLike) -> np.ndarray:
    """Return the share of each true class that is predicted right, of shape (3,); its mean is the mean accuracy.

    The arguments and errors are those of `confusion`; a class without galaxies gets NaN.

    Example:
        >>> accuracy([0, 0, 1, 2], [0, 1, 1, 0])
        array([0.5, 1. , 0. ])
    """
    counts = confusion(labels, predicted)
    sizes = counts.sum(axis=1)
    return np.divide(counts.diagonal(), sizes, out=np.full(len(sizes), np.nan), where=sizes > 0)


def split(galaxies: GalaxyImages, share: float, rng: np.random.Generator) -> tuple[GalaxyImages, GalaxyImages]:
    """Hold out a share of the galaxies, the same share of every class.

    Arguments:
        galaxies: Galaxies to split.
        share: Share to hold out, between 0 and 1.
        rng: Source of the draw.

    Returns:
        The galaxies kept and those held out.

    Raises:
        ValueError: If a class would be missing on one side.
    """
    if not 0 < share < 1:
        msg = f"A share of {share} cannot be held out: expected a number between 0 and 1, such as 0.1."
        raise ValueError(msg)
    seed = int(rng.integers(2**32))
    rows = train_test_split(np.arange(len(galaxies)), test_size=share, stratify=galaxies.labels, random_state=seed)
    kept, held_out = (replace(galaxies, images=galaxies.images[part], labels=galaxies.labels[part]) for part in rows)
    return kept, held_out


def pretrained(survey: Literal["simulated", "sdss"]) -> GalaxyNetwork:
    """Return the network that the book trained on a survey, in evaluation mode.

    Arguments:
        survey: `"simulated"` or `"sdss"`.

    Raises:
        ValueError: If there is no such survey.
        DataError: If the file of the weights is missing or altered.
    """
    if survey not in ("simulated", "sdss"):
        msg = f"No network was trained on a survey {survey!r}: expected 'simulated' or 'sdss'."
        raise ValueError(msg)
    weights = load_file(verified(f"morphology/weights-{survey}.safetensors"))
    network = GalaxyNetwork()
    network.load_state_dict({name: tensor.float() for name, tensor in weights.items()})
    return network.eval()


def train_network(
    network: nn.Module,
    train: GalaxyImages,
    validation: GalaxyImages,
    *,
    seed: int,
    epochs: int = 25,
    batch: int = 64,
    learning_rate: float = 8e-3,
    optimiser: Literal["adam", "adamw", "sgd"] = "adam",
    weight_decay: float = 0.0,
    augment: bool = True,
    progress: bool = True,
) -> pd.DataFrame:
    """Train a network in place by minimising the cross-entropy of its logits.

    The learning rate rises to its largest value during the first 3 of 10 steps and falls to zero along a cosine
    (one cycle). A galaxy has no up or down, left or right: with `augment`, each batch is mirrored and turned at random.
    One thread does the work, so that the same seed gives the same network on any number of cores.

    Arguments:
        network: Module from images to logits.
        train: Galaxies to learn from.
        validation: Galaxies to watch the training with; nothing is learnt from them.
        seed: Fixes the order of the batches, dropout and augmentation.
        epochs: Passes through the training galaxies.
        batch: Galaxies a step.
        learning_rate: The largest step size of the cycle.
        optimiser: `"adam"`, `"adamw"`, or `"sgd"`: stochastic gradient descent with momentum 0.9.
        weight_decay: PyTorch's `weight_decay` of the optimiser. With `"sgd"` it is an L2 penalty on weights and biases;
            with `"adamw"` it shrinks them directly; with `"adam"` it is neither, see the reference.
        augment: Whether to mirror and turn the batches.
        progress: Whether to show a bar while training; in a notebook it is removed at the end.

    Returns:
        One row an epoch, with the columns `training_loss`, `validation_loss` (mean cross-entropy, in nats),
        `training_accuracy` and `validation_accuracy`, all measured at the end of the epoch, without dropout and on
        images as they are.

    Raises:
        ValueError: If the optimiser is unknown, or a number of epochs or galaxies is not positive.

    References:
        Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates (Smith and Topin, 2018),
        https://arxiv.org/abs/1708.07120

        Decoupled Weight Decay Regularization (Loshchilov and Hutter, 2019), https://arxiv.org/abs/1711.05101
    """
    if epochs < 1 or batch < 1:
        msg = f"Got epochs={epochs} and batch={batch}: expected at least one of each."
        raise ValueError(msg)
    images, labels = image_tensor(train.images), torch.as_tensor(train.labels)
    steps = make_optimiser(optimiser, network, learning_rate, weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(steps, learning_rate, total_steps=epochs * -(-len(images) // batch))
    transform = turns_and_mirrors() if augment else nn.Identity()
    history = []
    with reproducible(seed), in_mode(network, "training"), epoch_bar(epochs, "training the network", progress) as bar:
        for _ in bar:
            for rows in torch.randperm(len(images)).split(batch):
                loss = nn.functional.cross_entropy(network(transform(images[rows])), labels[rows])
                steps.zero_grad()
                loss.backward()
                steps.step()
                schedule.step()
            history.append({**measures(network, train, "training"), **measures(network, validation, "validation")})
            bar.set_postfix(validation_accuracy=f"{history[-1]['validation_accuracy']:.3f}", refresh=False)
    return pd.DataFrame(history, index=pd.RangeIndex(1, epochs + 1, name="epoch"))


def make_optimiser(name: str, network: nn.Module, learning_rate: float, weight_decay: float) -> torch.optim.Optimizer:
    kinds = {
        "adam": torch.optim.Adam,
        "adamw": torch.optim.AdamW,
        "sgd": partial(torch.optim.SGD, momentum=0.9),
    }
    if name not in kinds:
        msg = f"Unknown optimiser {name!r}: expected one of {', '.join(map(repr, kinds))}."
        raise ValueError(msg)
    return kinds[name](network.parameters(), lr=learning_rate, weight_decay=weight_decay)


def turns_and_mirrors() -> nn.Module:
    """Three coins, tossed once a batch, give the eight ways to lay a square picture on itself."""
    from torchvision.transforms import v2  # takes seconds to import, and only training needs it

    transpose = v2.Lambda(lambda images: images.mT)
    return v2.Compose([v2.RandomHorizontalFlip(), v2.RandomVerticalFlip(), v2.RandomApply([transpose], p=0.5)])


def measures(network: nn.Module, galaxies: GalaxyImages, name: str) -> dict[str, float]:
    """Mean cross-entropy of the galaxies and the share of them that is classified right."""
    log_p = log_softmax(predict_logits(network, galaxies.images).astype(float), axis=1)
    loss = -log_p[np.arange(len(galaxies)), galaxies.labels].mean()
    return {f"{name}_loss": loss, f"{name}_accuracy": np.mean(log_p.argmax(axis=1) == galaxies.labels)}
