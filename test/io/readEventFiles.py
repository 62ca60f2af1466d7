"""Reads the event files of a folder with TensorBoard's own reader, and says as JSON what is in them."""

import io
import json
import sys

from PIL import Image
from tensorboard.backend.event_processing import event_accumulator

accumulator = event_accumulator.EventAccumulator(sys.argv[1], size_guidance={"tensors": 0, "scalars": 0, "images": 0, "histograms": 0})
accumulator.Reload()
tags = accumulator.Tags()


def picture(event):
    image = Image.open(io.BytesIO(event.encoded_image_string))
    image.load()
    return {"step": event.step, "size": [event.width, event.height], "mode": image.mode, "pixels": list(image.tobytes())}


def text(event):
    return {"step": event.step, "text": [value.decode() for value in event.tensor_proto.string_val]}


def histogram(event):
    value = event.histogram_value
    numbers = {name: getattr(value, name) for name in ("min", "max", "num", "sum", "sum_squares")}
    return {"step": event.step, **numbers, "limits": list(value.bucket_limit), "counts": list(value.bucket)}


print(
    json.dumps(
        {
            "scalars": {tag: [[e.step, e.value] for e in accumulator.Scalars(tag)] for tag in tags["scalars"]},
            "histograms": {tag: [histogram(e) for e in accumulator.Histograms(tag)] for tag in tags["histograms"]},
            "images": {tag: [picture(e) for e in accumulator.Images(tag)] for tag in tags["images"]},
            "texts": {
                tag: [text(e) for e in accumulator.Tensors(tag)]
                for tag in tags["tensors"]
                if accumulator.SummaryMetadata(tag).plugin_data.plugin_name == "text"
            },
        }
    )
)
