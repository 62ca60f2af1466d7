"""Modules with given parameters, and the training step."""

import torch
import torch.nn.functional as F
from torch import nn


def multihead_attention(each, state):
    return loaded(nn.MultiheadAttention(each["embedDim"], each["numHeads"], batch_first=True), state).eval()


def encoder_layer(each, state):
    return loaded(layer(each, dropout=0), state).eval()


def layer(each, dropout):
    return nn.TransformerEncoderLayer(each["embedDim"], each["numHeads"], each["dimFeedforward"], dropout, batch_first=True)


def loaded(module, state):
    module.load_state_dict(state)
    return module


class Classifier(nn.Module):
    """`SequenceClassifier`."""

    def __init__(self, each):
        super().__init__()
        width, dropout = each["embedDim"], each["dropout"]
        self.embedding = nn.Embedding(each["vocabSize"], width)
        self.register_buffer("positions", sinusoids(each["seqLen"], width), persistent=False)
        self.dropout = nn.Dropout(dropout)
        self.encoder = nn.TransformerEncoder(layer(each, dropout), each["numLayers"], enable_nested_tensor=False)
        self.classifier = nn.Linear(width, each["numClasses"])

    def forward(self, ids):
        x = self.dropout(self.embedding(ids) + self.positions)
        return self.classifier(self.encoder(x).mean(dim=1))


def sinusoids(length, width):
    """`[length, width]`, sine and cosine in turn."""
    angles = torch.arange(length).double()[:, None] / 10_000 ** (torch.arange(0, width, 2).double() / width)
    return torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(1).float()


class Training:
    def __init__(self, each, inputs):
        self.ids = inputs.pop("ids")
        self.labels = inputs.pop("labels")
        self.model = loaded(Classifier(each), inputs)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-3, weight_decay=0.01, fused=True)

    def run(self):
        loss = F.cross_entropy(self.model(self.ids), self.labels)
        loss.backward()
        self.optimizer.step()
        self.optimizer.zero_grad()
        return loss

    def result(self):
        return {"losses": torch.stack([self.run().detach() for _ in range(3)])}
