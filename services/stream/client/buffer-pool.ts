/** Smallest buffer. The allocator is as cheap as the pool for smaller buffers. */
const LEAST_BYTES = 64 * 1024;

/**
 * Keeps large buffers for another use. The garbage collector counts the memory of a buffer until it finds the buffer
 * unused. New buffers for every request made it run over the whole heap again and again: 20 % of the CPU time of a record.
 */
export class BufferPool {
  readonly #limitBytes: number;
  /** Ordered by time of return: the buffer that is unused for longest comes first. */
  readonly #idle: ArrayBufferLike[] = [];
  #idleBytes = 0;

  /** Keeps at most `limitBytes`. */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** @returns a buffer of at least this length. Its content is arbitrary. */
  take(bytes: number): Buffer {
    const index = this.#idle.findIndex(({ byteLength }) => byteLength >= bytes);
    if (index < 0) return Buffer.allocUnsafeSlow(Math.max(LEAST_BYTES, powerOfTwo(bytes)));
    const [memory] = this.#idle.splice(index, 1) as [ArrayBufferLike];
    this.#idleBytes -= memory.byteLength;
    return Buffer.from(memory);
  }

  /** Takes a buffer back, or any part of it. After the call, nobody may read or write the buffer. */
  give({ buffer: memory }: Buffer): void {
    this.#idle.push(memory);
    this.#idleBytes += memory.byteLength;
    while (this.#idleBytes > this.#limitBytes) this.#idleBytes -= this.#idle.shift()?.byteLength ?? 0;
  }
}

/** The smallest power of two that is not below `bytes`, so that requests of similar size share buffers. */
function powerOfTwo(bytes: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, bytes)));
}
