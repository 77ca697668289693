"""The equations that are solved here, by the name of their task."""

from __future__ import annotations

from benchmarks.pdebench.equations import (
    advection,
    burgers,
    darcy,
    diffusion_reaction,
    diffusion_sorption,
)

EQUATIONS = {
    "advection": advection.EQUATION,
    "burgers": burgers.EQUATION,
    "diffusion-reaction-1d": diffusion_reaction.EQUATION,
    "diffusion-sorption": diffusion_sorption.EQUATION,
    "darcy": darcy.EQUATION,
}
