/** A pair that may be merged, as often as it was seen when it was queued. */
export interface Candidate {
  readonly left: number;
  readonly right: number;
  count: number;
  /** The words that have it, by index. */
  readonly words: ReadonlySet<number>;
}

/** Candidates, the most frequent first; of equally frequent ones that with the smaller ids. A binary heap. */
export class MergeQueue {
  readonly #heap: Candidate[] = [];

  push(candidate: Candidate): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(candidate);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(candidate, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = candidate;
  }

  pop(): Candidate | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1;
      if (!before(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function before(a: Candidate, b: Candidate): boolean {
  return (a.count - b.count || b.left - a.left || b.right - a.right) > 0;
}
