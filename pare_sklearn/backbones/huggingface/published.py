"""How much of the source PaRe mixes in, by what the data is.

Read from the code of the authors (BIT-DA/PaRe): Swin-B on CIFAR-10, RoBERTa-base on sequences and
tables, Swin-B on dense fields.
"""

from pare_sklearn.recipe import Mixing

N_PATCHES = 3136
MIXINGS = {
    "image": Mixing(2000 / N_PATCHES, 500 / N_PATCHES, mix_weight=1.0, exploration=10 / 60),
    "line": Mixing(1.0, 0.0, mix_weight=0.1, exploration=5 / 30),
    "field": Mixing(1000 / N_PATCHES, 500 / N_PATCHES, mix_weight=0.3, exploration=10 / 60),
}
