"""The values that `inputs.ts` describes, to the bit: from the numbers of `random` in test/harness/random.ts."""

import math

import torch

WORD = 0xFFFFFFFF


def make_inputs(specs):
    return {spec["name"]: make_input(spec) for spec in specs}


def make_input(spec):
    length = math.prod(spec["shape"])
    if spec["kind"] == "uniform":
        values = (spec["offset"] + spec["scale"] * (2 * numbers(spec["seed"], length) - 1)).float()
    else:
        first = (numbers(spec["seed"], min(length, spec["period"])) * spec["limit"]).floor().long()
        values = first.repeat(-(-length // len(first)))[:length]
    return values.reshape(spec["shape"])


def numbers(seed, length):
    """The first so many of `random(seed)`, float64. In int64 a product may wrap: its low 32 bits are right all the same."""
    x = (seed + 0x9E3779B9 * torch.arange(1, length + 1)) & WORD
    x = ((x ^ (x >> 16)) * 0x21F0AAAD) & WORD
    x = ((x ^ (x >> 15)) * 0x735A2D97) & WORD
    return (x ^ (x >> 15)).double() / 2**32
