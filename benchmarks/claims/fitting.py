"""A model fitted to few samples of a data set, scored on others: the process of one fit."""

from __future__ import annotations

from typing import Any

from benchmarks import fitting
from benchmarks.backbones.recipe import Recipe
from benchmarks.claims.models import GIVEN, PERMUTED, give_source
from benchmarks.claims.samples import Samples
from benchmarks.claims.scoring import score
from benchmarks.claims.suites import SUITES
from benchmarks.jobs import Job
from benchmarks.openml_cc18.models import pare
from benchmarks.records import Record

PACKAGES = ("pare-sklearn", "numpy", "scikit-learn", "skorch", "torch", "transformers", "aeon")


def measure(job: Job) -> list[Record]:
    """Fit the model to what the seed draws, and score it; what it took, and which source it had."""
    samples = SUITES[job.settings["suite"]].draw(job)
    model = build(job, samples)
    source = None
    if job.model in (GIVEN, PERMUTED):
        seed = job.seed if job.model == PERMUTED else None
        source = give_source(model, samples.X_train, samples.y_train, seed)
    fitted = fitting.fit(model, samples.X_train, samples.y_train, job.time_limit)
    method = model.predict_proba if samples.kind == "classification" else model.predict
    predicted, taken = fitting.predict(method, samples.X_test)
    outcome = {
        **score(samples.y_test, predicted, samples.kind),
        "n_train": len(samples.y_train),
        "n_test": len(samples.y_test),
        "n_patches": model.n_patches_,
        "epochs": len(model.history_),
        "source": source or model.source_,
        "otdd": model.otdd_,  # of each source to these very samples, where there was a choice
    }
    circumstances = fitting.tell(model, PACKAGES)
    if "recipe" in job.settings:
        # A folder's path is of no use on another machine.
        circumstances["parameters"]["backbone"] = job.settings["recipe"]["name"]
    return [{**outcome, **fitted, **taken, **circumstances}]


def build(job: Job, samples: Samples) -> Any:
    """Build the unfitted estimator of a job."""
    parameters = job.settings["parameters"] | patch_size(job, samples)
    if "recipe" in job.settings:
        return Recipe(**job.settings["recipe"]).build(job.seed, **parameters)
    return pare.build(samples.X_train, samples.kind, job.seed, **parameters)


def patch_size(job: Job, samples: Samples) -> dict[str, float]:
    """What gives the rows of a table about as many patches as the job asks for."""
    n_patches = job.settings.get("n_patches_of_table")
    if n_patches is None:
        return {}
    return {"patch_size": 1 / max(1, round(n_patches / samples.X_train.shape[1]))}
