"""A variant of the recipe, fitted to one data set and scored on it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from benchmarks import fitting
from benchmarks.backbones.recipe import Recipe
from benchmarks.backbones.splits import load_split
from benchmarks.jobs import Job
from benchmarks.records import Record

PACKAGES = ("pare-sklearn", "numpy", "scikit-learn", "skorch", "torch", "transformers")


def make_job(
    recipe: Recipe,
    task: int | str,
    dataset: str,
    seed: int,
    model: str,
    parameters: dict[str, Any],
    cache: str | None = None,
    **limits: Any,
) -> Job:
    """Make the job of one variant with one seed on one data set.

    Parameters
    ----------
    recipe : Recipe
    task : int or str
        OpenML task, or name of a series.
    dataset : str
        Of the OpenML task; else empty.
    seed : int
        Of split and model.
    model : str
        Name of the variant.
    parameters : dict of str to object
        That the variant differs by.
    cache : str or None
        OpenML cache; for series not needed.
    **limits : threads and time limit of a fit
    """
    split = "own split" if isinstance(task, str) else "half"
    return Job(
        measure=f"{__name__}:measure",
        protocol=f"{split}, {recipe.title}",
        task=task,
        dataset=dataset,
        splits=(seed,),
        model=model,
        settings={"recipe": asdict(recipe), "parameters": parameters, "cache": cache},
        **limits,
    )


def measure(job: Job) -> list[Record]:
    """Fit, and score on the samples for testing; what it took."""
    recipe = Recipe(**job.settings["recipe"])
    split = load_split(job.task, job.seed, job.settings["cache"])
    model = recipe.build(job.seed, **job.settings["parameters"])
    fitted = fitting.fit(model, split.X_train, split.y_train, job.time_limit)
    score, taken = fitting.predict(lambda _: split.score(model), split.X_test)
    outcome = {
        "metric": split.metric,
        "score": score,
        "validation_score": max(row["validation_score"] for row in model.history_),
        "blend": model.blend_.tolist(),  # shares of the nets and of the linear probes
        "epochs": len(model.history_),
    }
    circumstances = fitting.tell(model, PACKAGES)
    # A folder's path is of no use on another machine.
    circumstances["parameters"]["backbone"] = recipe.name
    return [{**outcome, **fitted, **taken, **circumstances}]
