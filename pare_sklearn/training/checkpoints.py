"""What a fit keeps in a folder while it trains, and how a member goes on from there."""

from __future__ import annotations

import warnings
from collections.abc import Container, Iterator, Mapping, Set
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from pickle import PicklingError
from typing import Any

from skorch.callbacks import EarlyStopping
from torch import Tensor

from pare_sklearn.data.rows import Rows
from pare_sklearn.training.net import PaReNet
from pare_sklearn.training.stopping import OfThisCall
from pare_sklearn.training.timing import OutOfTime
from pare_sklearn.utils.kept_files import keep, read_kept
from pare_sklearn.utils.randomness import set_torch_rng, torch_rng_state

STAGES = ("align", "finetune")
PLAIN = (bool, int, float, str, type(None))
# Of the user now, not of the fit that was interrupted.
NOT_KEPT = ("verbose", "device")


@dataclass(frozen=True)
class MemberFiles:
    """The files of one member in the folder of its fit.

    Attributes
    ----------
    folder : Path
    number : int
        Of the member, from 0.
    """

    folder: Path
    number: int

    @property
    def finished(self) -> Path:
        """The trained member."""
        return self.folder / f"member_{self.number}.pickle"

    def stage(self, stage: str) -> Path:
        """The state of an unfinished one, after the last epoch of a stage of its training."""
        return self.folder / f"member_{self.number}_{stage}.pickle"

    def finish(self, member: Any) -> None:
        """Keep a trained member, in place of what led to it."""
        if _is_kept(self.finished, member):
            for stage in STAGES:
                self.stage(stage).unlink(missing_ok=True)


def fit_net(net: PaReNet, rows: Rows, path: Path | None) -> None:
    """Fit a net; where there is a path, keep its state after each epoch, and go on from it.

    Parameters
    ----------
    net : PaReNet
        Not initialized. The rest of its training is the same, bit for bit, whether it goes on from
        a state or was never stopped.
    rows : Rows
        To train on.
    path : Path or None
        File of the state.
    """
    if path is None:
        net.fit(rows, y=None)
        return
    net.initialize()
    live = _live_parts(net, rows)
    fixed = _frozen(net)
    state = read_kept(path, live)
    if state is None:
        net.notify("on_train_begin", X=rows, y=None)
    else:
        _restore(net, state)
        fixed = {name: fixed[name] for name in state["fixed"]}
    try:
        while len(net.history) < net.max_epochs:
            net.fit_loop(rows, None, epochs=1)
            fixed = dict(fixed.items() & _frozen(net).items())
            _is_kept(path, _state(net, fixed.keys()), live)
    except OutOfTime:
        pass
    except KeyboardInterrupt:
        net.interrupted_ = not net.stopped_early_
    net.notify("on_train_end", X=rows, y=None)


def _live_parts(net: PaReNet, rows: Rows) -> dict[str, Any]:
    """What callbacks may hold on to, and what is there anew when a net goes on."""
    parts = {
        "net": net,
        "rows": rows,
        "source": net.source,
        "unlabelled": net.unlabelled,
        "criterion": net.criterion_,
        "optimizer": net.optimizer_,
    }
    modules = {f"module {name}": part for name, part in net.module_.named_modules()}
    weights = {f"weight {name}": weight for name, weight in net.module_.named_parameters()}
    return parts | modules | weights


def _frozen(net: PaReNet) -> dict[str, int]:
    """Weights that do not train, by name, with how often each has been written to."""
    weights = net.module_.named_parameters()
    return {name: weight._version for name, weight in weights if not weight.requires_grad}


def _state(net: PaReNet, fixed: Set[str]) -> dict[str, Any]:
    """All that has changed since a net was initialized, but for the weights that never did."""
    plain = {
        name: value
        for name, value in vars(net).items()
        if isinstance(value, PLAIN) and name not in NOT_KEPT
    }
    trains = {name: weight.requires_grad for name, weight in net.module_.named_parameters()}
    return {
        "plain": plain,
        "fixed": set(fixed),
        "module": _without(net.module_.state_dict(), fixed),
        "trains": trains,
        "criterion": net.criterion_.state_dict(),
        "optimizer": net.optimizer_.state_dict(),
        "callbacks": [each for each in net.callbacks_ if not isinstance(each[1], OfThisCall)],
        "best": {
            name: _without(stopping.best_model_weights_ or {}, fixed)
            for name, stopping in _stoppings(net)
        },
        "history": net.history,
        "rng": torch_rng_state(net.device),
    }


def _restore(net: PaReNet, state: dict[str, Any]) -> None:
    """Bring a net that was just initialized into a state."""
    net.__dict__.update(state["plain"])
    of_this_call = [each for each in net.callbacks_ if isinstance(each[1], OfThisCall)]
    net.callbacks_ = [*state["callbacks"], *of_this_call]
    net.history = state["history"]
    whole = net.module_.state_dict()
    for name, stopping in _stoppings(net):
        if best := state["best"][name]:
            stopping.best_model_weights_ = deepcopy(_without(whole, best)) | best
    net.module_.load_state_dict(state["module"], strict=False)
    for name, weight in net.module_.named_parameters():
        weight.requires_grad_(state["trains"][name])
    net.criterion_.load_state_dict(state["criterion"])
    net.optimizer_.load_state_dict(state["optimizer"])
    set_torch_rng(state["rng"], net.device)


def _without(weights: Mapping[str, Tensor], names: Container[str]) -> dict[str, Tensor]:
    return {name: weight for name, weight in weights.items() if name not in names}


def _stoppings(net: PaReNet) -> Iterator[tuple[str, EarlyStopping]]:
    """Callbacks that keep the best weights, which skorch leaves out where it pickles them."""
    for name, callback in net.callbacks_:
        if isinstance(callback, EarlyStopping):
            yield name, callback


def _is_kept(path: Path, value: Any, live: dict[str, Any] | None = None) -> bool:
    """Keep a value; where the folder does not take it, say so, and train on.

    Raises
    ------
    TypeError
        If it cannot be pickled.
    """
    try:
        keep(path, value, live)
    except (AttributeError, PicklingError, TypeError) as error:
        raise TypeError(
            f"checkpoint: the state of the training cannot be pickled ({error}); callbacks and "
            "k_schedule must hold nothing that is bound to this process, such as open files."
        ) from error
    except OSError as error:
        warnings.warn(
            f"{path} cannot be written ({error}); the training goes on, but could not go on from "
            "here another time.",
            stacklevel=2,
        )
        return False
    return True
