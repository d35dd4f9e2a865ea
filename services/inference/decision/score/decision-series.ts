import type { CounterSeries } from '../../../shared/tallied-counter.ts';
import type { HistogramSeries } from '../../../shared/tallied-histogram.ts';
import type { InferenceMetrics } from '../../metrics.ts';
import type { Role } from './decision.ts';
import type { DecisionTally, GroupField } from './decision-tally.ts';

/** In the order of a tally's counts. */
const DECISIONS = ['false', 'true'] as const;

interface RoleSeries {
  readonly scoringSeconds: HistogramSeries;
  readonly probability: HistogramSeries;
  readonly decisions: Readonly<Record<'true' | 'false', CounterSeries>>;
}

/** The metrics of one model's decisions. Their series are looked up once, because a batch adds to some twenty of them. */
export class DecisionSeries {
  readonly #roles: Readonly<Record<Role, RoleSeries>>;
  /** One array for each group, in the order of the tally's counts. */
  readonly #groups: readonly (readonly CounterSeries[])[];

  constructor(metrics: InferenceMetrics, version: string, groups: readonly GroupField[]) {
    const ofRole = (role: Role): RoleSeries => {
      const labels = { model_version: version, role };
      return {
        scoringSeconds: metrics.scoringSeconds.series(labels),
        probability: metrics.probability.series(labels),
        decisions: {
          true: metrics.decisions.series({ ...labels, decision: 'true' }),
          false: metrics.decisions.series({ ...labels, decision: 'false' }),
        },
      };
    };
    this.#roles = { stable: ofRole('stable'), candidate: ofRole('candidate') };
    this.#groups = groups.map(({ name, values }) =>
      values.flatMap((value) =>
        DECISIONS.map((decision) =>
          metrics.groupDecisions.series({ model_version: version, group: name, value, decision }),
        ),
      ),
    );
  }

  scored(role: Role, seconds: number): void {
    this.#roles[role].scoringSeconds.observe(seconds);
  }

  add(role: Role, tally: DecisionTally): void {
    const { decisions, probability } = this.#roles[role];
    for (const decision of DECISIONS) {
      const count = tally.count(decision);
      if (count > 0) decisions[decision].inc(count);
    }
    probability.add(tally.probabilities);
    this.#groups.forEach((series, group) => {
      tally.groupCounts[group]?.forEach((count, place) => {
        if (count > 0) series[place]?.inc(count);
      });
    });
  }
}
