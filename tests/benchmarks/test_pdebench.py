"""PDEBench's files: reading them, the metric, generating stand-ins for them."""

import sys
from dataclasses import replace

import h5py
import numpy as np
import pytest

from benchmarks.fits.relative_error import mean_relative_error as nrmse
from benchmarks.pdebench import generating
from benchmarks.pdebench.__main__ import main
from benchmarks.pdebench.equations import EQUATIONS
from benchmarks.pdebench.reading import read_task
from benchmarks.pdebench.tasks import TASKS
from benchmarks.unavailable import Unavailable

ADVECTION = TASKS["advection"]
# Of each official file: dimensions of a sample, and names of the data sets.
LAYOUTS = {
    "advection": ((201, 1024), ["tensor"]),
    "burgers": ((201, 1024), ["tensor"]),
    "diffusion-reaction-1d": ((101, 1024), ["tensor"]),
    "diffusion-sorption": ((101, 1024, 1), ["data"]),
    "navier-stokes-1d": ((101, 1024), ["density", "pressure", "Vx"]),
    "darcy": ((1, 128, 128), ["tensor"]),
    "shallow-water": ((101, 128, 128, 1), ["data"]),
    "diffusion-reaction-2d": ((101, 128, 128, 2), ["data"]),
    "navier-stokes-2d": ((21, 128, 128), ["density", "pressure", "Vx", "Vy"]),
}
SHAPES = {
    "advection": (1, 256),
    "navier-stokes-1d": (1, 3072),
    "darcy": (1, 64, 64),
    "shallow-water": (1, 128, 128),
    "diffusion-reaction-2d": (1, 128, 128),
    "navier-stokes-2d": (4, 64, 64),
}
WINDOW = {"diffusion-reaction-1d": 30}  # steps; elsewhere all of them
N = 23


def steps_of(name, n=N):
    """Random fields at the first step and at the last one of the window, (n, 2, names, *space)."""
    layout, names = LAYOUTS[name]
    rng = np.random.default_rng(sorted(LAYOUTS).index(name))
    return rng.normal(2, 1, size=(n, 2, len(names), *layout[1:])).astype(np.float32)


def write(folder, name, n=N):
    """Write a file as the official one, NaN wherever its task has no business; give its fields."""
    layout, names = LAYOUTS[name]
    last, fields = WINDOW.get(name, layout[0]) - 1, steps_of(name, n)
    with h5py.File(folder / TASKS[name].file, "w") as file:
        many = {"fillvalue": np.nan, "dtype": "f4"}
        if names == ["data"]:
            for i in range(n):
                data = file.create_dataset(
                    f"{i:04d}/data", layout, chunks=(1, *layout[1:]), compression="lzf", **many
                )
                data[0], data[last] = fields[i, :, 0]
            return fields
        for j, data_set in enumerate(names):
            data = file.create_dataset(data_set, (n, *layout), chunks=(1, 1, *layout[1:]), **many)
            data[:, 0] = fields[:, 0, j]
            data[:, last] = fields[:, 1, j]
        if name == "darcy":
            file["nu"], file["tensor"][:, 0] = fields[:, 0, 0], fields[:, 1, 0]
        file["x-coordinate"] = np.zeros(layout[1])
    return fields


def expected(name, fields):
    """What x and y are of these fields, sample by sample."""
    x, y = [], []
    for first, last in fields:
        if name == "diffusion-reaction-2d":  # activator to inhibitor
            first, last = first[0, ..., :1], last[0, ..., 1:]
        elif LAYOUTS[name][1] == ["data"]:
            first, last = first[0], last[0]
        if LAYOUTS[name][1] == ["data"]:
            first, last = np.moveaxis(first, -1, 0), np.moveaxis(last, -1, 0)
        stride = {"advection": 4, "darcy": 2, "navier-stokes-2d": 2}.get(name, 1)
        points = (slice(None), *[slice(None, None, stride)] * (first.ndim - 1))
        shape = SHAPES.get(name, (1, 1024))
        x.append(first[points].reshape(shape))
        y.append(last[points].reshape(shape))
    return np.array(x), np.array(y)


@pytest.mark.parametrize("name", LAYOUTS)
def test_reading(tmp_path, name):
    x, y = expected(name, write(tmp_path, name))
    train, test = read_task(TASKS[name], tmp_path)
    if TASKS[name].file.endswith(".h5"):
        rows = slice(0, 21), slice(21, 23)
    else:
        rows = slice(2, 23), slice(0, 2)
    if name == "navier-stokes-1d":
        mean = x[rows[0]].sum(axis=0) / 21
        deviation = np.sqrt(((x[rows[0]] - mean) ** 2).sum(axis=0) / 20)
        x, y = ((part - mean) / (deviation + 1e-5) for part in (x, y))
    for read, where in zip((train, test), rows, strict=True):
        np.testing.assert_allclose(read.x, x[where], rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(read.y, y[where], rtol=1e-4, atol=1e-5)
        assert read.x.dtype == read.y.dtype == np.float32
        assert read.x.shape[1:] == read.y.shape[1:] == TASKS[name].shape


def test_the_table_has_the_nine_tasks():
    assert set(TASKS) == set(LAYOUTS)
    assert TASKS["navier-stokes-1d"].normalised
    assert sum(task.normalised for task in TASKS.values()) == 1


@pytest.mark.parametrize("name", LAYOUTS)
def test_no_more_is_read_than_is_given(tmp_path, monkeypatch, name):
    write(tmp_path, name, n=10)
    sizes, read = [], h5py.Dataset.__getitem__

    def spy(self, selection):
        values = read(self, selection)
        sizes.append(values.size)
        return values

    monkeypatch.setattr(h5py.Dataset, "__getitem__", spy)
    train, test = read_task(TASKS[name], tmp_path)
    channels = 2 if name == "diffusion-reaction-2d" else 1  # a pixel's channels lie together
    assert sum(sizes) == channels * sum(part.size for part in (*train, *test))


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def spoil_chunk(path):
    with h5py.File(path, "r+") as file:
        del file["0003/data"]
        zeros = file.create_dataset("0003/data", data=np.zeros((101, 1024, 1)), compression="lzf")
        offset = zeros.id.get_chunk_info(0).byte_offset
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(b"\xff" * 200)


def altered(change):
    """A damage that changes an open file."""

    def damage(path):
        with h5py.File(path, "r+") as file:
            change(file)

    return damage


def put(name, shape, dtype="f4"):
    """A damage that puts another data set in the place of one."""

    def change(file):
        del file[name]
        file.create_dataset(name, shape, dtype)

    return altered(change)


@pytest.mark.parametrize(
    ("name", "damage", "message"),
    [
        ("advection", lambda path: path.unlink(), "is missing; .*darus-2986"),
        ("advection", cut, "damaged, or no HDF5 file"),
        ("advection", lambda path: path.write_bytes(b"Not found"), "damaged, or no HDF5 file"),
        ("advection", lambda path: path.write_bytes(b""), "damaged, or no HDF5 file"),
        ("diffusion-sorption", cut, "damaged, or no HDF5 file"),
        ("diffusion-sorption", spoil_chunk, "damaged, or no HDF5 file"),
        ("advection", altered(lambda file: file.move("tensor", "u")), "no data set 'tensor'"),
        ("darcy", altered(lambda file: file.move("nu", "a")), "no data set 'nu'"),
        ("navier-stokes-2d", altered(lambda file: file.move("Vy", "Vz")), "no data set 'Vy'"),
        ("shallow-water", altered(lambda file: file.move("0004/data", "0004/u")), "'0004/data'"),
        ("shallow-water", altered(lambda file: file.create_group("x")), "no data set 'x/data'"),
        (
            "diffusion-sorption",
            altered(lambda file: file.move("0004/data", "a")),
            "set '0004/data'",
        ),
        ("advection", put("tensor", (10, 201, 1024, 1)), r"shape \(10, 201, 1024, 1\), not"),
        ("advection", put("tensor", (10, 1024)), r"shape \(10, 1024\), not \(0, 201, 1024\)"),
        ("advection", put("tensor", (10, 200, 1024)), "not .*201"),
        ("advection", put("tensor", (10, 201, 512)), "not .*1024"),
        ("advection", put("tensor", (10, 201, 2048)), "not .*1024"),
        ("advection", put("tensor", (10, 201, 1024), "i4"), "int32, not floating point"),
        ("darcy", put("nu", (10, 1, 128, 128)), "data set 'nu' has shape"),
        ("darcy", put("nu", (11, 128, 128)), "differ in their number of samples"),
        ("diffusion-reaction-2d", put("0002/data", (101, 128, 128, 1)), "'0002/data' has shape"),
        ("advection", put("tensor", (9, 201, 1024)), "too few samples to split: 9"),
        ("shallow-water", altered(lambda file: file.clear()), "too few samples to split: 0"),
    ],
)
def test_what_is_wrong_with_a_file_is_one_line(tmp_path, name, damage, message):
    write(tmp_path, name, n=10)
    damage(tmp_path / TASKS[name].file)
    with pytest.raises(Unavailable, match=message) as failure:
        read_task(TASKS[name], tmp_path)
    assert TASKS[name].file in str(failure.value)
    assert "\n" not in str(failure.value)


def generate(name, folder, *options):
    return main(["generate", "--tasks", name, "--data", str(folder), "--samples", "1", *options])


def test_without_h5py_the_extra_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(Unavailable, match=r"pip install 'pare-sklearn\[bench\]'"):
        read_task(ADVECTION, tmp_path)
    assert (
        main(["generate", "--tasks", "advection", "--data", str(tmp_path), "--samples", "1"]) == 1
    )
    assert "pare-sklearn[bench]" in capsys.readouterr().err


# The metric


def test_nrmse_against_a_loop():
    rng = np.random.default_rng(0)
    true, pred = rng.normal(size=(2, 6, 2, 4, 5))
    errors = []
    for n in range(6):
        error = size = 0.0
        for c in range(2):
            for i in range(4):
                for j in range(5):
                    error += (pred[n, c, i, j] - true[n, c, i, j]) ** 2
                    size += true[n, c, i, j] ** 2
        errors.append((error / size) ** 0.5)
    assert nrmse(true, pred) == pytest.approx(sum(errors) / 6)
    assert nrmse(true, true) == 0
    assert nrmse(true, np.zeros_like(true)) == pytest.approx(1)


def test_nrmse_of_large_float32_does_not_overflow():
    assert nrmse(np.full((1, 1, 4), 1e30, np.float32), np.zeros((1, 1, 4))) == pytest.approx(1)


def test_nrmse_refuses_what_it_has_no_value_for():
    with pytest.raises(ValueError, match="zero everywhere"):
        nrmse([[1.0, 0.0], [0.0, 0.0]], [[1.0, 0.0], [0.0, 0.0]])
    with pytest.raises(ValueError, match="predicted as"):
        nrmse(np.ones((2, 1, 3)), np.ones((2, 3)))


# Generating


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    """A folder with ten samples of each equation, made in three batches."""
    folder = tmp_path_factory.mktemp("generated")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generating, "BATCH", 4)
        for name in EQUATIONS:
            generating.generate(name, folder, 10, seed=3)
    return folder


@pytest.mark.parametrize("name", EQUATIONS)
def test_generated_files_are_laid_out_as_the_official_ones(generated, name):
    layout, names = LAYOUTS[name]
    with h5py.File(generated / TASKS[name].file) as file:
        if names == ["data"]:
            assert sorted(file) == [f"{i:04d}" for i in range(10)]
            data_sets, grid = [file["0009/data"]], file["0009/grid"]
            assert data_sets[0].shape == layout
            axes = {axis: grid[axis].shape for axis in grid}
            assert axes == {"x": (1024,), "t": (101,)}
        else:
            data_sets = [file[data_set] for data_set in names]
            assert data_sets[0].shape == (10, *layout)
            assert file["x-coordinate"].shape == layout[-1:]
            assert file["x-coordinate"][0] == pytest.approx(0.5 / layout[-1])
        assert all(data_set.dtype == np.float32 for data_set in data_sets)
        assert file.attrs["seed"] == 3
    train, test = read_task(TASKS[name], generated)
    assert (train.x.shape, test.y.shape) == ((9, *TASKS[name].shape), (1, *TASKS[name].shape))
    assert np.isfinite(train.y).all()
    assert nrmse(train.y, train.x) > 0.1  # the step is one


def test_generated_files_tell_their_parameters(generated):
    told = {"advection": {"beta": 0.4}, "burgers": {"Nu": 1}, "darcy": {"beta": 0.1}}
    for name, parameters in {**told, "diffusion-reaction-1d": {"Nu": 0.5, "rho": 1}}.items():
        with h5py.File(generated / TASKS[name].file) as file:
            assert {key: file.attrs[key] for key in parameters} == parameters
            if "t-coordinate" in file:
                times = file["t-coordinate"][:]
                assert len(times) == file["tensor"].shape[1]
                assert times[1] == pytest.approx(0.01)


@pytest.mark.parametrize("name", EQUATIONS)
def test_a_sample_depends_on_the_seed_and_its_place_alone(generated, tmp_path, name):
    again = generating.generate(name, tmp_path, 2, seed=3)
    other = generating.generate(name, tmp_path / "other", 2, seed=4)
    fields = []
    for path in (generated / again.name, again, other):
        with h5py.File(path) as file:
            data = [file[f"{i:04d}/data"][:] for i in (0, 1)] if "0000" in file else file["tensor"]
            fields.append(np.array(data[:2]))
    np.testing.assert_allclose(fields[0], fields[1], atol=1e-5)
    assert abs(fields[0] - fields[2]).max() > 1e-3
    assert abs(fields[0][0] - fields[0][1]).max() > 1e-3


def interrupt_after(n_batches, simulate):
    left = iter(range(n_batches))

    def interrupted(generators):
        if next(left, None) is None:
            raise KeyboardInterrupt
        return simulate(generators)

    return interrupted


@pytest.mark.parametrize("name", ["advection", "diffusion-sorption"])
@pytest.mark.parametrize("n_batches", [0, 1])
def test_an_interruption_leaves_no_file(tmp_path, monkeypatch, capsys, name, n_batches):
    equation = EQUATIONS[name]
    broken = replace(equation, simulate=interrupt_after(n_batches, equation.simulate))
    monkeypatch.setitem(EQUATIONS, name, broken)
    monkeypatch.setattr(generating, "BATCH", 1)
    assert main(["generate", "--tasks", name, "--data", str(tmp_path), "--samples", "3"]) == 130
    assert list(tmp_path.iterdir()) == []
    assert "no file is written" in capsys.readouterr().err


def test_a_file_is_at_its_path_only_once_it_is_whole(tmp_path, monkeypatch):
    path, equation = tmp_path / ADVECTION.file, EQUATIONS["advection"]

    def simulate(generators):
        assert not path.exists()
        return equation.simulate(generators)

    monkeypatch.setitem(EQUATIONS, "advection", replace(equation, simulate=simulate))
    assert (
        main(["generate", "--tasks", "advection", "--data", str(tmp_path), "--samples", "1"]) == 0
    )
    assert list(tmp_path.iterdir()) == [path]


def test_an_official_file_is_not_overwritten(tmp_path, capsys):
    path = tmp_path / ADVECTION.file
    path.write_bytes(b"eight gigabytes")
    assert (
        main(["generate", "--tasks", "advection", "--data", str(tmp_path), "--samples", "1"]) == 1
    )
    assert path.read_bytes() == b"eight gigabytes"
    assert list(tmp_path.iterdir()) == [path]
    assert "is there already" in capsys.readouterr().err


def test_generating_tells_its_progress(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(generating, "BATCH", 2)
    options = ["--data", str(tmp_path / "new"), "--samples", "3"]
    assert main(["generate", "--tasks", "advection", *options]) == 0
    said = capsys.readouterr()
    assert said.out == f"{tmp_path / 'new' / ADVECTION.file}\n"
    assert [line.split(";")[0] for line in said.err.splitlines()] == [
        "[1/2] advection: 2 samples",
        "[2/2] advection: 3 samples",
    ]


@pytest.mark.parametrize(
    "argv",
    [
        ["generate", "--tasks", "shallow-water", "--data", "x", "--samples", "1"],
        ["generate", "--tasks", "advection", "--data", "x", "--samples", "0"],
        ["generate", "--tasks", "advection", "--data", "x", "--samples", "1", "--seed", "-1"],
        [],
    ],
)
def test_wrong_command_lines_are_refused(argv, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(argv)
    assert "error:" in capsys.readouterr().err


def test_what_cannot_be_written_is_one_line(tmp_path, capsys):
    (tmp_path / "file").touch()
    options = ["--data", str(tmp_path / "file"), "--samples", "1"]
    assert main(["generate", "--tasks", "advection", *options]) == 1
    assert capsys.readouterr().err.count("\n") == 1


# Listing


def test_describe_lists_the_tasks_and_tries_the_files(generated, tmp_path, capsys):
    assert main(["describe"]) == 0
    listing = capsys.readouterr().out
    for name, task in TASKS.items():
        row = next(line for line in listing.splitlines() if line.startswith(f"| {name} "))
        assert task.file in row
        assert (" yes " in row) == (name in EQUATIONS)
    (tmp_path / ADVECTION.file).write_bytes(b"Not found")
    (tmp_path / TASKS["darcy"].file).symlink_to(generated / TASKS["darcy"].file)
    assert main(["describe", "--data", str(tmp_path)]) == 0
    rows = {line.split()[1]: line for line in capsys.readouterr().out.splitlines() if "|" in line}
    assert "9 train, 1 test" in rows["darcy"]
    assert "damaged" in rows["advection"]
    assert "missing" in rows["burgers"]
