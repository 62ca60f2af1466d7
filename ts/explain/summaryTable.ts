import { formatShape } from "../tensor/shape.ts";
import type { ModelSummary, SummaryRow } from "./summary.ts";

const HEADER = ["module", "type", "output", "parameters", "FLOPs"] as const;

/** A line for each module, indented as they are nested, then the totals. */
export function summaryTable({ rows, parameters, trainable, flops, memory }: Omit<ModelSummary, "toString">): string {
  const cells = rows.map(cellsOf);
  const widths = HEADER.map((title, column) => Math.max(title.length, ...cells.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column < 3 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join("  ")
      .trimEnd();
  const ruler = "─".repeat(widths.reduce((sum, width) => sum + width + 2, -2));
  const frozen = trainable < parameters ? `, ${whole(parameters - trainable)} of them frozen` : "";
  return [
    ...[line(HEADER), ruler, ...cells.map(line), ruler],
    `parameters   ${whole(parameters)}${frozen}`,
    `FLOPs        ${short(flops)} forward: matrix products and attention, nothing masked`,
    `memory       ${bytes(memory.parameters)} parameters`,
    `             ${bytes(memory.training)} gradients and two moments, to train them with AdamW`,
    `             ${bytes(memory.activations)} kept from a forward pass for its backward`,
  ].join("\n");
}

function cellsOf({ name, type, depth, outputs, parameters, flops, calls, sharedWith }: SummaryRow): readonly string[] {
  const label = "  ".repeat(Math.max(0, depth - 1)) + (name || "(model)");
  if (sharedWith !== null) return [label, type, `the same as ${sharedWith || "(model)"}`, "", ""];
  const output = outputs.map(formatShape).join(", ") + (calls > 1 ? ` × ${calls}` : "");
  return [label, type, output, whole(parameters), short(flops)];
}

const whole = (count: number): string => count.toLocaleString("en");

/** Three digits and the unit: 1.23 M. */
function short(flops: number): string {
  const units = ["", " K", " M", " G", " T"];
  const step = flops < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(flops) / 3));
  return `${step === 0 ? flops : (flops / 1000 ** step).toPrecision(3)}${units[step]}`;
}

function bytes(count: number): string {
  const units = ["B", "KiB", "MiB", "GiB"];
  const step = count < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(count) / 10));
  return `${step === 0 ? count : (count / 1024 ** step).toFixed(1)} ${units[step]}`;
}
