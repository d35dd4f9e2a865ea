import { z } from 'zod';
import type { PutReceipt } from '../../scripts/kinesis/put-all.ts';
import type { TailedRecord } from '../../scripts/kinesis/stream-tail.ts';
import { deadLetterRecordSchema } from '../../services/shared/agreements/dead-letter-record.ts';
import { decisionRecordSchema } from '../../services/shared/agreements/decision-record.ts';
import type { Application } from './applications.ts';

/** Every record that the system publishes must be whole. */
const answerSchema = z.union([decisionRecordSchema, deadLetterRecordSchema]);

interface Sent {
  readonly application: Application;
  readonly sentAt: number;
}

interface Answer {
  readonly kind: 'decision' | 'rejection';
  readonly decisionId: string;
  readonly version: string;
  /** When the consumer had the outcome, milliseconds since the epoch. */
  readonly decidedAt: number;
  /** When the outcome was on its stream, milliseconds since the epoch. */
  readonly arrivedAt: number;
}

export interface Account {
  readonly sent: number;
  readonly lost: number;
  /** Answered as a rejection where a decision was due, or the other way round. */
  readonly unexpected: number;
  readonly duplicates: number;
  /** Duplicates that do not repeat the decision's id. */
  readonly contradictions: number;
  /** Keys of which an application was decided before an earlier one. */
  readonly disordered: number;
  /** Longest time from an application's put to its outcome. */
  readonly slowestMilliseconds: number;
  readonly decisionsByVersion: Readonly<Record<string, number>>;
  /** Applicants who met a version, then another, then the first again. */
  readonly flippedBack: number;
}

/** Keeps account of what was put on the input stream and what came of it. */
export class Ledger {
  readonly #sent = new Map<string, Sent>();
  readonly #answers = new Map<string, Answer[]>();

  sent(receipt: PutReceipt, application: Application, sentAt: number): void {
    this.#sent.set(position(receipt.shardId, receipt.sequenceNumber), { application, sentAt });
  }

  answered(record: TailedRecord): void {
    const answer = answerSchema.parse(JSON.parse(new TextDecoder().decode(record.data)));
    const at = position(answer.shard_id, answer.sequence_number);
    const answers = this.#answers.get(at) ?? [];
    answers.push({
      kind: 'error' in answer ? 'rejection' : 'decision',
      decisionId: answer.decision_id,
      version: answer.model_version,
      decidedAt: Date.parse('error' in answer ? answer.rejected_at : answer.scored_at),
      arrivedAt: record.arrivalMilliseconds,
    });
    this.#answers.set(at, answers);
  }

  /** Applications, ours or not, that were answered. */
  get answers(): number {
    return this.#answers.size;
  }

  get outstanding(): number {
    return [...this.#sent.keys()].filter((at) => !this.#answers.has(at)).length;
  }

  account(): Account {
    const answered = [...this.#sent].flatMap(([at, sent]) => {
      const answers = this.#answers.get(at);
      const first = answers?.toSorted((left, right) => left.arrivedAt - right.arrivedAt)[0];
      return answers && first ? [{ ...sent, first, answers }] : [];
    });
    const decisionsByVersion: Record<string, number> = {};
    for (const { first } of answered) {
      if (first.kind === 'decision')
        decisionsByVersion[first.version] = (decisionsByVersion[first.version] ?? 0) + 1;
    }
    const byKey = Map.groupBy(answered, ({ application }) => application.partitionKey);
    return {
      sent: this.#sent.size,
      lost: this.outstanding,
      unexpected: answered.filter(({ application, first }) => first.kind !== application.expected).length,
      duplicates: answered.reduce((sum, { answers }) => sum + answers.length - 1, 0),
      contradictions: answered.filter(
        ({ answers }) => new Set(answers.map(({ decisionId }) => decisionId)).size > 1,
      ).length,
      disordered: [...byKey.values()].filter(
        (ofKey) => !ascending(decisions(ofKey).map(({ decidedAt }) => decidedAt)),
      ).length,
      slowestMilliseconds: Math.max(0, ...answered.map(({ sentAt, first }) => first.decidedAt - sentAt)),
      decisionsByVersion,
      flippedBack: [...byKey.values()].filter((ofKey) =>
        returns(decisions(ofKey).map(({ version }) => version)),
      ).length,
    };
  }
}

function position(shardId: string, sequenceNumber: string): string {
  return `${shardId}/${sequenceNumber}`;
}

/** A rejection is no model's decision, and comes before its batch is decided. */
function decisions(answered: readonly { readonly first: Answer }[]): Answer[] {
  return answered.map(({ first }) => first).filter(({ kind }) => kind === 'decision');
}

function ascending(values: readonly number[]): boolean {
  return values.every((value, index) => index === 0 || value >= (values[index - 1] ?? 0));
}

/** Whether a value comes back after another had taken its place. */
function returns(values: readonly string[]): boolean {
  const changes = values.filter((value, index) => value !== values[index - 1]);
  return new Set(changes).size < changes.length;
}
