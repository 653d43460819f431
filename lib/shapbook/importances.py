"""Global importances of features: what a model counts, what shuffling costs, how large SHAP values are."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from xgboost import XGBRegressor

from shapbook.figures import BLUE, GREEN, INK, MUTED, ORANGE

__all__ = [
    "MEASURES",
    "draw_importances",
    "draw_runs",
    "importance_amounts",
    "importance_shares",
    "share_of_means",
    "split_importances",
]

SPLIT_MEASURES = {
    "gain": "gain",
    "total_gain": "total gain",
    "cover": "cover",
    "total_cover": "total cover",
    "weight": "weight",
}
MEASURES = (*SPLIT_MEASURES.values(), "permutation", "mean |SHAP|")


def split_importances(model: XGBRegressor) -> pd.DataFrame:
    """Return the five importances that a boosted model keeps of its own splits.

    Returns:
        Table with one row a feature, in the model's order, and the columns gain and total gain (reduction of
        the summed squared error, in squared units of the target), cover and total cover (training objects,
        for squared error) and weight (number of splits). A feature that no split uses has zeros, where
        XGBoost leaves it out.

    References:
        XGBoost: A Scalable Tree Boosting System (Chen and Guestrin, 2016), https://arxiv.org/abs/1603.02754

    Example:
        >>> x, y = pd.DataFrame({"used": [0.0, 1.0], "unused": [1.0, 1.0]}), [0.0, 1.0]
        >>> split_importances(XGBRegressor(n_estimators=1, base_score=0.5).fit(x, y))["weight"].to_dict()
        {'used': 1.0, 'unused': 0.0}
    """
    booster = model.get_booster()
    features = [str(name) for name in model.feature_names_in_]
    scores = {label: booster.get_score(importance_type=kind) for kind, label in SPLIT_MEASURES.items()}
    return pd.DataFrame(scores, index=features, dtype=float).reindex(features).fillna(0.0)


def share_of_means(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each feature's share of the summed means of a sample, and the standard error of that share.

    The rows are independent draws of one amount a feature, such as the |SHAP| values of a galaxy or the
    losses of one round of shuffling. The error is that of a ratio of two means taken over the same rows
    (first order, the delta method), so it knows that a row large in one feature may be large in all.

    Arguments:
        samples: Amounts of shape (n_samples, n_features), in any one unit.

    Returns:
        Shares and standard errors, each of shape (n_features,); the shares add up to 1.

    Raises:
        ValueError: If there are fewer than two samples, or their sum is not positive.

    Example:
        >>> share_of_means(np.array([[3.0, 1.0], [6.0, 2.0]]))
        (array([0.75, 0.25]), array([0., 0.]))
    """
    samples = np.asarray(samples, dtype=float)
    if samples.ndim != 2 or len(samples) < 2:
        msg = f"Samples have shape {samples.shape}: expected (n_samples, n_features), two samples or more."
        raise ValueError(msg)
    total = samples.sum(axis=1)
    if not total.mean() > 0:
        msg = f"The amounts add up to {total.mean():g} on average: expected more than 0 to take shares of."
        raise ValueError(msg)
    shares = samples.mean(axis=0) / total.mean()
    residuals = samples - shares * total[:, None]
    return shares, residuals.std(axis=0, ddof=1) / np.sqrt(len(samples)) / total.mean()


def importance_amounts(model: XGBRegressor, shuffled: np.ndarray, shap_values: np.ndarray) -> pd.DataFrame:
    """Return the seven global importances of a model, each in its own unit.

    Arguments:
        shuffled: Loss added by shuffling each feature, of shape (n_features, n_rounds).
        shap_values: SHAP values of shape (n_galaxies, n_features), with sign.

    Returns:
        Table with one row a feature and one column a measure of `MEASURES`: those of `split_importances`, the
        mean loss added by shuffling, and the mean |SHAP| in units of the target.

    Raises:
        ValueError: If a number of features differs from the model's.
    """
    amounts = split_importances(model)
    for measure, samples in importance_samples(len(amounts), shuffled, shap_values).items():
        amounts[measure] = samples.mean(axis=0)
    return amounts


def importance_samples(n_features: int, shuffled: np.ndarray, shap_values: np.ndarray) -> dict[str, np.ndarray]:
    samples = {"permutation": np.asarray(shuffled).T, "mean |SHAP|": np.abs(shap_values)}
    for measure, amounts in samples.items():
        if amounts.ndim != 2 or amounts.shape[1] != n_features:
            msg = f"{measure} has amounts of shape {amounts.shape}: expected {n_features} features."
            raise ValueError(msg)
    return samples


def importance_shares(
    model: XGBRegressor, shuffled: np.ndarray, shap_values: np.ndarray
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the seven global importances of a model as fractions, with their standard errors.

    Arguments:
        shuffled: Loss added by shuffling each feature, of shape (n_features, n_rounds): what scikit-learn's
            `permutation_importance` calls `importances`.
        shap_values: SHAP values of shape (n_galaxies, n_features), with sign.

    Returns:
        Shares, with one row a feature and one column a measure of `MEASURES`, and their errors in the same
        layout: over the rounds of shuffling, and over the galaxies explained. What the model counts of its
        splits has no error here.

    Raises:
        ValueError: If a number of features differs from the model's.
    """
    counted = split_importances(model)
    shares, errors = counted / counted.sum(), pd.DataFrame(0.0, counted.index, list(MEASURES))
    for measure, samples in importance_samples(len(counted), shuffled, shap_values).items():
        shares[measure], errors[measure] = share_of_means(samples)
    return shares, errors


def draw_importances(
    shares: pd.DataFrame, errors: pd.DataFrame, order: Sequence[str], names: Mapping[str, str] | None = None
) -> tuple[Figure, np.ndarray]:
    """Draw the importances as bars, one panel a measure, with one order of features shared by all.

    Arguments:
        shares: Fractions with one row a feature and one column a measure.
        errors: Their standard errors in the same layout; zeros are not drawn.
        order: Features from the top down.
        names: What to call features on the axis, where not by their own name.

    Returns:
        The figure, and its axes of shape (n_rows, 4); those left over are hidden.
    """
    order = list(order)
    rows = int(np.ceil(len(shares.columns) / 4))
    size = (7.6, 0.9 + rows * (0.7 + 0.24 * len(order)))
    fig, axes = plt.subplots(rows, 4, figsize=size, sharex=True, sharey=True, squeeze=False)
    labels = [(names or {}).get(feature, feature) for feature in order]
    for axis, measure in zip(axes.flat, shares.columns, strict=False):
        draw_bars(axis, shares.loc[order, measure], errors.loc[order, measure], labels)
        axis.set_title(measure)
    for axis in axes.flat[len(shares.columns) :]:
        axis.set_visible(False)
    for axis in axes.flat[max(0, len(shares.columns) - 4) : len(shares.columns)]:
        axis.tick_params(labelbottom=True)
        axis.set_xlabel("fraction")
    axes[0, 0].invert_yaxis()
    return fig, axes


def draw_bars(axis: Axes, values: pd.Series, errors: pd.Series, labels: Sequence[str]) -> None:
    colour = {"permutation": ORANGE, "mean |SHAP|": GREEN}.get(values.name, BLUE)
    axis.barh(labels, values, color=colour, xerr=errors if errors.any() else None, ecolor=INK, height=0.7)
    axis.axvline(0, color=MUTED, linewidth=0.8)


def draw_runs(axis: Axes, runs: Mapping[str, Sequence[pd.Series]], xlabel: str) -> None:
    """Draw what every measure gives to some features in repeated runs: one line a measure, one mark a run.

    Arguments:
        runs: For every label, one series a run, of numbers by measure; all with the same measures.
        xlabel: What the numbers are.
    """
    marks = zip(runs.items(), (BLUE, ORANGE, GREEN, MUTED), "os^x", strict=False)
    for line, ((label, series), colour, mark) in enumerate(marks):
        for run, values in enumerate(series):
            height = np.arange(len(values)) + 0.17 * (line - (len(runs) - 1) / 2)
            name = label if run == 0 else None
            axis.plot(values, height, mark, color=colour, markersize=6, alpha=0.8, linestyle="none", label=name)
    measures = next(iter(runs.values()))[0].index
    axis.set(yticks=range(len(measures)), yticklabels=measures, xlabel=xlabel)
    axis.invert_yaxis()
    axis.grid(axis="y")
    axis.axvline(0, color=MUTED, linewidth=0.8)
    axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
