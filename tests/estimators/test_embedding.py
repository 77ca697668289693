"""Features of the body as it is before fine-tuning."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from pare_sklearn import PaReClassifier, PaReEmbedding
from pare_sklearn.backbones import load_backbone

RNG = np.random.default_rng(0)
SAMPLES = {
    "table": RNG.normal(size=(40, 4)),
    "sequences": RNG.normal(size=(40, 2, 50)),
    "images": RNG.normal(size=(40, 1, 12, 12)),
    "frame": pd.DataFrame({"a": RNG.normal(size=40), "b": list("xyzx") * 10}),
}


@parametrize_with_checks([PaReEmbedding(n_views=1)])
def test_contract(estimator, check):
    check(estimator)


@pytest.mark.parametrize("kind", SAMPLES)
def test_they_are_what_the_pretrained_encoder_makes_of_the_tokens(kind):
    X = SAMPLES[kind]
    embedding = PaReEmbedding(n_views=2, random_state=0).fit(X)
    features = embedding.transform(X)
    encoder = load_backbone("embedded", 0.0).encoder.eval()
    inputs = embedding.modality_.transform(
        embedding.modality_.validate(X, "no_validation", embedding, reset=False)
    )
    with torch.no_grad():
        views = [
            encoder(embedder(**inputs)).mean(dim=1).numpy()
            for embedder in embedding.features_.embedders
        ]
    assert features.shape == (40, 128)
    assert np.abs(views[0] - views[1]).max() > 1e-3
    np.testing.assert_allclose(features, np.hstack(views), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", SAMPLES)
def test_the_same_bits_twice_and_in_any_batch(kind):
    X = SAMPLES[kind]
    embedding = PaReEmbedding(n_views=2, random_state=0)
    features = embedding.fit_transform(X)
    np.testing.assert_array_equal(clone(embedding).fit(X).transform(X), features)
    np.testing.assert_array_equal(embedding.transform(X[:7]), features[:7])
    again = pickle.loads(pickle.dumps(embedding))
    np.testing.assert_array_equal(again.transform(X), features)
    assert not (PaReEmbedding(n_views=2, random_state=1).fit_transform(X) == features).all()


def test_they_are_what_the_linear_probes_of_images_see():
    X, y = np.random.default_rng(0).normal(size=(60, 1, 8, 8)), np.arange(60) % 2
    model = PaReClassifier(n_estimators=1, max_epochs=1, source="digits", random_state=0).fit(X, y)
    embedding = PaReEmbedding(random_state=0).fit(X)
    features = embedding.transform(X)
    assert features.shape == (60, 1024)
    # With the codes of the probes, which are drawn from another seed.
    embedding.features_ = model.features_
    inputs = model._rows(X).inputs
    np.testing.assert_allclose(embedding.transform(X), model.features_(**inputs), atol=1e-5)


def test_set_output_and_names():
    X = SAMPLES["table"]
    for library, frame in (("pandas", pd.DataFrame), ("polars", pl.DataFrame)):
        embedding = PaReEmbedding(n_views=1).set_output(transform=library)
        features = embedding.fit_transform(X)
        assert isinstance(features, frame)
        assert list(features.columns) == [f"pareembedding{i}" for i in range(64)]
        assert list(features.columns) == list(embedding.get_feature_names_out())


def test_in_a_pipeline_with_missing_values_and_categories():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.normal(size=90), "b": rng.choice(["x", "y", "z"], 90)})
    y = (X["a"] > 0) ^ (X["b"] == "x")
    X.loc[::10, "a"] = np.nan
    pipeline = make_pipeline(
        PaReEmbedding(n_views=4, random_state=0), StandardScaler(), LogisticRegression()
    )
    assert pipeline.fit(X, y).score(X, y) > 0.85


def test_global_generators_and_a_failed_fit_leave_all_as_it_was():
    X = SAMPLES["table"]
    embedding = PaReEmbedding(n_views=1).fit(X)
    torch.manual_seed(0)
    before = torch.random.get_rng_state()
    features = embedding.transform(X)
    PaReEmbedding(n_views=1).fit(X)
    assert torch.equal(torch.random.get_rng_state(), before)
    with pytest.raises(ValueError, match="infinity"):
        embedding.fit(np.full((4, 3), np.inf))
    np.testing.assert_array_equal(embedding.transform(X), features)


@pytest.mark.parametrize(
    "wrong", [{"n_views": 0}, {"n_views": "many"}, {"backbone": "spine"}, {"modality": "text"}]
)
def test_parameters_are_checked(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=name):
        PaReEmbedding(**wrong).fit(SAMPLES["table"])


def test_float32_stays_float32():
    X = SAMPLES["images"].astype(np.float32)
    assert PaReEmbedding(n_views=1).fit_transform(X).dtype == np.float32
    assert PaReEmbedding(n_views=1).fit_transform(X.astype(float)).dtype == np.float64
