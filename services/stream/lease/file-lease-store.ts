import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Logger } from '../../shared/logging.ts';
import { formatCheckpoint } from '../checkpoint.ts';
import { type JudgedEdit, judgeEdits } from './judge-edits.ts';
import { leaseChange } from './lease-change.ts';
import { type EditResult, formatLeaseFile, type LeaseFile, parseLeaseFile } from './lease-file.ts';
import { forgetEdits, type ReadEdits, takeEdits } from './lease-file-edits.ts';
import { LeaseConflict, type LeaseNews, type LeaseStore } from './lease-store.ts';
import type { Member, NewMember, ShardLease, StoredLease } from './shard-lease.ts';
import { assertSameAccount, type StreamClaim } from './stream-claim.ts';

/** Interval at which the process looks for edits that a person requested. */
const EDITS_MILLISECONDS = 500;
/** Answers to edits that the file keeps. The tool that requested them reads them within seconds. */
const KEPT_RESULTS = 200;
const LOGGED_CHARACTERS = 200;

export interface FileLeaseStoreOptions {
  readonly file: string;
  readonly stream: string;
  readonly logger: Logger;
}

/**
 * Keeps the leases of one process in one file, which is replaced atomically. Two processes must not share a file.
 * A person's edits come as requests in a file beside it, because the process overwrites its file.
 */
export class FileLeaseStore implements LeaseStore {
  readonly isShared = false;
  readonly #options: FileLeaseStoreOptions;
  readonly #leases = new Map<string, StoredLease>();
  #member: Member | undefined;
  #account: string | undefined;
  #version = 0;
  #writing: Promise<void> = Promise.resolve();
  #queued: Promise<void> | undefined;
  #editing: Promise<void> = Promise.resolve();
  #editResults: readonly EditResult[] = [];
  /** Why edits could not be taken at the last try. */
  #editsProblem: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #onChange: (change: LeaseNews) => void = () => {};

  constructor(options: FileLeaseStoreOptions) {
    this.#options = options;
  }

  async start(onChange: (change: LeaseNews) => void): Promise<void> {
    this.#onChange = onChange;
    const { file } = this.#options;
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (text !== undefined) this.#load(parseLeaseFile(file, text));
    await this.#takeEdits();
    this.#timer ??= setInterval(() => {
      this.#editing = this.#editing.then(() => this.#tryEdits());
    }, EDITS_MILLISECONDS).unref();
  }

  async claim(claim: StreamClaim): Promise<void> {
    assertSameAccount(claim, this.#account, this.leases());
    this.#account = claim.account;
  }

  leases(): readonly StoredLease[] {
    return [...this.#leases.values()];
  }

  members(): readonly Member[] {
    return this.#member ? [this.#member] : [];
  }

  async read(shardId: string): Promise<StoredLease | undefined> {
    return this.#leases.get(shardId);
  }

  async create(lease: ShardLease): Promise<StoredLease> {
    if (this.#leases.has(lease.shardId)) throw new LeaseConflict(`${lease.shardId} has a lease already`);
    const stored = this.#set(lease);
    await this.#save();
    return stored;
  }

  async replace(lease: StoredLease): Promise<StoredLease> {
    this.#guard(lease);
    const stored = this.#set(lease);
    await this.#save();
    return stored;
  }

  async requestHandOff(): Promise<never> {
    throw new Error('a lease file has only one member');
  }

  async remove(lease: StoredLease): Promise<void> {
    this.#guard(lease);
    this.#leases.delete(lease.shardId);
    await this.#save();
  }

  async announce(member: NewMember): Promise<void> {
    const isFirst = this.#member === undefined;
    this.#member = { ...member, version: String(++this.#version) };
    if (isFirst) this.#onChange('news');
    if (isFirst) await this.#save();
  }

  async withdraw(): Promise<void> {
    this.#member = undefined;
    await this.#save();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#editing;
    await this.#writing;
  }

  #load({ stream, account, leases, edits }: LeaseFile): void {
    const { file, stream: own } = this.#options;
    if (stream !== own) {
      throw new Error(
        `${file} holds the checkpoints of stream ${stream}, not of ${own}; set LEASE_FILE to another file`,
      );
    }
    this.#account = account;
    this.#editResults = edits;
    for (const lease of leases) this.#set(lease);
  }

  /** Failed edits stay in their file, and the next look tries them again. One failure is logged once, not at every look. */
  async #tryEdits(): Promise<void> {
    try {
      await this.#takeEdits();
      this.#editsProblem = undefined;
    } catch (error) {
      const { message } = error as Error;
      if (message !== this.#editsProblem)
        this.#options.logger.error(
          { error, file: this.#options.file },
          'edits of leases could not be made, trying again',
        );
      this.#editsProblem = message;
    }
  }

  /** Makes all edits that wait, also those that a crash left. Edits that arrived together share one write. */
  async #takeEdits(): Promise<void> {
    const { file } = this.#options;
    for (let taken = await takeEdits(file); taken !== undefined; taken = await takeEdits(file)) {
      this.#makeEdits(taken);
      await this.#save();
      await forgetEdits(file);
    }
  }

  #makeEdits({ requests, unreadable }: ReadEdits): void {
    const { file, stream, logger } = this.#options;
    for (const line of unreadable)
      logger.warn(
        { file, line: line.slice(0, LOGGED_CHARACTERS) },
        'a line is no edit of a lease, so it is left out',
      );
    const answered = new Set(this.#editResults.map(({ id }) => id));
    const fresh = requests.filter(({ id }) => !answered.has(id));
    const judged = judgeEdits({ file, stream, leases: this.leases() }, fresh);
    for (const edit of judged) this.#makeEdit(edit);
    const results = judged.map(({ request: { id }, problem }) =>
      problem === undefined ? { id } : { id, problem },
    );
    // The tool waits for the answers to all edits that it requested together.
    const kept = Math.max(KEPT_RESULTS, results.length);
    this.#editResults = [...this.#editResults, ...results].slice(-kept);
  }

  #makeEdit({ request, lease, problem }: JudgedEdit): void {
    if (lease !== undefined) this.#set(lease);
    if (problem === undefined) return;
    const { shardId, checkpoint } = request.lease;
    const edit = { id: request.id, to: formatCheckpoint(checkpoint) };
    this.#options.logger.warn({ shardId, edit, reason: problem }, 'an edit of a lease is refused');
  }

  #guard(lease: StoredLease): void {
    const stored = this.#leases.get(lease.shardId);
    if (stored?.version !== lease.version)
      throw new LeaseConflict(`the lease of ${lease.shardId} was changed meanwhile`);
  }

  #set(lease: ShardLease): StoredLease {
    // Refuses a lease that could not be written, before it keeps all other leases from being written.
    formatCheckpoint(lease.checkpoint);
    const version = String(++this.#version);
    const stored = { ...lease, version, renewal: version };
    const change = leaseChange(this.#leases.get(lease.shardId), stored);
    this.#leases.set(lease.shardId, stored);
    if (change === 'news') this.#onChange(change);
    return stored;
  }

  /** Writes that arrive during a write share the next write. */
  #save(): Promise<void> {
    this.#queued ??= this.#writing
      .catch(() => {})
      .then(() => {
        this.#queued = undefined;
        this.#writing = this.#write();
        return this.#writing;
      });
    return this.#queued;
  }

  async #write(): Promise<void> {
    const { file, stream } = this.#options;
    const user = this.#member && { name: this.#member.name, pid: process.pid };
    const content = formatLeaseFile({
      stream,
      account: this.#account,
      process: user,
      leases: this.leases(),
      edits: this.#editResults,
    });
    await mkdir(dirname(file), { recursive: true });
    const partial = `${file}.partial`;
    const handle = await open(partial, 'w');
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(partial, file);
  }
}
