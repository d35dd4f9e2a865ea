import { z } from 'zod';
import { deadLetterRecordSchema } from '../../services/shared/agreements/dead-letter-record.ts';
import { decisionRecordSchema } from '../../services/shared/agreements/decision-record.ts';
import type { PutReceipt } from '../kinesis/put-all.ts';
import type { TailedRecord } from '../kinesis/stream-tail.ts';
import type { WorkItem } from './workload.ts';

const { shard_id, sequence_number, model_version } = decisionRecordSchema.shape;

/** The part of a decision or a dead letter that the account needs. */
const answerSchema = z.object({
  shard_id,
  sequence_number,
  model_version,
  error: deadLetterRecordSchema.shape.error.pick({ code: true }).loose().optional(),
});

interface Sent {
  readonly expected: string;
  readonly sentAtMilliseconds: number;
}

interface Answer {
  /** `decision`, or the code of the dead letter. */
  readonly kind: string;
  readonly modelVersion: string;
  readonly arrivalMilliseconds: number;
}

export interface LedgerSummary {
  readonly sent: number;
  readonly predicted: number;
  readonly rejected: Readonly<Record<string, number>>;
  /** Applications that got neither a decision nor a dead letter. */
  readonly lost: number;
  /** Answers to an application beyond the first. */
  readonly duplicates: number;
  /** Applications whose answer is not the expected one. */
  readonly unexpected: number;
  readonly decisionsByVersion: Readonly<Record<string, number>>;
  /** Time from just before the put until the answer arrives on its stream. */
  readonly latencyMilliseconds: { readonly p50: number; readonly p99: number };
  readonly recordsPerSecond: number;
}

/** Matches each application with its answers, by shard and sequence number. */
export class Ledger {
  readonly #sent = new Map<string, Sent>();
  readonly #answers = new Map<string, Answer[]>();

  sent(receipt: PutReceipt, item: WorkItem, sentAtMilliseconds: number): void {
    const { expected } = item;
    this.#sent.set(`${receipt.shardId}/${receipt.sequenceNumber}`, { expected, sentAtMilliseconds });
  }

  answered(record: TailedRecord): void {
    const answer = answerSchema.parse(JSON.parse(new TextDecoder().decode(record.data)));
    const key = `${answer.shard_id}/${answer.sequence_number}`;
    const answers = this.#answers.get(key) ?? [];
    answers.push({
      kind: answer.error?.code ?? 'decision',
      modelVersion: answer.model_version,
      arrivalMilliseconds: record.arrivalMilliseconds,
    });
    this.#answers.set(key, answers);
  }

  get outstanding(): number {
    return [...this.#sent.keys()].filter((key) => !this.#answers.has(key)).length;
  }

  /** When the first decision by `version` reached the output stream, milliseconds since the epoch. */
  firstDecisionBy(version: string): number | undefined {
    const arrivals = [...this.#answers.values()]
      .flat()
      .filter((answer) => answer.kind === 'decision' && answer.modelVersion === version)
      .map((answer) => answer.arrivalMilliseconds);
    return arrivals.length === 0 ? undefined : Math.min(...arrivals);
  }

  summary(): LedgerSummary {
    const rejected: Record<string, number> = {};
    const decisionsByVersion: Record<string, number> = {};
    const latencies: number[] = [];
    let predicted = 0;
    let duplicates = 0;
    let unexpected = 0;
    let firstSent = Number.POSITIVE_INFINITY;
    let lastArrival = 0;
    for (const [key, { expected, sentAtMilliseconds }] of this.#sent) {
      const [answer, ...repeats] = this.#answers.get(key) ?? [];
      if (answer === undefined) continue;
      duplicates += repeats.length;
      if (answer.kind !== expected) unexpected++;
      if (answer.kind === 'decision') {
        predicted++;
        decisionsByVersion[answer.modelVersion] = (decisionsByVersion[answer.modelVersion] ?? 0) + 1;
      } else {
        rejected[answer.kind] = (rejected[answer.kind] ?? 0) + 1;
      }
      latencies.push(answer.arrivalMilliseconds - sentAtMilliseconds);
      firstSent = Math.min(firstSent, sentAtMilliseconds);
      lastArrival = Math.max(lastArrival, answer.arrivalMilliseconds);
    }
    latencies.sort((left, right) => left - right);
    return {
      sent: this.#sent.size,
      predicted,
      rejected,
      lost: this.outstanding,
      duplicates,
      unexpected,
      decisionsByVersion,
      latencyMilliseconds: { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) },
      recordsPerSecond: Math.round((1000 * latencies.length) / Math.max(1, lastArrival - firstSent)),
    };
  }
}

/** The quantile by the nearest-rank method. NaN if there are no values. */
function quantile(ascending: readonly number[], share: number): number {
  return Math.round(ascending[Math.ceil(share * ascending.length) - 1] ?? Number.NaN);
}
