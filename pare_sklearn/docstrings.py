"""The texts that the docstrings of both estimators share, each written once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from textwrap import indent
from typing import Literal, TypeVar

from pare_sklearn.fitted_attributes import ATTRIBUTES
from pare_sklearn.references import OWN_REFERENCES, REFERENCES

Kind = Literal["classifier", "regressor"]
Estimator = TypeVar("Estimator", bound=type)

HEADS = """\
The first to know are `backbone`, `strategy`, `k_start`, `n_estimators` and `random_state`. All
stand under these heads:

- the method: `strategy` to `mix_weighting`;
- the backbone: `backbone`, and `finetune` to `linear_probe`;
- the training: `n_estimators` to `warm_start`, and what a classifier has of its own, at the end;
- the data: `modality` to `semi_supervised`;
- the machine: `n_jobs` to `verbose`.
"""

# By name: type and default, and what it is. What differs between the estimators has a text each.
PARAMETERS: dict[str, str | dict[str, str]] = {
    "backbone": """\
str or torch.nn.Module, default="embedded"
Pretrained model to fine-tune: ``"embedded"``, which ships with the package; an encoder of the
Hugging Face hub by its id, such as ``"FacebookAI/roberta-base"``, pinned to a revision by
``"id@revision"``, or a folder with such a model, see
`pare_sklearn.backbones.huggingface.load_huggingface`; or a module with the attributes of
`pare_sklearn.backbones.contract.Backbone`.""",
    "strategy": """\
{"pare", "orca", "finetune", "scratch"}, default="pare"
The method of the paper; ORCA [2]_, which first trains the embedder alone for 60 epochs to bring the
target near the source by OTDD, and then fine-tunes; plain fine-tuning, without a source; or the
same architecture from random weights.""",
    "source": """\
str, tuple (X_s, y_s) or list of them, default="auto"
Labelled samples of the modality that the backbone was pretrained on: ``"levels"`` (a table),
``"signals"`` (sequences), ``"contours"``, ``"fields"``, ``"fractals"``, ``"glyphs"`` and
``"digits"`` (images); ``"cifar10"`` and ``"conll2003"``, which are downloaded, or read from the
path in ``"cifar10:FOLDER"`` and ``"conll2003:FOLDER"``; or arrays of your own, X_s being a list of
texts for a language backbone. The embedded backbone takes tables (n_samples, n_features), sequences
(n_samples, n_channels, length) and images (n_samples, n_channels, height, width). Of a list the
nearest by OTDD is taken, ``"auto"`` being those that suit the backbone, for the embedded one the
first six; see `rank_sources`. Of more than 5,000 samples as many are used, drawn at random with a
fixed seed and stratified by class. Used by the strategies ``"pare"`` and ``"orca"``.""",
    "k_schedule": """\
{"auto", "linear", "exponential", "piecewise", "constant", "otdd"} or callable, default="auto"
How the number k of replaced patches falls in all epochs, or with early stopping in the first
quarter: ``"piecewise"`` in four steps; with ``"otdd"`` so that the distance to the source rises in
equal steps, measured as for `mix_weighting`; or by a function ``progress -> fraction``, both in
[0, 1]. ``"auto"`` is ``"piecewise"`` for the embedded backbone, else ``"linear"``.""",
    "k_start": """\
float or "auto", default="auto"
Fraction of the patches replaced in the first epoch, in [0, 1]; with ``"constant"`` in all.
``"auto"`` is 1 for the embedded backbone; for those of the hub it is as published: 1 for
sequences and tables, 0.64 for images, 0.32 where the target is a field.""",
    "k_end": """\
float or "auto", default="auto"
Fraction of the patches replaced in the end, in [0, `k_start`]. ``"auto"`` is 0 for the
embedded backbone; for those of the hub 0 for sequences and tables, else 0.16.""",
    "gate": """\
{"learned", "random"}, default="learned"
Whether a gate network scores the patches, or chance does.""",
    "mix_weight": """\
float or "auto", default="auto"
w, weight of the intermediate modality's loss terms; not negative. At 0 there is none, and
``strategy="pare"`` is ``"finetune"``. ``"auto"`` is 0.3 for the embedded backbone; for those of
the hub 0.1 for sequences and tables, 1 for images, 0.3 where the target is a field.""",
    "mix_weighting": """\
{"count", "otdd"}, default="count"
How lambda, the source's share in these terms, follows from k: ``"count"`` is k / n; ``"otdd"`` is
1 - OTDD(E_m(k), E_s) / OTDD(E_m(0), E_s), by the distance of the intermediate modality to the
source, measured five times in a training on 128 samples.""",
    "finetune": """\
{"all", "norm", "lora", "none"}, default="all"
Which weights of the backbone's encoder train: all, those of its norms, low-rank adapters beside its
frozen linear layers (LoRA [5]_), or none. Embedder and predictors train in any case, and with
``strategy="scratch"`` everything does. LoRA needs the extra ``pare-sklearn[huggingface]``.""",
    "lora_rank": """\
int, default=8
Rank r of the adapters: a layer gets r (in + out) weights, scaled by alpha / r = 2.""",
    "layer_decay": """\
float, default=1.0
Factor in (0, 1] by which each layer of the encoder learns slower than the next [6]_: layer l of L
at ``lr * layer_decay ** (L - l)``, all that is no layer at `lr`. Not used with
``strategy="scratch"``.""",
    "linear_probe": """\
bool, default=True
Whether linear models join the fine-tuned nets. Of tables they see standardised columns, indicators
of categories and of missing values, and 768 random rectified units over one to three of these; of
sequences how random convolutions answer, as in ROCKET [4]_; of images features of the encoder
before any training of it [3]_; where y is a field, up to 128 principal components of X. The samples
that the members held out decide how much each counts, and how strong the linear models' penalty is;
without such samples there are none. Above 10,000 samples as many of them are used.""",
    "n_estimators": """\
int or "auto", default="auto"
Members, each holding out one of as many folds; predictions are averaged. 1 means a single member.
``"auto"`` is 5, above 20,000 samples 3, where y is a field or the backbone has more than five
million weights 1.""",
    "max_epochs": {
        "classifier": """\
int or "auto", default="auto"
Epochs at most; schedules of k and of the learning rate span them. ``"auto"`` is
m / sqrt(N / 5,000), N being samples times patches, or N / 100,000 where y is a field, but from 10
to m; for fewer than 160 samples up to 3 m. m is 50, but 30 where weights are averaged: for tables,
with a backbone that has no learning rate of its own.""",
        "regressor": """\
int or "auto", default="auto"
Epochs at most; schedules of k and of the learning rate span them. ``"auto"`` is
m / sqrt(N / 5,000), N being samples times patches, or N / 100,000 where y is a field, but from 10
to m; for fewer than 160 samples up to 3 m. m is 80, but 48 where weights are averaged: for tables,
with a backbone that has no learning rate of its own.""",
    },
    "early_stopping": """\
bool or "auto", default="auto"
Stop a member when its score on held-out samples no longer rises, and restore its best epoch. If
False, train for `max_epochs`, a single member on all samples. ``"auto"`` is False for several
members for images, which start from a linear model on the backbone's features.""",
    "patience": """\
int or "auto", default="auto"
Epochs without a better score before a member stops; ``"auto"`` is `max_epochs` / 6, at least 5.""",
    "validation_fraction": """\
float, default=0.2
Share of the samples that a single member holds out for early stopping, in (0, 1).""",
    "scoring": """\
str, callable or None, default=None
Score of the held-out samples that tells when a member stops and which epoch is its best: a name in
`sklearn.metrics.get_scorer_names`, or ``scorer(estimator, X, y) -> float``, greater being better.
The estimator gives the predictions of the member's net for these samples; X is None, y is as in
fit, and `sample_weight` has no say. Where y is a field or a map it is flat: (n_samples, n_points)
for regression, (n_samples * n_points,) for classification. None is minus the loss. The linear
probes and the blend go by the loss in any case.""",
    "batch_size": """\
int or "auto", default="auto"
Samples a step; ``"auto"`` is 32, above 1,000 samples 64, above 5,000 128, above 20,000 256, and
half of that where y is a field.""",
    "lr": {
        "classifier": """\
float or "auto", default="auto"
Peak learning rate of AdamW, after a warm-up over 5% of the steps; it then falls to zero along a
cosine. ``"auto"`` is 1e-3, for tables 1.8e-3, for models of the Hugging Face hub 1e-4.""",
        "regressor": """\
float or "auto", default="auto"
Peak learning rate of AdamW, after a warm-up over 5% of the steps; it then falls to zero along a
cosine. ``"auto"`` is 3e-3, for tables 5.4e-3, for models of the Hugging Face hub 1e-4.""",
    },
    "weight_decay": """\
float, default=0.1
Weight decay of AdamW. Matrices of linear maps, of convolutions and of embeddings decay; biases,
norms, positions, and what else shifts, scales or places do not.""",
    "dropout": {
        "classifier": """\
float, default=0.2
Dropout rate before the predictors and of the hidden units of the embedded encoder, in [0, 1); other
backbones keep their own.""",
        "regressor": """\
float, default=0.0
Dropout rate before the predictors and of the hidden units of the embedded encoder, in [0, 1); other
backbones keep their own.""",
    },
    "loss": {
        "classifier": """\
{"log_loss", "focal"}, default="log_loss"
What is minimised: cross entropy, of several labels the mean of theirs; or the focal loss [9]_ with
exponent 2, for many samples that are easy.""",
        "regressor": """\
{"auto", "squared_error", "absolute_error", "relative_l2", "nrmse"}, default="auto"
What is minimised: the error of the standardised targets; or the norm of a sample's error, in the
units of y, over that of its target, ``"nrmse"`` channel by channel of a field. ``"auto"`` is the
squared error, for fields ``"relative_l2"`` unless one is zero throughout.""",
    },
    "augmentation": """\
{"patchmix", "patch_dropout"} or None, default=None
``"patchmix"`` replaces patches of a sample by those of another target sample, and mixes their
labels by the share; ``"patch_dropout"`` leaves out a random half of the patches while training
[8]_. Both go together with every strategy.""",
    "callbacks": """\
list of skorch callbacks or None, default=None
Callbacks for each member's net, or pairs of name and callback; each member gets a deep copy of
them. A pair replaces the callback of that name, and ``(name, None)`` switches it off, as
``set_params(callbacks__NAME=...)`` does, see docs/callbacks.md. The names are ``"clip"``,
``"lr_schedule"``, ``"early_stopping"``; ``"weight_averaging"``, for tables; ``"curriculum"``, which
sets k and lambda, and ``"difficulty"``, which measures for it; skorch's ``"epoch_timer"``,
``"train_loss"``, ``"valid_loss"`` and ``"print_log"``; ``"validation_score"``, which `scoring`
adds; ``"target_loss"``, ``"intermediate_loss"``, ``"consistency_loss"`` and ``"source_loss"``,
which keep the terms of the loss, and ``"source_accuracy"``.""",
    "checkpoint": """\
str, path or None, default=None
Folder, made where there is none, in which a fit survives that its process ends: finished members,
and the others after each epoch. The same call of `fit` goes on from there and ends with the same
bits; when all is finished it trains nothing. A folder holds one fit, and that of another one is
refused. What it holds is read by pickle, which runs code: it must be your own. Not together with
`warm_start`.""",
    "time_limit": """\
float or None, default=None
Seconds for the whole fit, kept within a tenth and an epoch. Where they are too few for all epochs,
the learning rate and k fall with the time in place of the epochs, and members end early and keep
their best state; each is given an equal share of the time, or as long as ten epochs take, and those
without time for half as many are left out. A warning tells of it, and another one where there is no
time for linear probes. There is at least one member, trained on one batch or more; what comes
before, such as the choice of a source, is not cut. The result depends on the machine's speed then.
With `checkpoint` rate and k keep to the epochs, so that k may not reach `k_end`; another fit, with
a larger limit or none, goes on where this one ended.""",
    "warm_start": """\
bool, default=False
Whether another call of `fit` goes on from the weights of the one before, with the same scaling and
categories. A member holds out the rows again that it held out before, so that its score stays
honest.""",
    "modality": """\
{"auto", "tabular", "sequence", "image"}, default="auto"
What a sample is; ``"auto"`` tells from the shape of X. Named ones may lack the axis of a single
channel.""",
    "patch_size": """\
int, float or "auto", default="auto"
Size of a patch: length of one of a sequence, or height and width of one of an image, in samples or
pixels; of a table in features: several of them, neighbours, 1, or a part 1 / r of one, which
becomes r patches. ``"auto"`` gives tables at least 16 and at most 64 patches; of more than 2,000
features at most 256 principal components are the columns. Else it is the least with no more than 32
patches a sequence, 64 an image; where y is a field 64 and 256.""",
    "categorical_features": """\
"from_dtype" or list of int, str or bool, default="from_dtype"
Columns of categories, by position, name or mask. Columns of a DataFrame that hold text, or whose
dtype is category, are categories in any case.""",
    "n_features_to_select": """\
int, "auto" or None, default="auto"
Columns of a table to look at, by the importances of extremely randomised trees; None is all.
``"auto"`` leaves columns out where linear probes predict n held-out samples better without them, by
more than 2 / sqrt(n) of the loss. It tries that from 20 samples and 10 columns on, of fewer where
some tell the target only together, as in an exclusive-or. ``support_`` tells which are kept.
Principal components, see `patch_size`, are all kept.""",
    "numeric_embedding": {
        "classifier": """\
{"auto", "periodic", "piecewise-linear"}, default="auto"
How numbers of tables are embedded beside the map that all columns share: by sines and cosines of
trained frequencies, or linearly between edges of at most 16 bins of about as many samples [7]_.
``"auto"`` is ``"periodic"``.""",
        "regressor": """\
{"auto", "periodic", "piecewise-linear"}, default="auto"
How numbers of tables are embedded beside the map that all columns share: by sines and cosines of
trained frequencies, or linearly between edges of at most 16 bins of about as many samples [7]_.
``"auto"`` is ``"piecewise-linear"``.""",
    },
    "semi_supervised": {
        "classifier": """\
bool, default=False
Whether rows may be unlabelled: those with y = -1 (text labels with dtype object; several labels -1
throughout). With ``strategy="pare"`` they join the intermediate modalities, where the source's
patches still carry a label, and the predictions for them are to agree with those without
replacement; other strategies do not use them. Scaling and categories see them in any case.""",
        "regressor": """\
bool, default=False
Whether rows may be unlabelled: those with NaN in y. With ``strategy="pare"`` they join the
intermediate modalities, where the source's patches still carry a label, and the predictions for
them are to agree with those without replacement; other strategies do not use them. Scaling and
categories see them in any case.""",
    },
    "n_jobs": """\
int, None or "auto", default="auto"
Members trained at once by joblib, each in a process of its own; None and negative numbers as in
joblib. ``"auto"`` is what `joblib.parallel_config` says, so that a cluster can train them; without
it as many as torch has threads where the training would take some ten seconds, else 1. It is 1 on a
GPU, with `callbacks`, with a module or a large model as the backbone, and with a `time_limit` below
20 seconds.
It changes no result: a member has the same share of torch's threads, however many train at
once.""",
    "device": """\
str or torch.device, default="auto"
Where to compute; ``"auto"`` is the GPU if there is one, CUDA's, ROCm's or Intel's; ``"mps"``, a
Mac's, only where it is named. ``"accelerate"``: the processes that
``accelerate launch`` or ``torchrun`` started this script in share the training, each on its own
device; needs the package accelerate and `n_jobs` of 1, see docs/guide/several_processes.md.""",
    "precision": """\
{"auto", "float32", "bfloat16"}, default="auto"
Number format of the computation; ``"auto"`` is bfloat16 mixed precision on a GPU and float32
elsewhere.""",
    "gradient_checkpointing": """\
bool, default=False
Whether the backward pass computes again what the encoder's layers hold in between: less memory,
about a third more time.""",
    "random_state": """\
int, RandomState or None, default=None
Fixes folds, weights and order of the samples: an int gives the same result bit for bit on one
machine with one thread count. None draws a new seed from the operating system. Global random states
stay as they are.""",
    "verbose": """\
int, default=0
1 shows a bar over the epochs of all members, with the time left, and ends with a line on the fit; 2
prints the history of each member besides, a row an epoch with all that ``history_`` has and what
`callbacks` note.""",
    "label_smoothing": """\
float, default=0.1
Share of a label that is spread evenly over all classes while training, in [0, 1); not with the
focal loss.""",
    "class_weight": """\
"balanced", dict or None, default=None
Weights of the classes, multiplied with the sample weights. Where y is a matrix or maps, the classes
are 0 and 1: ``{0: 1, 1: 5}`` counts present labels five times, ``"balanced"`` evens out absent and
present for each label.""",
}

OWN_ATTRIBUTES = {
    "classifier": """\
classes_ : ndarray of shape (n_classes,)
    Class labels; of several labels their numbers, of maps 0 and 1.
target_ : Classes or Indicators
    Checks and codes targets, and turns outputs into probabilities.
""",
    "regressor": """\
target_ : Continuous
    Checks and scales targets, and brings outputs back to their units.
y_scaler_ : TargetScaler
    Standardises the targets.
y_shape_ : tuple of int
    Shape of a target: ``()``, ``(n_outputs,)``, or that of a field.
""",
}


def documented(kind: Kind) -> Callable[[Estimator], Estimator]:
    """Fill the shared texts into the docstring of an estimator.

    Parameters
    ----------
    kind : {"classifier", "regressor"}
        Whose texts, where they differ.

    Returns
    -------
    callable
        Decorator of a dataclass, whose docstring has ``{parameters}``, ``{attributes}`` and
        ``{references}`` in it, each on a line of its own.

    Raises
    ------
    KeyError
        If a parameter has no text.
    """

    def fill(estimator: Estimator) -> Estimator:
        names = [parameter.name for parameter in fields(estimator)]
        sections = {
            "parameters": HEADS + "\n" + _section("Parameters", _describe(names, kind)),
            "attributes": _section("Attributes", OWN_ATTRIBUTES[kind] + ATTRIBUTES),
            "references": _section("References", REFERENCES + OWN_REFERENCES[kind]),
        }
        for name, text in sections.items():
            filled = indent(text, "    ").strip()
            estimator.__doc__ = (estimator.__doc__ or "").replace(f"{{{name}}}", filled)
        return estimator

    return fill


def _describe(names: list[str], kind: Kind) -> str:
    """Entries of parameters, in the order of the names."""
    entries = []
    for name in names:
        text = PARAMETERS[name]
        kind_of_value, description = (text if isinstance(text, str) else text[kind]).split("\n", 1)
        entries.append(f"{name} : {kind_of_value}\n{indent(description, '    ')}\n")
    return "".join(entries)


def _section(title: str, body: str) -> str:
    return f"{title}\n{'-' * len(title)}\n{body}"
