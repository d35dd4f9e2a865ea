import { z } from 'zod';
import type { PutReceipt } from '../../scripts/kinesis/put-all.ts';
import type { TailedRecord } from '../../scripts/kinesis/stream-tail.ts';
import { deadLetterRecordSchema } from '../../services/shared/agreements/dead-letter-record.ts';
import { decisionRecordSchema } from '../../services/shared/agreements/decision-record.ts';
import type { Application } from './applications.ts';

/** Schema of every record that the system publishes. */
const answerSchema = z.union([decisionRecordSchema, deadLetterRecordSchema]);

interface Sent {
  readonly application: Application;
  readonly sentAt: number;
}

interface Answer {
  readonly kind: 'decision' | 'rejection';
  readonly decisionId: string;
  readonly version: string;
  /** Time at which the consumer had the outcome, in milliseconds since the epoch. */
  readonly decidedAt: number;
  /** Time at which the outcome was on its stream, in milliseconds since the epoch. */
  readonly arrivedAt: number;
}

export interface Account {
  readonly sent: number;
  readonly lost: number;
  /** Dead-lettered although a decision was due, or the other way round. */
  readonly unexpected: number;
  readonly duplicates: number;
  /** Duplicates with another decision id. */
  readonly contradictions: number;
  /** Keys with an application that was decided before an earlier application. */
  readonly disordered: number;
  /** Longest time from the put of an application to its outcome. */
  readonly slowestMilliseconds: number;
  readonly decisionsByVersion: Readonly<Record<string, number>>;
  /** Applicants who met one version, then another version, then the first version again. */
  readonly flippedBack: number;
}

/** Keeps account of the applications on the input stream and of their outcomes. */
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

  /** Number of applications with an outcome, of this run or of others. */
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

/** A dead letter is not the decision of a model, and may come before the decisions of its batch. */
function decisions(answered: readonly { readonly first: Answer }[]): Answer[] {
  return answered.map(({ first }) => first).filter(({ kind }) => kind === 'decision');
}

function ascending(values: readonly number[]): boolean {
  return values.every((value, index) => index === 0 || value >= (values[index - 1] ?? 0));
}

/** Whether a value returns after another value has replaced it. */
function returns(values: readonly string[]): boolean {
  const changes = values.filter((value, index) => value !== values[index - 1]);
  return new Set(changes).size < changes.length;
}
