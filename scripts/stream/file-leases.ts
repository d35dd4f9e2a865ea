import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Clock } from '../../services/shared/clock.ts';
import { type JudgedEdit, judgeEdits } from '../../services/stream/lease/judge-edits.ts';
import { type LeaseFile, parseLeaseFile } from '../../services/stream/lease/lease-file.ts';
import {
  type EditRequest,
  requestEdits,
  waitingEdits,
} from '../../services/stream/lease/lease-file-edits.ts';
import { lockHolder } from '../../services/stream/lease/lease-file-lock.ts';
import { LeaseConflict } from '../../services/stream/lease/lease-store.ts';
import { Refusal } from '../command-line/usage-error.ts';
import type { ChangeResult, GroupLeases, GroupState, LeaseChange } from './group-leases.ts';

/** A process that uses the file makes the changes within half a second. */
const ANSWER_MILLISECONDS = 5_000;
const LOOK_MILLISECONDS = 50;

export interface FileLeasesOptions {
  readonly file: string;
  readonly stream: string;
  readonly clock: Clock;
}

interface Answer {
  readonly problem: string | undefined;
  readonly result: ChangeResult;
}

/** Leases in a file. The process that uses the file makes the changes, because it would overwrite them. */
export class FileLeases implements GroupLeases {
  readonly place: string;
  readonly #options: FileLeasesOptions;
  readonly #requests: EditRequest[] = [];
  /** Answers to the requests that are gathered now. */
  #answers: Promise<ReadonlyMap<string, Answer>> | undefined;

  constructor(options: FileLeasesOptions) {
    this.#options = options;
    this.place = `leases in ${options.file}`;
  }

  /** Changes that wait for a process are shown as if they were made, unless the process will refuse them. */
  async state(): Promise<GroupState> {
    const { file } = this.#options;
    const { found, judged } = await this.#look();
    const content = found ?? this.#empty();
    // After a crash the file still names the process.
    const user = (await lockHolder(file)) === undefined ? undefined : content.process;
    const isLive = user !== undefined;
    const leases = new Map(content.leases.map((lease) => [lease.shardId, lease]));
    for (const { lease } of judged) if (lease !== undefined) leases.set(lease.shardId, lease);
    const seen = { owner: user?.name, isLive, version: '', renewal: '' };
    return {
      account: content.account,
      leases: [...leases.values()].map((lease) => ({
        ...lease,
        ...seen,
        ...(lease.checkpoint.kind === 'shard_end' ? { owner: undefined } : {}),
      })),
      // An import makes changes before the first process makes the file.
      absentFile: found === undefined && judged.length === 0 ? file : undefined,
      members: isLive ? [{ name: user.name, revision: '', joinedMilliseconds: 0, version: '' }] : [],
    };
  }

  /** Changes that are asked for at the same moment are requested, and answered, together. */
  async change({ seen, exact, lease }: LeaseChange): Promise<ChangeResult> {
    const { stream } = this.#options;
    const id = randomUUID();
    this.#requests.push({ id, stream, seen, exact, lease });
    this.#answers ??= Promise.resolve().then(() => this.#makeTogether());
    const answer = (await this.#answers).get(id);
    if (answer?.problem !== undefined) throw new LeaseConflict(answer.problem);
    return answer?.result ?? 'waiting';
  }

  /**
   * Requests the changes first and judges them then. So two people who request at the same time see one order: that of
   * the edits file, by which the process goes too.
   */
  async #makeTogether(): Promise<ReadonlyMap<string, Answer>> {
    const { file, clock } = this.#options;
    const requests = this.#requests.splice(0);
    this.#answers = undefined;
    await requestEdits(file, requests);
    const isUsed = (await lockHolder(file)) !== undefined;
    const deadline = clock.monotonic() + (isUsed ? ANSWER_MILLISECONDS : 0);
    for (;;) {
      const { found, judged } = await this.#look();
      const answers = new Map<string, Answer>(
        found?.edits.map(({ id, problem }) => [id, { problem, result: 'made' }]),
      );
      if (requests.every(({ id }) => answers.has(id))) return answers;
      if (clock.monotonic() >= deadline) {
        const result = isUsed ? 'unanswered' : 'waiting';
        for (const { request, problem } of judged) answers.set(request.id, { problem, result });
        return answers;
      }
      await clock.sleep(LOOK_MILLISECONDS);
    }
  }

  async assertCanDrain(): Promise<void> {
    const { file } = this.#options;
    const holder = await lockHolder(file);
    const name = (await this.#content())?.process?.name;
    throw new Refusal(
      holder !== undefined
        ? `${file} has one member, ${name ?? 'which starts now'}, so nobody could take its shards: stop ${holder} instead, which gives them up`
        : `no process uses ${file}, so there is nobody to drain`,
    );
  }

  requestHandOff(): Promise<void> {
    return this.assertCanDrain();
  }

  drain(): Promise<void> {
    return this.assertCanDrain();
  }

  async close(): Promise<void> {}

  /** The lease file, and what becomes of the requests that it does not answer. */
  async #look(): Promise<{ found: LeaseFile | undefined; judged: JudgedEdit[] }> {
    const { file, stream } = this.#options;
    const requests = await waitingEdits(file);
    const found = await this.#content();
    const { leases, edits } = found ?? this.#empty();
    const answered = new Set(edits.map(({ id }) => id));
    const waiting = requests.filter(({ id }) => !answered.has(id));
    return { found, judged: judgeEdits({ file, stream, leases }, waiting) };
  }

  #empty(): LeaseFile {
    return { stream: this.#options.stream, leases: [], edits: [] };
  }

  /** Undefined if there is no such file. */
  async #content(): Promise<LeaseFile | undefined> {
    const { file, stream } = this.#options;
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw new Refusal(`the lease file ${file} cannot be read: ${error.message}`);
    });
    if (text === undefined) return undefined;
    const content = parseLeaseFile(file, text);
    if (content.stream !== stream)
      throw new Refusal(
        `${file} holds the leases of stream ${content.stream}, not of ${stream}: give --stream ${content.stream} or another --lease-file`,
      );
    return content;
  }
}
