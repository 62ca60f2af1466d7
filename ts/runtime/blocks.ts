// Which stretches of memory are free: two-level segregated fit (Masmano, Ripoll, Crespo and Real 2004). Free blocks hang in lists by
// size class, 32 classes to a power of two; two levels of bitmaps find the smallest class that serves, so taking and giving back cost
// the same however many blocks there are. Neighbours that are free become one block at once. The bookkeeping lives outside the memory
// it describes, where no kernel can overwrite it. Sizes and positions are in units; the heap says how large a unit is.

const CLASSES = 32; // per power of two: rounding a size up to its class wastes at most 1/32
const CLASS_BITS = 5;
const LEVELS = 32 - CLASS_BITS;

interface Block {
  start: number;
  size: number;
  free: boolean;
  /** Neighbours in memory. */
  before: Block | null;
  after: Block | null;
  /** Neighbours in the list of a size class, while free. */
  previous: Block | null;
  next: Block | null;
}

/** Sizes below 2 ** 31 units. */
export class Blocks {
  readonly #lists: (Block | null)[] = new Array<Block | null>(LEVELS * CLASSES).fill(null);
  /** Bit `level` is set if any of that level's lists has a block; bit `c` of `#classes[level]` if the list of class `c` has one. */
  #levels = 0;
  readonly #classes = new Int32Array(LEVELS);
  readonly #taken = new Map<number, Block>();
  #last: Block | null = null;

  /** Adds free memory; it must start at or after the end of all that was added before. Touching stretches become one. */
  add(start: number, size: number): void {
    const last = this.#last;
    if (last && last.start + last.size === start && last.free) {
      this.#unlist(last);
      last.size += size;
      this.#list(last);
      return;
    }
    const touching = last !== null && last.start + last.size === start;
    const block: Block = { start, size, free: true, before: touching ? last : null, after: null, previous: null, next: null };
    if (touching) last.after = block;
    this.#last = block;
    this.#list(block);
  }

  /** Units that can be taken up to `end`, if the highest stretch reaches it: what growing at `end` would extend. */
  tail(end: number): number {
    const last = this.#last;
    return last?.free && last.start + last.size === end ? last.size : 0;
  }

  /** The start of a block of exactly `size` units, which must be a `roundToClass` size, or -1 if none is free. */
  take(size: number): number {
    const block = this.#find(size);
    if (!block) return -1;
    this.#unlist(block);
    block.free = false;
    if (block.size > size) {
      const rest: Block = {
        start: block.start + size,
        size: block.size - size,
        free: true,
        before: block,
        after: block.after,
        previous: null,
        next: null,
      };
      if (rest.after) rest.after.before = rest;
      if (this.#last === block) this.#last = rest;
      block.after = rest;
      block.size = size;
      this.#list(rest);
    }
    this.#taken.set(block.start, block);
    return block.start;
  }

  /** Takes back the block that starts there; gives its size, or -1 if none was taken there. */
  give(start: number): number {
    let block = this.#taken.get(start);
    if (!block) return -1;
    this.#taken.delete(start);
    const { size } = block;
    block.free = true;
    if (block.before?.free) block = this.#join(block.before, block, block.before);
    if (block.after?.free) block = this.#join(block, block.after, block.after);
    this.#list(block);
    return size;
  }

  /** Makes `low` cover `high` as well; `listed` is the one of them that is in a list, and leaves it. */
  #join(low: Block, high: Block, listed: Block): Block {
    this.#unlist(listed);
    low.size += high.size;
    low.after = high.after;
    if (high.after) high.after.before = low;
    if (this.#last === high) this.#last = low;
    return low;
  }

  #find(size: number): Block | null {
    const index = classOf(size);
    const level = index >>> CLASS_BITS;
    let classes = this.#classes[level]! & (-1 << (index & (CLASSES - 1)));
    let found = level;
    if (classes === 0) {
      const levels = this.#levels & (-2 << level);
      if (levels === 0) return null;
      found = lowestBit(levels);
      classes = this.#classes[found]!;
    }
    return this.#lists[found * CLASSES + lowestBit(classes)]!;
  }

  #list(block: Block): void {
    const index = classOf(block.size);
    const head = this.#lists[index]!;
    block.previous = null;
    block.next = head;
    if (head) head.previous = block;
    this.#lists[index] = block;
    this.#classes[index >>> CLASS_BITS]! |= 1 << (index & (CLASSES - 1));
    this.#levels |= 1 << (index >>> CLASS_BITS);
  }

  #unlist(block: Block): void {
    const index = classOf(block.size);
    if (block.next) block.next.previous = block.previous;
    if (block.previous) {
      block.previous.next = block.next;
      return;
    }
    this.#lists[index] = block.next;
    if (block.next) return;
    const level = index >>> CLASS_BITS;
    this.#classes[level]! &= ~(1 << (index & (CLASSES - 1)));
    if (this.#classes[level] === 0) this.#levels &= ~(1 << level);
  }
}

/** The smallest size of a class that is no smaller than `size`. */
export function roundToClass(size: number): number {
  const step = 1 << stepBits(size);
  return Math.ceil(size / step) * step;
}

/** The class whose sizes start at or below `size`, as `level * CLASSES + class`. Below 64 units every size has its own. */
function classOf(size: number): number {
  const bits = stepBits(size);
  return bits * CLASSES + (size >>> bits);
}

/** log2 of the distance between class sizes at `size`. */
const stepBits = (size: number): number => Math.max(0, 31 - Math.clz32(size) - CLASS_BITS);

const lowestBit = (bits: number): number => 31 - Math.clz32(bits & -bits);
