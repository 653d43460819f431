"""The numbers the original tutorial published for its model, and local accuracy for all test galaxies."""

from dataclasses import dataclass

import numpy as np
import pytest
import xgboost

from shapbook import datasets, photometry

# SHAP 0.51 sets up its colour maps at import in a way Matplotlib 3.11 will deprecate.
pytestmark = pytest.mark.filterwarnings("ignore:The set_(bad|over|under) function:PendingDeprecationWarning")

FIRST, LAST = 0, -1
PUBLISHED = {
    FIRST: {"f(x)": 0.245, "ug": 0.05, "gr": -0.32, "ri": -0.21, "iz": -0.17, "zy": -0.03},
    LAST: {"f(x)": 2.959, "ug": 0.37, "gr": 0.59, "ri": 0.78, "iz": 0.24, "zy": 0.05},
}


@dataclass
class Explained:
    values: np.ndarray
    base_values: np.ndarray
    predictions: np.ndarray


@pytest.fixture(scope="module")
def explained() -> Explained:
    import shap  # here, where the filter above holds

    training, test = datasets.load_galaxies("train"), datasets.load_galaxies("test")
    model = xgboost.XGBRegressor(tree_method="exact", base_score=0.5)
    model.fit(photometry.colours(training), training["redshift"])
    colours = photometry.colours(test)
    explanation = shap.Explainer(model)(colours)
    return Explained(explanation.values, explanation.base_values, model.predict(colours))


def test_the_base_value_is_the_published_one(explained: Explained) -> None:
    assert np.ptp(explained.base_values) == 0
    assert f"{explained.base_values[0]:.3f}" == "0.918"


@pytest.mark.parametrize("galaxy", [FIRST, LAST])
def test_the_published_table_is_reproduced_to_its_digits(galaxy: int, explained: Explained) -> None:
    published = PUBLISHED[galaxy]
    assert f"{explained.predictions[galaxy]:.3f}" == f"{published['f(x)']:.3f}"
    got = {c: f"{phi:+.2f}" for c, phi in zip(photometry.COLOURS, explained.values[galaxy], strict=True)}
    assert got == {c: f"{published[c]:+.2f}" for c in photometry.COLOURS}


def test_local_accuracy_holds_for_every_test_galaxy(explained: Explained) -> None:
    assert explained.values.shape == (20_449, 5)
    residual = explained.base_values + explained.values.sum(axis=1) - explained.predictions
    assert np.abs(residual).max() < 1e-5
