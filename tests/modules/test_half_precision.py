import copy
import pickle

import pytest
import torch
from torch import nn

from pare_sklearn.modules.half_precision import HalfPickled, is_half, round_to_half


class Net(HalfPickled):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(30, 40)
        self.tied = self.first
        self.frozen = nn.Linear(40, 5).requires_grad_(False)
        self.nothing = None
        self.register_module("empty", None)


def test_weights_that_train_become_the_nearest_of_float16():
    net = Net()
    before = {name: weight.clone() for name, weight in net.named_parameters()}
    round_to_half(net)
    weight = net.first.weight
    assert weight.dtype == torch.float32
    assert torch.equal(weight, before["first.weight"].half().float())
    moved = (weight - before["first.weight"]).abs()
    assert (moved <= 2**-11 * weight.abs() + 2**-25).all()
    assert torch.equal(net.frozen.weight, before["frozen.weight"])


def test_weights_too_large_for_float16_stay():
    net = Net()
    with torch.no_grad():
        net.first.weight[0, 0] = 1e6
    round_to_half(net)
    assert net.first.weight[0, 0] == 1e6
    assert not is_half(net.first.weight)


@pytest.mark.parametrize("remake", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_copies_have_the_same_bits(remake):
    net = Net()
    round_to_half(net)
    with torch.no_grad():
        net.first.bias[0] = -0.0
    copied = remake(net)
    assert copied.tied is copied.first
    for name, weight in net.state_dict().items():
        twin = copied.state_dict()[name]
        assert twin.dtype == weight.dtype
        assert torch.equal(twin.view(torch.int32), weight.view(torch.int32))
    assert not copied.frozen.weight.requires_grad
    assert copied.first.weight.requires_grad
    # What was pickled is as it was.
    assert net.first.weight.dtype == torch.float32


def test_pickles_are_half_as_large():
    net = Net()
    whole = len(pickle.dumps(net))
    round_to_half(net)
    assert whole - len(pickle.dumps(net)) > 1.8 * net.first.weight.numel()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e-9, 1 / 3, 7e4])
def test_what_float16_does_not_hold_is_no_half(value):
    assert is_half(torch.tensor([value])) == (value == float("inf"))
