import { FoveaError } from "../runtime/errors.ts";
import { escapeHtml } from "./escape.ts";

/** One line of a chart. */
export interface Curve {
  readonly name: string;
  /** NaN where there is none: the line is broken there. */
  readonly values: readonly number[];
  /** Where each value stands: steps, say. Default 1, 2, 3, … */
  readonly at?: readonly number[] | undefined;
}

const WIDTH = 420;
const HEIGHT = 240;
const MARGIN = { left: 58, right: 12, top: 12, bottom: 30 };
const TICKS = 4; // or a few more: they stand on round numbers

/**
 * A chart of lines as an inline SVG, each point with its value in a title. Names of lines stand beside their ends. Throws `SHAPE` for a curve whose `at` is
 * not as long as its values.
 */
export function curvesSvg(title: string, curves: readonly Curve[]): string {
  const lines = curves.map(pointsOf);
  const all = lines.flatMap(({ points }) => points).filter(([, y]) => Number.isFinite(y));
  const [x, y] = [scaleOf(all.map(([at]) => at)), scaleOf(all.map(([, value]) => value))];
  const place = ([at, value]: Point): Point => [
    MARGIN.left + x.share(at) * (WIDTH - MARGIN.left - MARGIN.right),
    HEIGHT - MARGIN.bottom - y.share(value) * (HEIGHT - MARGIN.top - MARGIN.bottom),
  ];
  const grid = [
    ...y.ticks.map((tick) => {
      const [, top] = place([x.from, tick]);
      return `<path class="frame" d="M${MARGIN.left} ${top.toFixed(1)}H${WIDTH - MARGIN.right}"/><text x="${MARGIN.left - 6}" y="${(top + 4).toFixed(1)}" text-anchor="end">${short(tick)}</text>`;
    }),
    ...x.ticks.map((tick) => {
      const [left] = place([tick, y.from]);
      return `<text x="${left.toFixed(1)}" y="${HEIGHT - 10}" text-anchor="middle">${short(tick)}</text>`;
    }),
  ];
  const drawn = lines.map(({ name, points }, i) => lineSvg(escapeHtml(name), points, place, i));
  const ends = lines.map(({ points }) => points.findLast(([, value]) => Number.isFinite(value))).map((end) => end && place(end));
  const names = nameHeights(ends.map((end) => end?.[1])).map((top, i) => {
    if (top === undefined) return "";
    const at = `x="${(ends[i]![0] - 4).toFixed(1)}" y="${top.toFixed(1)}"`;
    return `<g class="line line-${i % 4}"><text ${at} text-anchor="end">${escapeHtml(lines[i]!.name)}</text></g>`;
  });
  return `<svg class="curves" role="img" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}"><title>${escapeHtml(title)}</title>${[...grid, ...drawn, ...names].join("")}</svg>`;
}

type Point = readonly [at: number, value: number];

function pointsOf({ name, values, at }: Curve): { name: string; points: Point[] } {
  if (at && at.length !== values.length)
    throw new FoveaError("SHAPE", `curvesSvg: each value of ${name} needs its place, got ${at.length} for ${values.length}`);
  return { name, points: values.map((value, i) => [at?.[i] ?? i + 1, value]) };
}

function lineSvg(name: string, points: readonly Point[], place: (point: Point) => Point, index: number): string {
  const real = points.filter(([, value]) => Number.isFinite(value));
  let drawing = false;
  const path = points.map((point) => {
    const starts = !drawing;
    drawing = Number.isFinite(point[1]);
    if (!drawing) return "";
    const [x, y] = place(point);
    return `${starts ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`;
  });
  const dots = real.map((point) => {
    const [x, y] = place(point);
    return `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="2.5"><title>${name}, ${short(point[0])}: ${short(point[1])}</title></circle>`;
  });
  return `<g class="line line-${index % 4}"><path d="${path.join("")}"/>${dots.join("")}</g>`;
}

const NAME_HEIGHT = 12;

/** A little above the ends of the lines, but within the chart and none over another. */
function nameHeights(ends: readonly (number | undefined)[]): (number | undefined)[] {
  const heights: (number | undefined)[] = ends.map(() => undefined);
  let free = NAME_HEIGHT;
  for (const [i, end] of [...ends.entries()].sort(([, a = 0], [, b = 0]) => a - b)) {
    if (end === undefined) continue;
    const height = Math.max(end - 6, free);
    heights[i] = height;
    free = height + NAME_HEIGHT;
  }
  return heights;
}

interface Scale {
  readonly from: number;
  readonly ticks: readonly number[];
  /** Where a value stands, from 0 to 1. */
  share(value: number): number;
}

/** From the least to the largest of `values`, with marks on round numbers. */
function scaleOf(values: readonly number[]): Scale {
  const from = values.reduce((least, value) => Math.min(least, value), Infinity);
  const to = values.reduce((most, value) => Math.max(most, value), -Infinity);
  if (!(from <= to)) return { from: 0, ticks: [], share: () => 0 };
  const span = to - from || Math.abs(from) || 1;
  const digits = 10 ** Math.floor(Math.log10(span / TICKS));
  const step = [1, 2, 5, 10].map((times) => times * digits).find((each) => span / each <= TICKS + 1) ?? span;
  const first = Math.ceil(from / step);
  const ticks = Array.from({ length: Math.floor(to / step) - first + 1 }, (_, i) => (first + i) * step);
  return { from, ticks, share: (value) => (value - from) / span };
}

const short = (value: number): string => String(Number(value.toPrecision(4)));
