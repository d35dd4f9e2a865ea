import type { Clock } from '../../../services/shared/clock.ts';
import type { ModelDeployment } from '../../../services/shared/model-deployment/model-deployment.ts';
import type { Measurement } from '../decision/rollout.ts';
import { measuredVersion } from './due-measurement.ts';

/** A measurement without a failure says less and less about the present. A measurement itself may take as long. */
const FRESH_MILLISECONDS = 10_000;

interface Kept {
  readonly measurement: Measurement;
  /** What was measured, and how. */
  readonly subject: string;
  /** What a version needs to pass. */
  readonly needs: string;
  readonly at: number;
}

/**
 * The last measurement of each ModelDeployment, until a decision that counts it is recorded. The API server refuses a
 * decision if somebody edits the spec while Prometheus is asked. The next reconcile then decides at once with the same
 * measurement. Otherwise clients who edit the spec again and again would keep a bad candidate in service.
 */
export class UnrecordedMeasurements {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #kept = new Map<string, Kept>();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** The kept measurement of the present step, else the result of `take`. */
  async measure(
    object: ModelDeployment,
    take: () => Promise<Measurement | undefined>,
  ): Promise<Measurement | undefined> {
    const { name } = object.metadata;
    const [subject, needs] = [subjectOf(object), needsOf(object)];
    const kept = this.#kept.get(name);
    if (kept?.subject === subject && (isFailed(kept.measurement) || this.#isFresh(kept, needs)))
      return kept.measurement;
    const measurement = await take();
    if (measurement?.kind === 'measured')
      this.#kept.set(name, { measurement, subject, needs, at: this.#clock.monotonic() });
    return measurement;
  }

  forget(name: string): void {
    this.#kept.delete(name);
  }

  #isFresh({ needs, at }: Kept, present: string): boolean {
    return needs === present && this.#clock.monotonic() - at < FRESH_MILLISECONDS;
  }
}

function isFailed(measurement: Measurement): boolean {
  return measurement.kind === 'measured' && measurement.verdict === 'failed';
}

/** The time of the recorded measurement is a part, so no measurement counts twice. */
function subjectOf({ metadata, spec, status = {} }: ModelDeployment): string {
  const { phase, candidate, stable, analysis: recorded } = status;
  const { prometheus, credentials, matchers, queries } = spec.analysis ?? {};
  return JSON.stringify([
    [metadata.uid, phase, measuredVersion(status), candidate?.weightPercent, stable?.version],
    recorded?.measuredAt,
    [prometheus, credentials, matchers, queries, spec.shadow, spec.target],
  ]);
}

function needsOf({ spec }: ModelDeployment): string {
  return JSON.stringify(spec.canary?.steps);
}
