"""The nine tasks of PDEBench: one step from an initial state or a coefficient to a solution."""

from __future__ import annotations

from dataclasses import dataclass

FLOW_1D = ("density", "pressure", "Vx")
FLOW_2D = (*FLOW_1D, "Vy")
FLOW_1D_FILE = "1D_CFD_Rand_Eta0.1_Zeta0.1_periodic_Train.hdf5"
FLOW_2D_FILE = "2D_CFD_Rand_M1.0_Eta0.1_Zeta0.1_periodic_128_Train.hdf5"
LINE, SQUARE = (1024,), (128, 128)


@dataclass(frozen=True)
class Task:
    """What is read of which file.

    Parameters
    ----------
    name : str
        Of the task, on the command line.
    file : str
        Name of the official file. Of a ``.hdf5`` file a data set holds all samples, and the first
        tenth of them is the test set; of a ``.h5`` file a group holds one sample, and the last
        tenth is the test set.
    grid : tuple of int
        Points of the file in space.
    shape : tuple of int
        Channels and points of x and of y.
    last_step : int
        Step of y in the file, where x is step 0: the last one in the window of the published
        experiments. 0 where y is steady and x is a coefficient, without time.
    inputs, outputs : tuple of (str or int)
        What x and y are made of: data sets, or channels of a group's data set.
    stride : int
        Each how many points of a dimension are kept.
    normalised : bool
        Whether x and y are standardised pointwise by the x of the training set.
    """

    name: str
    file: str
    grid: tuple[int, ...]
    shape: tuple[int, ...]
    last_step: int
    inputs: tuple[str | int, ...] = ("tensor",)
    outputs: tuple[str | int, ...] = ("tensor",)
    stride: int = 1
    normalised: bool = False

    @property
    def grouped(self) -> bool:
        """Whether the file holds one group a sample."""
        return self.file.endswith(".h5")

    @property
    def steady(self) -> bool:
        """Whether x is a coefficient, which has no time."""
        return self.last_step == 0


# As in the published experiments, diffusion-reaction-2d is from the activator to the inhibitor.
# fmt: off
_TASKS = (
    Task("advection", "1D_Advection_Sols_beta0.4.hdf5", LINE, (1, 256), 200, stride=4),
    Task("burgers", "1D_Burgers_Sols_Nu1.0.hdf5", LINE, (1, 1024), 200),
    Task("diffusion-reaction-1d", "ReacDiff_Nu0.5_Rho1.0.hdf5", LINE, (1, 1024), 29),
    Task("diffusion-sorption", "1D_diff-sorp_NA_NA.h5", LINE, (1, 1024), 100, (0,), (0,)),
    Task("navier-stokes-1d", FLOW_1D_FILE, LINE, (1, 3072), 100, FLOW_1D, FLOW_1D, normalised=True),
    Task("darcy", "2D_DarcyFlow_beta0.1_Train.hdf5", SQUARE, (1, 64, 64), 0, ("nu",), stride=2),
    Task("shallow-water", "2D_rdb_NA_NA.h5", SQUARE, (1, 128, 128), 100, (0,), (0,)),
    Task("diffusion-reaction-2d", "2D_diff-react_NA_NA.h5", SQUARE, (1, 128, 128), 100, (0,), (1,)),
    Task("navier-stokes-2d", FLOW_2D_FILE, SQUARE, (4, 64, 64), 20, FLOW_2D, FLOW_2D, stride=2),
)
# fmt: on

TASKS = {task.name: task for task in _TASKS}
