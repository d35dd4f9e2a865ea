import { unlessAborted } from '../../shared/unless-aborted.ts';
import type { ProcessorGate } from './processor-gate.ts';

/** What the lease of a shard says about the records in hand. */
export interface TrialNotes {
  /** Record that was alone in hand at the last of `uncleanEnds` ends. It must not be processed again. */
  readonly condemned: string | undefined;
  readonly uncleanEnds: number;
  /** Stores in the lease what is in hand: a position, or undefined for nothing. Rejects only if the lease is gone. */
  note(position: string | undefined): Promise<void>;
}

/** Tries the records of a shard alone in the process, and notes before in the lease which records are tried. */
export class RecordTrial {
  readonly #notes: TrialNotes;
  readonly #gate: ProcessorGate;

  constructor(notes: TrialNotes, gate: ProcessorGate) {
    this.#notes = notes;
    this.#gate = gate;
  }

  get uncleanEnds(): number {
    return this.#notes.uncleanEnds;
  }

  isCondemned(position: string): boolean {
    return this.#notes.condemned === position;
  }

  /** True if the condemned record is part of the aggregate at `position`, which was opened before without harm. */
  isCondemnedIn(position: string): boolean {
    return this.#notes.condemned?.startsWith(`${position}:`) ?? false;
  }

  /** Runs `work` on the records at `position`. If another batch hangs in the processor, nothing is noted. */
  run<T>(position: string, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return this.#gate.alone(async (isAlone) => {
      if (!isAlone) return unlessAborted(work(), signal);
      await this.#notes.note(position);
      try {
        // If the lease is lost, a processor that ignores its signal must not keep the other shards waiting.
        return await unlessAborted(work(), signal);
      } finally {
        await this.#notes.note(undefined);
      }
    }, signal);
  }
}
