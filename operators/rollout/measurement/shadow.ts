import { INFERENCE_METRICS } from '../../../services/shared/agreements/metric-names.ts';
import { growth } from '../../../services/shared/model-deployment/growth.ts';
import type { ModelDeploymentSpec } from '../../../services/shared/model-deployment/spec.ts';
import type { Measurement } from '../decision/rollout.ts';
import type { MetricsSource, Sample } from './prometheus.ts';
import { scoreShift } from './score-shift.ts';
import { fill, type Subject } from './subject.ts';
import { type Check, combine, enoughSamples, measure, within } from './verdict.ts';

const COMPARISONS = `sum by (agreement) (${growth(INFERENCE_METRICS.shadowComparisons)})`;
const ERRORS = `sum(${growth(INFERENCE_METRICS.shadowErrors)})`;
const PROBABILITIES = `sum by (scored_by, le) (${growth(`${INFERENCE_METRICS.shadowProbability}_bucket`)})`;
const DECISIONS = `sum by (scored_by, group, value, decision) (${growth(INFERENCE_METRICS.shadowDecisions)})`;

/** Minimum number of records in a group. A smaller group gives no verdict. */
const GROUP_MINIMUM = 30;

type Limits = NonNullable<ModelDeploymentSpec['shadow']>;

/** Compares candidate and stable version on the same live records: agreement, score shift and approvals by group. */
export function measureShadow(
  source: MetricsSource,
  url: string,
  subject: Subject,
  limits: Limits,
): Promise<Measurement> {
  const query = (template: string) => source.query(url, fill(template, subject));
  return measure(async () => {
    const [comparisons, errors] = [await query(COMPARISONS), await query(ERRORS)];
    const agreed = sum(comparisons.filter(({ labels }) => labels.agreement === 'agree'));
    const total = sum(comparisons) + sum(errors);
    const counted = enoughSamples(total, limits.minimumSamples);
    // A good candidate could fail by chance if there are few records.
    if (counted.verdict !== 'passed') return combine([counted], total);
    const shift = scoreShift(await query(PROBABILITIES));
    return combine(
      [
        counted,
        within('agreement', agreed / total, { min: limits.minimumAgreement }),
        within('score shift', shift, { max: limits.maximumScoreShift }),
        ...approvals(await query(DECISIONS), limits.maximumApprovalRatioChange),
      ],
      total,
    );
  });
}

/** Checks the change of the share of approvals: for all records (group ""), and for each group that is large enough. */
function approvals(decisions: readonly Sample[], max: number): Check[] {
  const groups = new Map<string, readonly Sample[]>([[approvalName(), []]]);
  for (const sample of decisions) {
    const name = approvalName(sample.labels.group, sample.labels.value);
    groups.set(name, [...(groups.get(name) ?? []), sample]);
  }
  return [...groups].flatMap(([name, members]) => {
    const stable = members.filter(({ labels }) => labels.scored_by === 'stable');
    if (name !== approvalName() && sum(stable) < GROUP_MINIMUM) return [];
    const candidate = members.filter(({ labels }) => labels.scored_by === 'candidate');
    return [within(name, Math.abs(approvalShare(candidate) - approvalShare(stable)), { max })];
  });
}

function approvalName(group = '', value = ''): string {
  return `change of approvals${group === '' ? '' : ` with ${group} = ${value}`}`;
}

function approvalShare(decisions: readonly Sample[]): number {
  return sum(decisions.filter(({ labels }) => labels.decision === 'true')) / sum(decisions);
}

function sum(samples: readonly Sample[]): number {
  return samples.reduce((total, { value }) => total + value, 0);
}
