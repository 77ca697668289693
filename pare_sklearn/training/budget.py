"""How much training a table gets, where the user leaves it to us."""

from __future__ import annotations

from math import ceil, sqrt
from typing import Any, NamedTuple

# Data up to this many patches, samples times patches a sample, gets the most epochs; fields, of
# which every patch is told something, train longer on more.
SMALL, SMALL_FIELDS = 5_000, 100_000
FEWEST_EPOCHS = 10
# The fewest samples seen in training, unless this takes more than so many times the most epochs.
FEWEST_SEEN, MOST_TIMES = 8_000, 3
# Samples at most, and those of a batch.
BATCH_SIZES = ((1_000, 32), (5_000, 64), (20_000, 128))
LARGEST_BATCH = 256
FEWEST_PATIENCE = 5
# Patches, in all epochs of all members, that take longer to train than processes take to start.
WORTH_PROCESSES = 1_000_000


class Budget(NamedTuple):
    """The training's extent; the fields are parameters of the estimators."""

    n_estimators: int
    batch_size: int
    max_epochs: int
    patience: int
    n_jobs: int
    early_stopping: bool = True


def choose_budget(
    n_samples: int,
    n_patches: int,
    most_epochs: int = 50,
    most_jobs: int = 1,
    is_field: bool = False,
    is_large: bool = False,
    starts_probed: bool = False,
    n_groups: int | None = None,
    most_at_once: int = LARGEST_BATCH,
    **given: int | str,
) -> Budget:
    """Choose what is ``"auto"``, so that small and large tables both fit in sensible time.

    Epochs fall with the square root of the patches that one of them holds, so that the time of a
    fit rises with it, until large tables have 10 of them; data of less than 160 samples gets more
    of them, up to three times as many. Large tables also have larger batches and fewer members.
    Fields, whose errors fall with every epoch, have a single member and batches of half the size;
    large backbones have a single member too.
    Members are trained side by side where that is worth starting processes.

    Parameters
    ----------
    n_samples : int
        Labelled samples.
    n_patches : int
        Patches n of a sample.
    most_epochs : int, default=50
        Epochs for a small table.
    most_jobs : int, default=1
        Members that may be trained at once.
    is_field : bool, default=False
        Whether each patch predicts a piece of the target.
    is_large : bool, default=False
        Whether the backbone is a large model, of which several members would cost too much.
    starts_probed : bool, default=False
        Whether members start from a linear probe. Several such ones train to the end: a few
        held-out samples tell epochs apart worse than the falling learning rate does.
    n_groups : int or None, default=None
        Groups of samples, where each is held out as a whole: there are no more members.
    most_at_once : int, default=256
        Samples of a batch at most: of large ones few fit into memory.
    **given : int or "auto"
        The fields of `Budget`; what is not ``"auto"`` stays as it is.

    Returns
    -------
    Budget

    Examples
    --------
    >>> auto = dict.fromkeys(Budget._fields, "auto")
    >>> choose_budget(200, 16, **auto)
    Budget(n_estimators=5, batch_size=32, max_epochs=50, patience=9, n_jobs=1, early_stopping=True)
    >>> choose_budget(50_000, 30, **auto | {"n_estimators": 1})
    Budget(n_estimators=1, batch_size=256, max_epochs=10, patience=5, n_jobs=1, early_stopping=True)
    """
    small = SMALL_FIELDS if is_field else SMALL
    epochs = round(most_epochs * min(1.0, sqrt(small / (n_samples * n_patches))))
    more_epochs = min(MOST_TIMES * most_epochs, FEWEST_SEEN // n_samples)
    batch_size = next((size for most, size in BATCH_SIZES if n_samples <= most), LARGEST_BATCH)
    most_members = n_samples if n_groups is None else n_groups
    n_estimators = 1 if is_field or is_large else min(5 if n_samples <= 20_000 else 3, most_members)
    chosen: dict[str, Any] = {
        "n_estimators": n_estimators,
        "batch_size": min(batch_size // 2 if is_field else batch_size, most_at_once),
        "max_epochs": max(FEWEST_EPOCHS, epochs, more_epochs),
        **{name: value for name, value in given.items() if value != "auto"},
    }
    work = n_samples * n_patches * chosen["max_epochs"] * chosen["n_estimators"]
    following = {
        "patience": max(FEWEST_PATIENCE, ceil(chosen["max_epochs"] / 6)),
        "n_jobs": min(most_jobs, chosen["n_estimators"]) if work > WORTH_PROCESSES else 1,
        "early_stopping": not starts_probed or chosen["n_estimators"] == 1,
    }
    return Budget(**{**following, **chosen})
