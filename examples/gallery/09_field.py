"""
The field of an equation
========================

Darcy's flow: from the permeability of a medium to the pressure at each point. Fields are targets
as others are.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.sparse import coo_array
from scipy.sparse.linalg import spsolve

from pare_sklearn import PaReRegressor

SIZE = 24


def solve(medium):
    """Pressure of -div(medium grad p) = 1 on a square with p = 0 around, by finite volumes."""
    cells = np.arange(SIZE**2).reshape(SIZE, SIZE)
    rows, columns, values = [], [], []
    diagonal = np.zeros((SIZE, SIZE))
    for axis in (0, 1):
        low, high = (np.delete(np.arange(SIZE), end) for end in (-1, 0))
        a, b = medium.take(low, axis), medium.take(high, axis)
        flow = 2 * a * b / (a + b)
        i, j = cells.take(low, axis), cells.take(high, axis)
        rows += [i, j]
        columns += [j, i]
        values += [-flow, -flow]
        np.add.at(diagonal.ravel(), i.ravel(), flow.ravel())
        np.add.at(diagonal.ravel(), j.ravel(), flow.ravel())
        for edge in (0, SIZE - 1):
            walls = cells.take(edge, axis)
            diagonal.ravel()[walls] += 2 * medium.ravel()[walls]
    rows, columns, values = (
        np.concatenate([part.ravel() for part in parts] + [last.ravel()])
        for parts, last in ((rows, cells), (columns, cells), (values, diagonal))
    )
    matrix = coo_array((values, (rows, columns))).tocsc()
    return spsolve(matrix, np.full(SIZE**2, SIZE**-2.0)).reshape(SIZE, SIZE)


# %%
# Media of two materials, at random.
rng = np.random.default_rng(0)
media = np.stack([gaussian_filter(rng.normal(size=(SIZE, SIZE)), 2.5) for _ in range(140)])
media = np.where(media > 0, 1.0, 0.2)
pressures = np.stack([solve(medium) for medium in media])
X, y = media[:, None], pressures[:, None]

# %%
# Fit 120 pairs; the last twenty are new.
reg = PaReRegressor(max_epochs=20, random_state=0).fit(X[:120], y[:120])
predicted = reg.predict(X[120:])
error = predicted - y[120:]
norm = np.linalg.norm
relative = norm(error.reshape(20, -1), axis=1) / norm(y[120:].reshape(20, -1), axis=1)
print(f"relative error of a field: {relative.mean():.3f} on the mean")

# %%
# The one whose error is in the middle.
row = np.argsort(relative)[10]
panels = {
    "medium": X[120 + row, 0],
    "pressure, true": y[120 + row, 0],
    "predicted": predicted[row, 0],
    "error": error[row, 0],
}
top, off = y[120 + row].max(), np.abs(error[row]).max()
figure, axes = plt.subplots(1, 4, figsize=(12, 3), layout="constrained")
for ax, (title, field) in zip(axes, panels.items(), strict=True):
    limits = {"medium": (0, 1), "error": (-off, off)}.get(title, (0, top))
    colours = {"medium": "Greys", "error": "RdBu"}.get(title, "viridis")
    drawn = ax.imshow(field, cmap=colours, vmin=limits[0], vmax=limits[1])
    figure.colorbar(drawn, ax=ax, shrink=0.75)
    ax.set_title(title)
    ax.set_axis_off()
plt.show()
