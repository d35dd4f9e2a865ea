import type { Logger } from '../../shared/logging.ts';
import type { UnreadableLease } from '../lease/unreadable-lease.ts';
import type { StreamHealth } from '../stream-health.ts';

export interface UnreadableReportOptions {
  readonly health: StreamHealth;
  readonly logger: Logger;
}

/** Tells of the leases that cannot be read, for as long as they cannot. */
export class UnreadableReport {
  readonly #options: UnreadableReportOptions;
  /** What was told last, by name of the Lease. */
  readonly #told = new Map<string, string>();

  constructor(options: UnreadableReportOptions) {
    this.#options = options;
  }

  /** Call this with all such leases, at every change. */
  show(unreadable: readonly UnreadableLease[]): void {
    const { health, logger } = this.#options;
    for (const lease of unreadable) this.#tell(lease);
    if (unreadable.length === this.#told.size) return;
    const names = new Set(unreadable.map(({ name }) => name));
    for (const name of this.#told.keys()) {
      if (names.has(name)) continue;
      this.#told.delete(name);
      health.ended(partOf(name));
      logger.info({ lease: name }, 'the Lease can be read again, or is gone');
    }
  }

  #tell({ name, shardId, problem, repair }: UnreadableLease): void {
    const { health, logger } = this.#options;
    const shard = shardId === undefined ? 'its shard' : `shard ${shardId}`;
    const message = `the Lease ${name} cannot be read, so nobody reads ${shard}: ${problem}`;
    if (this.#told.get(name) === message) return;
    this.#told.set(name, message);
    health.held(partOf(name), new Error(message), repair);
    logger.error({ lease: name, shardId }, `${message}; ${repair}`);
  }
}

function partOf(name: string): string {
  return `unreadable ${name}`;
}
