"""torch's AdamW, apart from torch's compiler."""

from __future__ import annotations

from inspect import unwrap

import torch
from torch import optim


class AdamW(optim.AdamW):
    """AdamW of torch, whose methods do not import torch's compiler.

    Those of torch's optimizers do, to leave themselves out of what is compiled. That takes more
    than a second and some 40 MiB in each process that trains, and nothing is compiled here.
    """

    add_param_group = unwrap(optim.AdamW.add_param_group)
    load_state_dict = unwrap(optim.AdamW.load_state_dict)
    state_dict = unwrap(optim.AdamW.state_dict)
    step = torch.no_grad()(unwrap(optim.AdamW.step))
    zero_grad = unwrap(optim.AdamW.zero_grad)
