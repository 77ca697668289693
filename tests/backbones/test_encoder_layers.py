"""Which layers an encoder has."""

import pytest
from torch import nn

from pare_sklearn.backbones import load_backbone
from pare_sklearn.backbones.layers import encoder_layers


class Stack(nn.Module):
    """Encoder whose layers stand in an attribute of its own."""

    def __init__(self, layers):
        super().__init__()
        self.first = nn.Linear(2, 2)
        self.layers = layers


def test_the_attribute_layers_comes_first():
    parts = [nn.Linear(2, 2), nn.LayerNorm(2)]
    for layers in (parts, tuple(parts), nn.ModuleList(parts)):
        assert encoder_layers(Stack(layers)) == parts


def test_else_the_children_of_a_sequential_or_the_encoder_itself():
    encoder = load_backbone("embedded", 0.0).encoder
    assert encoder_layers(encoder) == list(encoder.children())
    alone = nn.Linear(2, 2)
    assert encoder_layers(alone) == [alone]


@pytest.mark.parametrize("layers", [6, ["first"]])
def test_layers_that_are_no_modules(layers):
    with pytest.raises(TypeError, match=r"encoder\.layers of Stack is .*nn\.Module"):
        encoder_layers(Stack(layers))
