/** Smaller ones come from the allocator as cheaply. */
const LEAST_BYTES = 64 * 1024;

/**
 * Large buffers to be used again. New ones for every request make the garbage collector run over the whole heap again and
 * again, as it counts their memory until it finds them free: that cost a fifth of the CPU time of a record.
 */
export class BufferPool {
  readonly #limitBytes: number;
  /** The longest unused first. */
  readonly #idle: ArrayBufferLike[] = [];
  #idleBytes = 0;

  /** Keeps `limitBytes` at most. */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** @returns at least so many bytes, of whatever content */
  take(bytes: number): Buffer {
    const index = this.#idle.findIndex(({ byteLength }) => byteLength >= bytes);
    if (index < 0) return Buffer.allocUnsafeSlow(Math.max(LEAST_BYTES, powerOfTwo(bytes)));
    const [memory] = this.#idle.splice(index, 1) as [ArrayBufferLike];
    this.#idleBytes -= memory.byteLength;
    return Buffer.from(memory);
  }

  /** Takes back what was taken, or any part of it. Nobody may read or write it any more. */
  give({ buffer: memory }: Buffer): void {
    this.#idle.push(memory);
    this.#idleBytes += memory.byteLength;
    while (this.#idleBytes > this.#limitBytes) this.#idleBytes -= this.#idle.shift()?.byteLength ?? 0;
  }
}

/** The least that is not below `bytes`, so that buffers for about as much serve each other. */
function powerOfTwo(bytes: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, bytes)));
}
