import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { formatLeaseFile, type LeaseFile, parseLeaseFile } from './lease-file.ts';
import { partialFileOf } from './lease-file-names.ts';

const writerSchema = z.object({
  writer: z.string().optional(),
  process: z.object({ name: z.string() }).optional(),
});

/** Another process wrote to the lease file since this process read it or wrote to it. */
export class OverwrittenLeaseFile extends Error {
  override readonly name = 'OverwrittenLeaseFile';
  /** The other process, in words. */
  readonly by: string;

  constructor(file: string, by: string) {
    super(
      `${file} is also written by ${by}: stop one of the two processes, and start the other one again. Give each process a LEASE_FILE of its own, or set LEASE_STORE=kubernetes`,
    );
    this.by = by;
  }
}

/**
 * Reads and replaces a lease file. Two processes can only share it where no lock works, e.g. on two machines. Then the
 * process that began to write last wins, and the other process notices it before its next write. Else each process would
 * set the checkpoints of the other one back.
 */
export class LeaseFileWriter {
  readonly #file: string;
  readonly #id = randomUUID();
  /** The writer that this process expects to find in the file. Undefined: none, as in files of earlier versions. */
  #expected: string | undefined;
  /** The file as this process left it. While it is the same, its content needs no look. */
  #signature: string | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /** Undefined if there is no file. */
  async read(): Promise<LeaseFile | undefined> {
    const text = await unlessAbsent(readFile(this.#file, 'utf8'));
    const content = text === undefined ? undefined : parseLeaseFile(this.#file, text);
    this.#expected = content?.writer;
    return content;
  }

  /** Replaces the file atomically. @throws OverwrittenLeaseFile */
  async write(content: LeaseFile): Promise<void> {
    await mkdir(dirname(this.#file), { recursive: true });
    await this.#assertExpected();
    const partial = partialFileOf(this.#file);
    let signature: string;
    const handle = await open(partial, 'w');
    try {
      await handle.writeFile(formatLeaseFile({ ...content, writer: this.#id }));
      await handle.sync();
      signature = signatureOf(await handle.stat({ bigint: true }));
    } finally {
      await handle.close();
    }
    await rename(partial, this.#file);
    this.#signature = signature;
    this.#expected = this.#id;
  }

  async #assertExpected(): Promise<void> {
    const stats = await unlessAbsent(stat(this.#file, { bigint: true }));
    // A person who deletes the file wants it to be made again.
    if (stats === undefined || signatureOf(stats) === this.#signature) return;
    const text = await unlessAbsent(readFile(this.#file, 'utf8'));
    const found = text === undefined ? undefined : writerOf(text);
    if (found === undefined || found.writer === this.#expected || found.writer === this.#id) return;
    throw new OverwrittenLeaseFile(this.#file, found.process?.name ?? 'another process');
  }
}

/** Undefined if the text is no lease file. Nobody can go on from it, so this process may replace it. */
function writerOf(text: string): z.output<typeof writerSchema> | undefined {
  try {
    return writerSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function signatureOf({ ino, mtimeNs, size }: { ino: bigint; mtimeNs: bigint; size: bigint }): string {
  return [ino, mtimeNs, size].join(':');
}

async function unlessAbsent<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
