"""What the docstrings of both estimators tell of fitted attributes."""

ATTRIBUTES = """\
n_features_in_ : int
    Number of features seen in fit; of sequences and images that of the channels.
feature_names_in_ : ndarray of shape (n_features_in_,)
    Names of the features, if all are strings.
history_ : list of dict
    A row an epoch: ``member``, ``stage`` (``"align"``, whose ``train_loss`` is the OTDD, or
    ``"finetune"``), ``epoch``, ``k``, ``lam``, ``train_loss``, its terms ``target_loss``,
    ``intermediate_loss``, ``consistency_loss`` and ``source_loss``, ``source_accuracy`` (how often
    h_s tells the class of an intermediate sample; None at k = 0), ``validation_score`` (of the
    held-out samples, by `scoring` or minus the loss; None without any), ``seconds``.
ensemble_ : Ensemble
    The members and what beside them predicts; what follows down to ``otdd_`` is part of it.
estimators_ : list of PaReNet
    The fitted skorch nets, one a member.
net_ : PaReNet
    The first of them.
blend_ : ndarray of shape (1,) or (2,)
    Factors of the nets' outputs and of the linear probes'.
probe_ : Probe or None
    The linear probes.
feature_importances_ : ndarray of shape (n_features_in_,)
    How much each column of a table moves the loss; not what the gate scores say. Sums to 1.
support_ : bool ndarray of shape (n_features_in_,)
    Which columns of a table are looked at.
features_ : ColumnFeatures, RandomConvolutions, FrozenFeatures, PrincipalComponents or None
    What they see.
n_patches_ : int
    Patches n of a sample.
modality_ : Tables, Sequences or Images
    Checks and scales samples, and builds their embedder.
source_ : str or None
    Name of the source used; ``"given"`` for arrays, None where the strategy uses none.
otdd_ : dict of str to float or None
    OTDD of each source to the untrained target, the nearest first; None without a choice.
budget_ : Budget
    `n_estimators`, `batch_size`, `max_epochs`, `patience`, `n_jobs` and `early_stopping`, chosen
    where they were "auto".
lr_ : float
    Peak learning rate, chosen where it was "auto".
mixing_ : Mixing
    `k_schedule`, `k_start`, `k_end` and `mix_weight` as used, and ``exploration``: of the epochs
    in which k falls, the share in which the gate's scores are noisy and the gate learns.
"""
