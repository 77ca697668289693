"""torch's AdamW, apart from torch's compiler."""

from __future__ import annotations

from inspect import unwrap

import torch

TORCHS = torch.optim.AdamW


class AdamW(TORCHS):
    """AdamW of torch, whose methods do not import torch's compiler.

    Those of torch's optimizers do, to leave themselves out of what is compiled. That takes more
    than a second and some 40 MiB in each process that trains, and nothing is compiled here.
    """

    add_param_group = unwrap(TORCHS.add_param_group)
    load_state_dict = unwrap(TORCHS.load_state_dict)
    state_dict = unwrap(TORCHS.state_dict)
    step = torch.no_grad()(unwrap(TORCHS.step))
    zero_grad = unwrap(TORCHS.zero_grad)
