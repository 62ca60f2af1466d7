import { readFile } from "node:fs/promises";
import { parseSafetensors } from "../io/index.ts";
import { DTYPE_BITS } from "../io/safetensorsDtype.ts";
import { FoveaError } from "../runtime/errors.ts";
import { bytesText, countText, inFile, table } from "./text.ts";

/** What a safetensors file holds. Throws `DATA`, and what is wrong with the file. */
export async function inspectCommand(path: string, { json }: { json: boolean }): Promise<number> {
  const file = await readFile(path).catch((error: Error) => {
    throw new FoveaError("DATA", `${path}: the file cannot be read: ${error.message}`);
  });
  const { metadata, tensors } = await inFile(path, () => parseSafetensors(file));
  const rows = [...tensors].map(([name, { dtype, shape }]) => {
    const elements = shape.reduce((product, size) => product * size, 1);
    return { name, dtype, shape, elements, bytes: (elements * DTYPE_BITS[dtype]) / 8 };
  });
  const totals = {
    tensors: rows.length,
    elements: rows.reduce((sum, { elements }) => sum + elements, 0),
    bytes: rows.reduce((sum, { bytes }) => sum + bytes, 0),
    fileBytes: file.byteLength,
  };
  if (json) {
    console.log(JSON.stringify({ tensors: rows, metadata: Object.fromEntries(metadata), totals }, null, 2));
    return 0;
  }
  const cells = rows.map(({ name, dtype, shape, elements, bytes }) => [
    ...[name, dtype, `[${shape.join(", ")}]`, countText(elements), bytesText(bytes)],
  ]);
  console.log(table(["name", "dtype", "shape", "elements", "size"], cells, [3, 4]));
  for (const [key, value] of metadata) console.log(`${key}: ${shortened(value)}`);
  console.log(`${totals.tensors} tensors, ${countText(totals.elements)} elements, ${bytesText(totals.bytes)}`);
  return 0;
}

const LONGEST = 200; // characters: a checkpoint's state is a page of JSON

function shortened(value: string): string {
  return value.length <= LONGEST ? value : `${value.slice(0, LONGEST)}… (${countText(value.length)} characters)`;
}
