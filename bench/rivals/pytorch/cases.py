"""The cases of `case.ts`, as users of PyTorch write them."""

from dataclasses import dataclass
from typing import Callable

import torch
import torch.nn.functional as F

from model import Training, encoder_layer, multihead_attention


@dataclass
class Function:
    """A case that is one function of tensors in place; `layout` brings its results into those of bench/README.md."""

    names: tuple[str, ...]
    compute: Callable[[], tuple[torch.Tensor, ...]]
    layout: Callable[[torch.Tensor], torch.Tensor] = lambda tensor: tensor

    def run(self):
        self.compute()

    def result(self):
        return {name: self.layout(tensor) for name, tensor in zip(self.names, self.compute())}


def start(each, inputs):
    return STARTS[each["op"]](each, inputs)


def out(compute):
    """One result, with nothing kept for a backward pass."""

    @torch.inference_mode()
    def computed():
        return (compute(),)

    return Function(("out",), computed)


def matmul(each, inputs):
    a = inputs["a"].t() if each["transposeA"] else inputs["a"]
    b = inputs["b"].t() if each["transposeB"] else inputs["b"]
    return out(lambda: a @ b)


def softmax(_, inputs):
    x = inputs["x"]
    return out(lambda: F.softmax(x, dim=-1))


def layer_norm(_, inputs):
    x, weight, bias = inputs["x"], inputs["weight"], inputs["bias"]
    return out(lambda: F.layer_norm(x, weight.shape, weight, bias))


def attention(each, inputs):
    """Heads first, as `scaled_dot_product_attention` takes them."""
    query, key, value, *d_out = (tensor.transpose(1, 2).contiguous() for tensor in inputs.values())
    names = ("out", "dQuery", "dKey", "dValue") if d_out else ("out",)

    def forward():
        return F.scaled_dot_product_attention(query, key, value, is_causal=each["causal"])

    @torch.inference_mode()
    def alone():
        return (forward(),)

    def with_backward():
        attended = forward()
        return attended, *torch.autograd.grad(attended, (query, key, value), d_out)

    if d_out:
        for tensor in (query, key, value):
            tensor.requires_grad_()
    return Function(names, with_backward if d_out else alone, lambda tensor: tensor.transpose(1, 2))


def multihead(each, inputs):
    x = inputs.pop("x")
    module = multihead_attention(each, inputs)
    return out(lambda: module(x, x, x, need_weights=False)[0])


def encoder(each, inputs):
    x = inputs.pop("x")
    module = encoder_layer(each, inputs)
    return out(lambda: module(x))


STARTS = {
    "matmul": matmul,
    "softmax": softmax,
    "layerNorm": layer_norm,
    "attention": attention,
    "multiheadAttention": multihead,
    "encoderLayer": encoder,
    "trainingStep": Training,
}
