"""Fifty labelled digits, PaRe beside four rivals: ``python -m examples.few_labels_demo``.

The body that ships has not seen digits. Each model gets the same labels, three draws of them, and
is scored on all other digits. The picture shows what the gate looked at, how the source is learnt,
and how accurate the models are.
"""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from sklearn.base import ClassifierMixin
from sklearn.datasets import load_digits
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import FunctionTransformer, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from pare_sklearn import PaReClassifier

N_LABELS, N_DRAWS = 50, 3
Samples = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def make_models(verbose: int = 1) -> dict[str, ClassifierMixin]:
    """PaRe, which sees images, and rivals, which see pixels."""
    rivals = {
        "support vectors": make_pipeline(StandardScaler(), SVC()),
        "logistic regression": make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
        "random forest": RandomForestClassifier(500, random_state=0),
        "gradient boosting": HistGradientBoostingClassifier(random_state=0),
    }
    flat = FunctionTransformer(lambda X: X.reshape(len(X), -1))
    pixels = {name: make_pipeline(flat, model) for name, model in rivals.items()}
    # Fewer members than by default, so that the demo takes a minute or two.
    pare = PaReClassifier(n_estimators=3, random_state=0, verbose=verbose)
    return {"PaRe": pare, **pixels}


def draw_labels(seed: int) -> Samples:
    """Train and test images, and their digits; a few of each digit to train on."""
    digits = load_digits()
    images = digits.images[:, np.newaxis]
    X, X_test, y, y_test = train_test_split(
        images, digits.target, train_size=N_LABELS, stratify=digits.target, random_state=seed
    )
    return X, y, X_test, y_test


def compare(models: dict[str, ClassifierMixin], draws: list[Samples]) -> pd.DataFrame:
    """Fit each model to each draw; accuracy of each, and seconds for all, a row a model.

    Models stay fitted to the last draw.
    """
    rows = {}
    for name, model in models.items():
        print(f"Fitting {name} ...", flush=True)
        start = time.perf_counter()
        scores = [
            accuracy_score(y_test, model.fit(X, y).predict(X_test))
            for X, y, X_test, y_test in draws
        ]
        seconds = time.perf_counter() - start
        rows[name] = {
            "accuracy": np.mean(scores),
            "lowest": min(scores),
            "highest": max(scores),
            "seconds": seconds,
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def plot_gate(ax: Axes, model: PaReClassifier, image: np.ndarray) -> None:
    """A digit, and beside it the scores of its patches."""
    scores = model.gate_scores(image[np.newaxis]).reshape(model.modality_.grid)
    ax.imshow(np.hstack([image[0] / image.max(), np.full((8, 1), np.nan)]), cmap="gray_r")
    ax.imshow(scores, extent=(8.5, 16.5, 7.5, -0.5), cmap="viridis")
    ax.set(xlim=(-0.5, 16.5), xticks=[], yticks=[], title="what the gate looked at")


def plot_source(ax: Axes, model: PaReClassifier) -> None:
    """Loss of the source's classes while k falls, beside chance."""
    history = pd.DataFrame(list(model.history_)).query("k > 0")
    losses = history.groupby("epoch")["source_loss"].mean()
    ax.plot(losses.index, losses, label=f"source: {model.source_}")
    ax.axhline(math.log(10), color="gray", linestyle=":", label="chance")
    ax.set(xlabel="epoch", ylabel="source loss", title="the source is learnt", ylim=(0, None))
    ax.legend(frameon=False)


def plot_scores(ax: Axes, table: pd.DataFrame) -> None:
    """Accuracy of each model, its range over the draws, and its seconds."""
    table = table.iloc[::-1]
    spread = [table["accuracy"] - table["lowest"], table["highest"] - table["accuracy"]]
    colors = ["C0" if name == "PaRe" else "silver" for name in table.index]
    ax.barh(table.index, table["accuracy"], xerr=spread, color=colors)
    for place, seconds in enumerate(table["seconds"]):
        ax.text(0.02, place, f"{seconds:.1f} s", va="center")
    ax.set(xlim=(0, 1), xlabel="accuracy", title=f"{N_LABELS} labels, {N_DRAWS} draws")


def plot(table: pd.DataFrame, model: PaReClassifier, image: np.ndarray, output: Path) -> None:
    """Save the picture of all three."""
    figure, axes = plt.subplots(1, 3, figsize=(13, 3.4), layout="constrained")
    plot_gate(axes[0], model, image)
    plot_source(axes[1], model)
    plot_scores(axes[2], table)
    figure.savefig(output, dpi=150)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m examples.few_labels_demo", description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("few_labels.png"), help="picture")
    output = parser.parse_args().output
    models = make_models()
    draws = [draw_labels(seed) for seed in range(N_DRAWS)]
    table = compare(models, draws)
    print(f"\n{table.to_string(float_format='{:.3f}'.format)}\n")
    _, _, X_test, _ = draws[-1]
    plot(table, models["PaRe"], X_test[0], output)
    print(f"Picture saved to {output}")


if __name__ == "__main__":
    main()
