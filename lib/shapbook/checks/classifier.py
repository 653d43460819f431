"""Checks of the exercises of the page *A classifier*."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from shapbook.checks.rehearsals import Rehearsal
from shapbook.checks.verdicts import Verdict, array_fault, attempt, failed, passed

__all__ = ["decay_sweep", "dropout", "dropout_sweep", "surest_mistakes"]

P = 0.3
FRACTIONS = (0.0, 0.2, 0.6)
DECAYS = (0.0, 0.01, 0.1)


def dropout(function: Callable[[np.ndarray, float, bool, np.random.Generator], Any]) -> Verdict:
    """Check a learner's function (x, p, training, rng) that drops numbers while training.

    It is tried on 20,000 numbers. The share that is dropped may be 6 standard errors off, so a right answer is refused
    less than once in 10⁸ times.
    """
    rng = np.random.default_rng(21)
    x = rng.uniform(1, 2, (400, 50))
    resting, fault = attempt(function, x.copy(), P, False, rng)
    fault = fault or array_fault(resting, x.shape, "What comes back in evaluation")
    if fault:
        return fault
    dropped, fault = attempt(function, x.copy(), P, True, rng)
    fault = fault or array_fault(dropped, x.shape, "What comes back in training")
    if fault:
        return fault
    again, _ = attempt(function, x.copy(), P, True, rng)
    findings = (
        resting_fault(np.asarray(resting) / x),
        share_fault(np.asarray(dropped) / x),
        repetition_fault(np.asarray(dropped), np.asarray(again)),
    )
    if any(findings):
        return failed(*filter(None, findings))
    return passed(
        "Each number is dropped with probability p and else divided by 1 − p, so its mean stays what it was.",
        "In evaluation nothing happens: this is what `nn.Dropout(p)` does.",
    )


def resting_fault(ratio: np.ndarray) -> str:
    if np.allclose(ratio, 1):
        return ""
    if (ratio == 0).any():
        return "Numbers are dropped in evaluation too: with training=False return x as it is."
    if np.allclose(ratio, 1 - P):
        return (
            "In evaluation you multiply by 1 − p, as the paper of 2014 does. PyTorch divides by 1 − p while training, "
            "so that evaluation needs nothing: with training=False return x as it is."
        )
    return "With training=False return x as it is; yours differs from it."


def share_fault(ratio: np.ndarray) -> str:
    kept = ratio != 0
    error = np.sqrt(P * (1 - P) / ratio.size)
    share = 1 - kept.mean()
    if abs(share - (1 - P)) < 6 * error:
        return f"A share of {share:.2f} is dropped for p = {P}: p is the probability to drop a number, not to keep it."
    if abs(share - P) > 6 * error:
        return f"A share of {share:.2f} is dropped for p = {P}: draw one uniform number for each entry and compare it."
    scale = ratio[kept]
    if np.allclose(scale, 1 / (1 - P)):
        return ""
    slips = {
        1.0: "What is kept is not scaled: the layer behind would see less on average than in evaluation.",
        1 - P: "You multiply what is kept by 1 − p: divide by it, so that the mean stays what it was.",
        1 / P: "You divide what is kept by p: a share 1 − p is kept, so divide by 1 − p.",
    }
    for factor, words in slips.items():
        if np.allclose(scale, factor):
            return words
    return f"What is kept is multiplied by {np.median(scale):.3g} (median): it should be 1/(1 − p) = {1 / (1 - P):.3g}."


def repetition_fault(dropped: np.ndarray, again: np.ndarray) -> str:
    if (dropped == 0).any() and ((dropped == 0) == (dropped[:1] == 0)).all():
        return "Every row loses the same numbers: draw a mask of the shape of x."
    if (dropped == 0).any() and np.array_equal(dropped == 0, again == 0):
        return "A second call drops the same numbers: draw from `rng`, and do not seed it anew."
    return ""


def table_fault(value: Any, values: Sequence[float], columns: Sequence[str]) -> Verdict | None:  # noqa: ANN401
    """Return the verdict for what is no table with a row for each value and these columns, or None."""
    if not isinstance(value, pd.DataFrame):
        return failed(f"Return a DataFrame with the columns {', '.join(columns)}; yours is {type(value).__name__}.")
    missing = [name for name in columns if name not in value.columns]
    if missing:
        return failed(f"Your table lacks {', '.join(missing)}; it has {', '.join(map(str, value.columns))}.")
    if len(value) != len(values) or not np.allclose(np.asarray(value.index, dtype=float), values):
        return failed(f"The index should hold the values {list(values)}, in this order; yours is {list(value.index)}.")
    for name in columns:
        if fault := array_fault(value[name], (len(values),), f"`{name}`"):
            return fault
    return None


def rehearsed(
    function: Any,  # noqa: ANN401 - a learner may pass anything
    values: Sequence[float],
    columns: Sequence[str],
    setting_fault: Callable[[Rehearsal], str],
) -> tuple[Any, Rehearsal, Verdict | None]:
    """Run a learner's sweep with a `fit` that only notes what it is asked; return its table and what is wrong."""
    rehearsal = Rehearsal()
    value, fault = attempt(function, list(values), rehearsal.fit)
    if fault:
        return value, rehearsal, fault
    if words := rehearsal.training_fault(values) or setting_fault(rehearsal):
        return value, rehearsal, failed(words)
    return value, rehearsal, table_fault(value, values, columns)


def dropout_sweep(function: Callable[[Sequence[float], Callable[..., pd.DataFrame]], Any]) -> Verdict:
    """Check a learner's function (fractions, fit) that trains a network for each dropout fraction."""
    columns = ("training_accuracy", "validation_accuracy", "gap")
    value, rehearsal, fault = rehearsed(function, FRACTIONS, columns, lambda run: fraction_fault(run.dropouts))
    if fault:
        return fault
    words = [rehearsal.history_fault(value, name) for name in columns[:2]]
    gap = np.asarray(value["gap"], dtype=float)
    if not any(words) and not np.allclose(gap, value["training_accuracy"] - value["validation_accuracy"]):
        words.append(gap_fault(gap, value, rehearsal.histories))
    if any(words):
        return failed(*filter(None, words))
    return passed("One new network a fraction, all from the same first weights: nothing else differs between them.")


def fraction_fault(dropouts: list[set[float]]) -> str:
    if all(np.allclose(list(seen), p) for seen, p in zip(dropouts, FRACTIONS, strict=True)):
        return ""
    if all(np.allclose(list(seen), 1 - p) for seen, p in zip(dropouts, FRACTIONS, strict=True)):
        return "You pass 1 − p: PyTorch's p is the probability to drop, so pass the fraction itself."
    if all(seen == dropouts[0] for seen in dropouts):
        return "Every network has the same dropout: pass the fraction, `morphology.GalaxyNetwork(dropout=fraction)`."
    return f"The networks have the dropout {[sorted(seen) for seen in dropouts]} for the fractions {list(FRACTIONS)}."


def gap_fault(gap: np.ndarray, table: pd.DataFrame, histories: list[pd.DataFrame]) -> str:
    if np.allclose(gap, table["validation_accuracy"] - table["training_accuracy"]):
        return "The gap has the wrong sign: training minus validation, so that a large gap means much learnt by heart."
    if np.allclose(gap, [abs(h["validation_loss"].iloc[-1] - h["training_loss"].iloc[-1]) for h in histories]):
        return "That is the gap of the losses: the exercise asks for that of the accuracies."
    return "The gap should be the training accuracy minus the validation accuracy, row by row."


def decay_sweep(function: Callable[[Sequence[float], Callable[..., pd.DataFrame]], Any]) -> Verdict:
    """Check a learner's function (decays, fit) that trains a network for each weight decay and takes its L2 norm."""
    columns = ("norm", "training_accuracy", "validation_accuracy")
    value, rehearsal, fault = rehearsed(function, DECAYS, columns, lambda run: settings_fault(run.settings))
    if fault:
        return fault
    words = [norm_fault(np.asarray(value["norm"], dtype=float), rehearsal.norms)]
    words += [rehearsal.history_fault(value, name) for name in columns[1:]]
    if any(words):
        return failed(*filter(None, words))
    return passed(
        "The norm is taken over all weights and biases, after the training, of networks that differ in the decay only."
    )


def settings_fault(settings: list[dict[str, Any]]) -> str:
    optimisers = [setting.get("optimiser", "adam") for setting in settings]
    if len(set(optimisers)) > 1:
        return (
            "The optimiser differs from one run to the next: then you cannot say what the decay did. Use 'sgd' in all."
        )
    if optimisers[0] != "sgd":
        return f"You train with {optimisers[0]!r}: pass optimiser='sgd', also for the run without decay."
    if any("weight_decay" not in setting for setting in settings):
        return "The decay does not reach the training: pass weight_decay=… to `fit`."
    if not np.allclose([setting["weight_decay"] for setting in settings], DECAYS):
        return f"Pass the decays as they are: expected {list(DECAYS)}, got {[s['weight_decay'] for s in settings]}."
    others = [{k: v for k, v in setting.items() if k not in {"optimiser", "weight_decay"}} for setting in settings]
    if any(other != others[0] for other in others):
        return "Another setting changes together with the decay: keep all others the same."
    return ""


def norm_fault(got: np.ndarray, norms: list[dict[str, float]]) -> str:
    slips = {
        "right": "",
        "before": "You take the norm before the training: take it after `fit`.",
        "squared": "You return the sum of squares: take its square root.",
        "layers": "You add the norms of the layers: add the squares of all numbers first, then take one root.",
        "weights": "The biases are missing: SGD's weight_decay pulls on them as well.",
        "absolute": "That is the L1 norm, Σ|w|: square, add and take the root.",
        "mean": "That is the root of the mean square: the L2 norm adds the squares and does not average them.",
    }
    for kind, words in slips.items():
        if np.allclose(got, [norm[kind] for norm in norms], rtol=1e-4):
            return words
    wanted = [round(norm["right"], 3) for norm in norms]
    return f"The norms should be {wanted}, the root of the sum of all squares; yours are {np.round(got, 3).tolist()}."


def surest_mistakes(function: Callable[[np.ndarray, np.ndarray, int], Any]) -> Verdict:
    """Check a learner's function (probabilities, labels, n) that finds the mistakes the network is surest of."""
    rng = np.random.default_rng(22)
    probabilities = rng.dirichlet([1, 1, 1], 80)
    labels = rng.integers(3, size=80)
    n = 6
    value, fault = attempt(function, probabilities.copy(), labels.copy(), n)
    if fault:
        return fault
    predicted = probabilities.argmax(axis=1)
    if np.shape(value) == labels.shape and np.asarray(value).dtype == bool:
        return failed("You return which galaxies are wrong, True or False: return the positions of n of them.")
    wrong = np.flatnonzero(predicted != labels)
    surest = wrong[np.argsort(-probabilities.max(axis=1)[wrong])]
    if np.shape(value) == surest.shape:
        return failed(f"You return all {len(surest)} mistakes: keep the first n.")
    if fault := array_fault(value, (n,), "The positions"):
        return fault
    got = np.asarray(value, dtype=float)
    if np.array_equal(got, surest[:n]):
        return passed("These are the mistakes of which the network is surest: start your look at the data with them.")
    return failed(mistakes_finding(got, probabilities, labels, surest))


def mistakes_finding(got: np.ndarray, probabilities: np.ndarray, labels: np.ndarray, surest: np.ndarray) -> str:
    n = len(got)
    sureness = probabilities.max(axis=1)
    of_truth = probabilities[np.arange(len(labels)), labels]
    inside = np.argsort(-sureness[np.sort(surest)])
    if not (np.isin(got, np.arange(len(labels)))).all():
        return "The positions must be whole numbers that count galaxies from 0; did you return probabilities?"
    if np.array_equal(got, np.argsort(-sureness)[:n]):
        return "These are the predictions the network is surest of, right or wrong: keep the wrong ones only."
    if np.array_equal(got, inside[:n]):
        return "You count among the mistakes: give positions in the whole sample, `wrong[order]`."
    if np.array_equal(got, surest[::-1][:n]):
        return "You begin with the mistakes the network is least sure of: turn the order round."
    if np.array_equal(got, surest[:n][::-1]):
        return "These are the right ones in the wrong order: the surest comes first."
    if np.array_equal(got, surest[np.argsort(of_truth[surest])][:n]):
        return "You rank by the probability of the true class: rank by that of the predicted one, the largest."
    if not np.isin(got, surest).all():
        right = int(np.count_nonzero(~np.isin(got, surest)))
        return (
            f"{right} of your {n} galaxies are classified right: compare the argmax of the probabilities with labels."
        )
    return "All are mistakes, but not the surest: rank them by the largest of their three probabilities."
