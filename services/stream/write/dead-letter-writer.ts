import type { Outcome } from '../record.ts';
import type { ObjectWriter } from './object-writer.ts';
import type { RecordWriter } from './record-writer.ts';
import type { WriteGuard } from './write-guard.ts';

export interface DeadLetterWriterOptions {
  readonly records: RecordWriter;
  /** Undefined if batches have no `objectPrefix`, and so outcomes have no object. */
  readonly objects: ObjectWriter | undefined;
}

/** Writes dead letters. A dead letter that names an object is put only once the object is stored. */
export class DeadLetterWriter {
  readonly #records: RecordWriter;
  readonly #objects: ObjectWriter | undefined;

  constructor({ records, objects }: DeadLetterWriterOptions) {
    this.#records = records;
    this.#objects = objects;
  }

  /** Resolves once every dead letter and every object is stored. Rejects only if the guard does not allow to write. */
  async write(outcomes: readonly Outcome[], guard: WriteGuard): Promise<void> {
    const objects = outcomes.flatMap(({ object = [] }) => object);
    if (this.#objects === undefined || objects.length === 0) return this.#records.write(outcomes, guard);
    await Promise.all([
      this.#records.write(
        outcomes.filter(({ object }) => object === undefined),
        guard,
      ),
      this.#objects.write(objects, guard).then(() =>
        this.#records.write(
          outcomes.filter(({ object }) => object !== undefined),
          guard,
        ),
      ),
    ]);
  }
}
