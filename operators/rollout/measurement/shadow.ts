import { INFERENCE_METRICS } from '../../../services/shared/agreements/metric-names.ts';
import { growth } from '../../../services/shared/model-deployment/growth.ts';
import type { ModelDeploymentSpec } from '../../../services/shared/model-deployment/spec.ts';
import type { Measurement } from '../decision/rollout.ts';
import type { Inquiry } from './inquiry.ts';
import { measure } from './measure.ts';
import type { MetricsSource, Sample } from './prometheus.ts';
import { scoreShift } from './score-shift.ts';
import type { Subject } from './subject.ts';
import { type Check, combine, enoughSamples, fromPart, wholeRecords, within } from './verdict.ts';

const COMPARISONS = `sum by (agreement) (${growth(INFERENCE_METRICS.shadowComparisons, ['agreement'])})`;
const ERRORS = `sum(${growth(INFERENCE_METRICS.shadowErrors, [])})`;
const PROBABILITIES = `sum by (scored_by, le) (${growth(`${INFERENCE_METRICS.shadowProbability}_bucket`, ['scored_by', 'le'])})`;
const DECISIONS = `sum by (scored_by, group, value, decision) (${growth(INFERENCE_METRICS.shadowDecisions, ['scored_by', 'group', 'value', 'decision'])})`;

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
  return measure(source, url, subject, async (inquiry) => {
    const [comparisons, errors] = await Promise.all([inquiry.ask(COMPARISONS), inquiry.ask(ERRORS)]);
    const warning = comparisons.warning ?? errors.warning;
    const agreed = sum(comparisons.samples.filter(({ labels }) => labels.agreement === 'agree'));
    const total = sum(comparisons.samples) + sum(errors.samples);
    const samples = wholeRecords(total);
    const counted = fromPart(enoughSamples(samples, limits.minimumSamples), warning);
    // A good candidate could fail by chance if there are few records.
    if (samples < limits.minimumSamples) return combine([counted], samples);
    const agreement = within('agreement', agreed / total, { min: limits.minimumAgreement });
    const [shift, changes] = await Promise.all([
      inquiry.check('score shift', () => checkShift(inquiry, limits.maximumScoreShift)),
      checkApprovals(inquiry, limits.maximumApprovalRatioChange),
    ]);
    return combine([counted, fromPart(agreement, warning), shift, ...changes], samples);
  });
}

async function checkShift(inquiry: Inquiry, max: number): Promise<Check> {
  const { samples, warning } = await inquiry.ask(PROBABILITIES);
  return fromPart(within('score shift', scoreShift(samples), { max }), warning);
}

async function checkApprovals(inquiry: Inquiry, max: number): Promise<Check[]> {
  let checks: Check[] = [];
  const asked = await inquiry.check(approvalName(), async () => {
    const { samples, warning } = await inquiry.ask(DECISIONS);
    checks = approvals(samples, max).map((check) => fromPart(check, warning));
    return { verdict: 'passed', message: '' };
  });
  return asked.verdict === 'passed' ? checks : [asked];
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
