const LIMIT_BYTES = 64 * 1024 * 1024;

/** @throws Error if the input is longer than 64 MiB */
export async function readAll(input: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of input) {
    bytes += chunk.length;
    if (bytes > LIMIT_BYTES) throw new Error(`the rendered manifests have more than ${LIMIT_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
