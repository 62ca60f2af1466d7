"""PyTorch on the CPU, as `messages.ts` asks for it: a request a line on stdin, an answer a line on stdout. The argument is the threads."""

import json
import sys
import time

import torch

from cases import start
from inputs import make_inputs


def answer(request, running):
    """The answer and what runs after it."""
    kind = request["kind"]
    if kind == "start":
        return {"kind": "started"}, start(request["each"], make_inputs(request["inputs"]))
    if kind == "result":
        return {"kind": "result", **pick(running.result(), request["picks"])}, running
    if kind == "time":
        return {"kind": "timed", "ms": milliseconds(running.run, request["runs"])}, running
    if kind == "end":
        return {"kind": "ended"}, None
    raise ValueError(f"does not know {kind}")


def milliseconds(run, runs):
    began = time.perf_counter()
    for _ in range(runs):
        run()
    return 1000 * (time.perf_counter() - began)


def pick(results, picks):
    flat = {name: result.detach().flatten() for name, result in results.items()}
    values = {name: [finite_or_none(flat[name][at].item()) for at in indices] for name, indices in picks.items()}
    return {"values": values, "finite": all(bool(result.isfinite().all()) for result in flat.values())}


def finite_or_none(value):
    return value if abs(value) < float("inf") else None


def say(message):
    print(json.dumps(message), flush=True)


def main():
    threads = int(sys.argv[1])
    torch.set_num_threads(threads)
    variant = f"native {torch.backends.cpu.get_cpu_capability()}"
    say({"kind": "ready", "about": {"version": torch.__version__, "variant": variant, "threads": torch.get_num_threads()}})
    running = None
    for line in sys.stdin:
        try:
            message, running = answer(json.loads(line), running)
        except Exception as error:
            message = {"kind": "failed", "reason": f"{type(error).__name__}: {error}".splitlines()[0]}
        say(message)


if __name__ == "__main__":
    main()
