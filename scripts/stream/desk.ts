import type { Clock } from '../../services/shared/clock.ts';
import type { StreamClient } from '../../services/stream/client/stream-client.ts';
import type { Terminal } from '../command-line/terminal.ts';
import type { GroupLeases } from './group-leases.ts';
import type { Objects } from './s3-objects.ts';

interface StreamNames {
  readonly input: string;
  readonly rejects: string;
}

/** All that a command works with: one consumer group, its streams and the person. */
export interface Desk {
  readonly leases: GroupLeases;
  readonly client: StreamClient;
  readonly objects: Objects;
  /** URI below which payloads are stored that do not fit into a dead letter. Undefined if they are not stored. */
  readonly objectPrefix: string | undefined;
  readonly streams: StreamNames;
  /** Says where Kinesis is, for people. */
  readonly kinesis: string;
  readonly clock: Clock;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}
