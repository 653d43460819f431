"""The slow computations of the notebook that this book grew from, with our own code: seconds of each and in all.

    python benchmarks/original.py [--galaxies 10000] [--explained 20449] [--epochs 50]

Three things took nearly all of its time: a Python loop over 10,000 galaxies that draws a thousand noisy copies of each
and predicts them; interventional SHAP values of all 20,449 test galaxies with 100 background rows; and a network that
learns for 50 epochs of batches of 8, each image read from a file of its own. With less of them than these defaults the
program scales the seconds up, and says so.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import noise_propagation
import numpy as np
import shap
import training_loop
from xgboost import XGBRegressor

from shapbook import noise, photometry
from shapbook.datasets import load_galaxies
from shapbook.image_survey import load_images

GALAXIES, DRAWS, EXPLAINED, BACKGROUND, EPOCHS = 10_000, 1_000, 20_449, 100, 50


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--galaxies", type=int, default=GALAXIES, help="of the loop")
    parser.add_argument("--explained", type=int, default=EXPLAINED, help="galaxies")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help="of the training")
    options = parser.parse_args()
    rng = np.random.default_rng(1)
    train, test = load_galaxies("train"), load_galaxies("test")
    model = XGBRegressor(tree_method="exact", base_score=0.5).fit(photometry.colours(train), train["redshift"])

    def predict_in_a_loop() -> None:
        chosen = test.iloc[: options.galaxies]
        covariance = noise.colour_covariance(noise.usable_errors(chosen))
        noise_propagation.loop(model, photometry.colours(chosen).to_numpy(), covariance, DRAWS, rng)

    def explain() -> None:
        background = photometry.colours(train.sample(BACKGROUND, random_state=1))
        shap.TreeExplainer(model, background)(photometry.colours(test.iloc[: options.explained]))

    total = told(f"loop over {GALAXIES:,} galaxies", predict_in_a_loop, options.galaxies / GALAXIES)
    total += told(f"interventional SHAP of {EXPLAINED:,} galaxies", explain, options.explained / EXPLAINED)
    with tempfile.TemporaryDirectory() as folder:
        images = load_images("train")
        training_loop.write_tiles(images, Path(folder))

        def learn() -> None:
            training_loop.peer_loop(Path(folder), images, load_images("test"), options.epochs)

        total += told(f"training for {EPOCHS} epochs", learn, options.epochs / EPOCHS)
    print(f"{total:8.1f} s in all")


def told(name: str, work: Callable[[], None], part: float) -> float:
    """Return and print the seconds that work takes, or would take if it were not a part only."""
    start = time.perf_counter()
    work()
    seconds = time.perf_counter() - start
    scaled = "" if part == 1 else f" ({part:.2%} of it, scaled up)"
    print(f"{seconds / part:8.1f} s {name}{scaled}", flush=True)
    return seconds / part


if __name__ == "__main__":
    main()
