"""skrub's TableVectorizer in front: dates and free text become numbers."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from pare_sklearn import PaReRegressor

pd = pytest.importorskip("pandas")
skrub = pytest.importorskip("skrub")

N = 120
RNG = np.random.default_rng(0)
X = pd.DataFrame(
    {
        "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(RNG.integers(0, 600, N), unit="D"),
        "shop": RNG.choice(["north", "south"], N),
        "note": [f"parcel {number} to street {number % 7}" for number in range(N)],
    }
)
Y = X["day"].dt.month + 3.0 * (X["shop"] == "north")


@pytest.fixture(scope="module")
def model():
    vectorizer = skrub.TableVectorizer(
        low_cardinality="passthrough", high_cardinality=skrub.StringEncoder(n_components=4)
    )
    reg = PaReRegressor(n_estimators=1, max_epochs=15, random_state=0)
    return make_pipeline(vectorizer, reg).fit(X[:90], Y[:90])


def test_dates_categories_and_text(model):
    assert model.score(X[90:], Y[90:]) > 0.3
    # The shop stays a category.
    assert len(model[-1].modality_.encoder_.categorical_) == 1


def test_it_can_be_cloned(model):
    assert clone(model)[-1].get_params() == model[-1].get_params()


def test_without_it_dates_are_refused():
    with pytest.raises(TypeError, match="day"):
        PaReRegressor(max_epochs=1).fit(X, Y)
