import type { Measurement } from '../decision/rollout.ts';
import { Inquiry } from './inquiry.ts';
import { MetricsError, type MetricsSource } from './prometheus.ts';
import type { Subject } from './subject.ts';

/** Runs the queries of one measurement. An outage of Prometheus is a result, not an exception. */
export async function measure(
  source: MetricsSource,
  url: string,
  subject: Subject,
  queries: (inquiry: Inquiry) => Promise<Measurement>,
): Promise<Measurement> {
  const inquiry = new Inquiry(source, url, subject);
  try {
    return withKnownPods(await queries(inquiry), subject);
  } catch (error) {
    if (!(error instanceof MetricsError)) throw error;
    if (error.kind !== 'refused') return { kind: error.kind, message: error.message, reason: error.reason };
    return { kind: 'measured', verdict: 'inconclusive', samples: undefined, message: error.message };
  } finally {
    inquiry.end();
  }
}

/** Without the names of the pods, pods of another workload may count. They must not pass a version. */
function withKnownPods(measurement: Measurement, { pods }: Subject): Measurement {
  const passed = measurement.kind === 'measured' && measurement.verdict === 'passed';
  if (pods !== undefined || !passed) return measurement;
  const message = `the pods of the target are not known, so other pods may count: ${measurement.message}`;
  return { kind: 'partial', message };
}
