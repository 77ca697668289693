"""Confidences under the labels that they are of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from openml.extensions.sklearn import SklearnExtension


@contextmanager
def labels_by_name() -> Iterator[None]:
    """Let OpenML's client put confidences under labels by name.

    It pairs the model's classes, which are sorted, with the labels of the task by position. Where
    the task's file names them in another order, the confidences of any model are swapped.
    """
    original = SklearnExtension._run_model_on_fold

    def ordered(self: Any, model: Any, task: Any, *args: Any, **kwargs: Any) -> Any:
        predicted, confidences, *rest = original(self, model, task, *args, **kwargs)
        if confidences is not None:
            confidences = confidences[task.class_labels]
        return predicted, confidences, *rest

    setattr(SklearnExtension, original.__name__, ordered)
    try:
        yield
    finally:
        setattr(SklearnExtension, original.__name__, original)
