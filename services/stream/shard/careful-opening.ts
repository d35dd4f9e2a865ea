import { mayBeAggregate } from '../kpl/aggregate.ts';
import type { StreamRecord } from '../record.ts';
import { unopenedPosition } from './record-position.ts';
import type { RecordTrial } from './record-trial.ts';
import type { OpenInSteps } from './shard-consumer.ts';

/** Opens each aggregate alone. Opening works on bytes from outside too, so it may be what ends the process. */
export function openCarefully(trial: RecordTrial, signal: AbortSignal): OpenInSteps {
  return async function* (records, open) {
    for (const step of steps(records)) {
      const [first] = step;
      if (first === undefined || !mayBeAggregate(first)) yield step;
      else {
        const position = unopenedPosition(first);
        if (trial.isCondemned(position)) yield step;
        else if (trial.isCondemnedIn(position)) yield open(step);
        else yield await trial.run(position, async () => open(step), signal);
      }
    }
  };
}

/** Each aggregate by itself, and the records between two aggregates together. */
function steps(records: readonly StreamRecord[]): readonly (readonly StreamRecord[])[] {
  const found: StreamRecord[][] = [[]];
  for (const record of records) {
    const last = found.at(-1);
    if (mayBeAggregate(record)) found.push([record], []);
    else last?.push(record);
  }
  const filled = found.filter((step) => step.length > 0);
  return filled.length === 0 ? [[]] : filled;
}
