/** A safetensors file of this header, as it stands, and so many bytes of data. */
export function file(header: string | Uint8Array, dataLength = 0, headerLength?: bigint): Uint8Array {
  const text = typeof header === "string" ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + text.length + dataLength);
  new DataView(bytes.buffer).setBigUint64(0, headerLength ?? BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

/** The header of one tensor called "a". */
export function entry(fields: { dtype?: string; shape?: string; offsets?: string; more?: string }): string {
  const { dtype = '"F32"', shape = "[2]", offsets = "[0,8]", more = "" } = fields;
  return `{"a":{"dtype":${dtype},"shape":${shape},"data_offsets":${offsets}${more}}}`;
}
