"""The classes whose objects a file may hold; nothing else is made of one."""

from __future__ import annotations

from importlib import import_module

from sklearn.decomposition import PCA
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from torch import nn

from pare_sklearn.backbones.huggingface.hub import Origin
from pare_sklearn.data.folds import HeldOut
from pare_sklearn.data.modalities.component_encoder import ComponentEncoder
from pare_sklearn.data.modalities.images import Images
from pare_sklearn.data.modalities.scaling import ChannelScaler, RobustSmoothClip
from pare_sklearn.data.modalities.sequences import Sequences
from pare_sklearn.data.modalities.table_encoder import TableEncoder
from pare_sklearn.data.modalities.tables import Tables
from pare_sklearn.data.targets.classes import Classes
from pare_sklearn.data.targets.continuous import Continuous
from pare_sklearn.data.targets.indicators import Indicators
from pare_sklearn.data.targets.target_scaler import TargetScaler
from pare_sklearn.ensemble.ensemble import Ensemble
from pare_sklearn.ensemble.probes import Probe
from pare_sklearn.ensemble.residuals import Residuals
from pare_sklearn.linear.models import Linear
from pare_sklearn.modules.column_features import ColumnFeatures
from pare_sklearn.modules.convolutions import RandomConvolutions
from pare_sklearn.modules.dropout import PatchDropout, PatchSharedDropout
from pare_sklearn.modules.embedders.column_groups import ColumnGroupEmbedder
from pare_sklearn.modules.embedders.grid import GridEmbedder
from pare_sklearn.modules.embedders.numbers import PiecewiseLinear
from pare_sklearn.modules.embedders.table import TableEmbedder
from pare_sklearn.modules.embedders.table_maps import ValueMap
from pare_sklearn.modules.encoder import EncoderLayer
from pare_sklearn.modules.frozen_features import FrozenFeatures
from pare_sklearn.modules.gate import Gate, RandomGate
from pare_sklearn.modules.model import PaReModel
from pare_sklearn.modules.predictors import FieldPredictor, Predictor
from pare_sklearn.modules.principal_components import PrincipalComponents
from pare_sklearn.recipe import Mixing, Recipe
from pare_sklearn.sources.choice import ChosenSource
from pare_sklearn.training.budget import Budget


def _name(kind: type) -> str:
    """Name of a class in files, which stays when its module moves."""
    return f"nn.{kind.__name__}" if kind.__module__.startswith("torch.nn.") else kind.__name__


CLASSES: dict[str, type] = {
    _name(each): each
    for each in (
        # The estimator's parts.
        Budget, ChosenSource, Ensemble, HeldOut, Mixing, Origin, Probe, Recipe, Residuals,
        # Samples and targets.
        ChannelScaler, Classes, ComponentEncoder, Continuous, Images, Indicators, Linear,
        OneHotEncoder, PCA, RobustSmoothClip, Sequences, StandardScaler, TableEncoder, Tables,
        TargetScaler,
        # Nets and features.
        ColumnFeatures, ColumnGroupEmbedder, EncoderLayer, FieldPredictor, FrozenFeatures, Gate,
        GridEmbedder, PaReModel, PatchDropout, PatchSharedDropout, PiecewiseLinear, Predictor,
        PrincipalComponents, RandomConvolutions, RandomGate, TableEmbedder, ValueMap,
        # Torch.
        nn.Conv1d, nn.Conv2d, nn.Dropout, nn.Embedding, nn.GELU, nn.GroupNorm, nn.Identity,
        nn.LayerNorm, nn.Linear, nn.ModuleDict, nn.ModuleList, nn.Sequential,
    )
}  # fmt: skip
# Imported only where a file has one of them, because that is slow.
LATE_MODULE = "rtdl_num_embeddings"
LATE_CLASSES = (
    "LinearEmbeddings",
    "PeriodicEmbeddings",
    "PiecewiseLinearEmbeddings",
    "_NLinear",
    "_Periodic",
    "_PiecewiseLinearEncodingImpl",
)


def find_class(name: str) -> type:
    """The class of a name, one of those above.

    Raises
    ------
    ValueError
        If it is none of them.
    """
    if name in CLASSES:
        return CLASSES[name]
    if name in LATE_CLASSES:
        return getattr(import_module(LATE_MODULE), name)
    raise ValueError(f"objects of class {name!r} are not read from files")


def class_name(value: object) -> str:
    """The name by which `find_class` finds the class of a value.

    Raises
    ------
    TypeError
        If it is none of those above.
    """
    kind, name = type(value), _name(type(value))
    is_late = kind.__module__ == LATE_MODULE and name in LATE_CLASSES
    if CLASSES.get(name) is not kind and not is_late:
        raise TypeError(f"objects of {kind.__module__}.{kind.__qualname__} are not saved")
    return name
