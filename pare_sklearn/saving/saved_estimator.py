"""Methods of an estimator that save it and load it."""

from __future__ import annotations

import os

import torch
from typing_extensions import Self

from pare_sklearn.saving.estimators import load_estimator, save_estimator
from pare_sklearn.utils.surroundings import undisturbed


class SavedEstimator:
    """An estimator that a file without pickles can hold."""

    @undisturbed
    def save(self, path: str | os.PathLike) -> None:
        """Save the fitted estimator as one file of safetensors and JSON, without pickles.

        It holds the parameters, all fitted attributes and the weights, but no training data, save
        for numbers by which a warm start knows rows again. Weights that the Hugging Face hub has
        are left out; `load` takes them from its cache, or downloads them.

        Parameters
        ----------
        path : str or path-like
            File to write; an earlier one is replaced once the new one is whole.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        TypeError
            If the backbone was given as an `nn.Module`.
        OSError
            If the file cannot be written.

        Warns
        -----
        UserWarning
            Names the parameters that are code or data, such as `callbacks` or arrays as `source`:
            the loaded estimator has their defaults.

        See Also
        --------
        load : Load what was saved.
        """
        save_estimator(self, path)

    @classmethod
    @undisturbed
    def load(cls, path: str | os.PathLike, device: str | torch.device = "cpu") -> Self:
        """Load an estimator that `save` has written; no code in the file is run.

        Parameters
        ----------
        path : str or path-like
            File to read.
        device : str or torch.device, default="cpu"
            Where to predict; ``"auto"`` is the GPU if there is one. The parameter `device` stays as
            it was, for another fit.

        Returns
        -------
        estimator
            With the same libraries on the same kind of processor it predicts bit for bit the same.

        Raises
        ------
        ValueError
            If the file is damaged, was not written by `save`, holds an estimator of the other
            class, or is of a later format; if the device is unknown.
        ConnectionError
            If the weights of a backbone of the hub are needed, are not in its cache, and the hub
            does not answer.
        ImportError
            If the backbone needs a package that is not installed.
        OSError
            If the file cannot be read.

        Warns
        -----
        UserWarning
            If a later version of this package wrote the file.

        Examples
        --------
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> from pare_sklearn import PaReRegressor
        >>> X, y = [[0.0], [1.0], [2.0], [3.0]], [0.0, 1.0, 2.0, 3.0]
        >>> reg = PaReRegressor(n_estimators=1, max_epochs=1, random_state=0).fit(X, y)
        >>> with TemporaryDirectory() as folder:
        ...     path = Path(folder, "reg.safetensors")
        ...     reg.save(path)
        ...     again = PaReRegressor.load(path)
        >>> bool((again.predict(X) == reg.predict(X)).all())
        True
        """
        return load_estimator(cls, path, device)
