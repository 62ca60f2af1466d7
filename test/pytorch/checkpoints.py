"""The other side of checkpoints.test.ts: PyTorch writes a checkpoint of each model, or reads ours back and says what it computes.

    checkpoints.py write FOLDER     NAME.safetensors, and io.safetensors with each model's input and output
    checkpoints.py read FOLDER      ours/NAME.safetensors into the same models, strictly; ours/io.safetensors receives their outputs
"""

import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn

torch.manual_seed(7)

encoder_layer = lambda: nn.TransformerEncoderLayer(8, 2, 12, batch_first=True, norm_first=True, activation="gelu")
MODELS = {
    "encoder": (lambda: nn.TransformerEncoder(encoder_layer(), 2, nn.LayerNorm(8), enable_nested_tensor=False), (2, 5, 8)),
    "lstm": (lambda: nn.LSTM(6, 5, num_layers=2, bidirectional=True, batch_first=True), (2, 4, 6)),
    "attention": (lambda: nn.MultiheadAttention(8, 2, add_bias_kv=True, batch_first=True), (2, 5, 8)),
    "convolution": (lambda: nn.Sequential(nn.Conv1d(3, 4, 3, padding=1), nn.GELU(), nn.GroupNorm(2, 4)), (2, 3, 7)),
}


def output(model, x):
    with torch.no_grad():
        result = model.eval()(x, x, x) if isinstance(model, nn.MultiheadAttention) else model.eval()(x)
    return (result[0] if isinstance(result, tuple) else result).contiguous()


def write(folder):
    io = {}
    for name, (make, shape) in MODELS.items():
        model, x = make(), torch.randn(shape)
        save_file(model.state_dict(), folder / f"{name}.safetensors")
        io |= {f"{name}.x": x, f"{name}.out": output(model, x)}
    save_file(io, folder / "io.safetensors")


def read(folder):
    io = load_file(folder / "io.safetensors")
    ours = {}
    for name, (make, _) in MODELS.items():
        model = make()
        model.load_state_dict(load_file(folder / "ours" / f"{name}.safetensors"), strict=True)
        ours[name] = output(model, io[f"{name}.x"])
    save_file(ours, folder / "ours" / "io.safetensors")


{"write": write, "read": read}[sys.argv[1]](Path(sys.argv[2]))
