import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { MODEL } from '../../charts/model-deployment.ts';
import {
  AUDIT_COMPONENT,
  type AuditRecord,
  auditRecordSchema,
} from '../../services/shared/agreements/audit-record.ts';
import { kubectl, NAMESPACE, podsOf } from './kubectl.ts';
import { rolloutStatus } from './promotion.ts';
import { assertRecorded } from './record-account.ts';
import { waitUntil } from './wait-until.ts';

const COMPONENT = 'rollout';
const LOOK_MILLISECONDS = 1_000;

interface Line {
  readonly time: string;
  readonly record: AuditRecord;
}

/** Follows the log of every pod of the operator, because the log of a pod goes with the pod. */
export class AuditLog implements AsyncDisposable {
  readonly #first: number;
  readonly #uid: string;
  readonly #lines = new Map<string, Line>();
  readonly #followed = new Map<string, ChildProcess>();
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;

  private constructor(uid: string, first: number) {
    this.#uid = uid;
    this.#first = first;
    this.#running = this.#follow();
  }

  /** Follows from the next transition on. */
  static async open(): Promise<AuditLog> {
    const { transitions = [] } = await rolloutStatus();
    const uid = await kubectl(['get', 'modeldeployment', MODEL, '--output=jsonpath={.metadata.uid}']);
    return new AuditLog(uid, (transitions[0]?.sequence ?? 0) + 1);
  }

  /** @throws Error if a transition since `open` is missing, out of order, or without what was measured */
  async assertComplete(): Promise<string> {
    const status = await waitUntil('every transition is recorded', 60, async () => {
      const present = await rolloutStatus();
      return present.recordedSequence === present.transitions?.[0]?.sequence ? present : undefined;
    });
    // The follower of a pod may be a moment behind. The log that is there is read whole.
    for (const { metadata } of await podsOf(COMPONENT)) this.#read(await kubectl(['logs', metadata.name]));
    const lines = [...this.#lines.values()].sort((a, b) => (a.time < b.time ? -1 : 1));
    return assertRecorded(
      lines.map(({ record }) => record),
      status,
      this.#first,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    for (const child of this.#followed.values()) child.kill();
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      // The API server may be away for a while.
      const pods = await podsOf(COMPONENT).catch(() => []);
      for (const { metadata, status } of pods) {
        const child = this.#followed.get(metadata.uid);
        if (status?.phase !== 'Running' || (child !== undefined && child.exitCode === null)) continue;
        this.#followed.set(metadata.uid, this.#start(metadata.name));
      }
      await delay(LOOK_MILLISECONDS, undefined, { signal }).catch(() => {});
    }
  }

  #start(pod: string): ChildProcess {
    const args = ['--namespace', NAMESPACE, 'logs', '--follow', pod];
    const child = spawn('kubectl', args, { stdio: ['ignore', 'pipe', 'ignore'] });
    child.on('error', () => {});
    createInterface({ input: child.stdout }).on('line', (line) => this.#read(line));
    return child;
  }

  /** A line that was read before counts once. */
  #read(text: string): void {
    for (const line of text.split('\n')) {
      if (!line.includes(`"component":"${AUDIT_COMPONENT}"`)) continue;
      const { time, level: _, component: __, ...record } = JSON.parse(line);
      const parsed = auditRecordSchema.parse(record);
      if (parsed.uid === this.#uid) this.#lines.set(line, { time, record: parsed });
    }
  }
}
