import type { ModelDeployment } from '../../../services/shared/model-deployment/model-deployment.ts';
import { readTags } from '../../../services/shared/statements/statement.ts';
import type { TrustedKeys } from '../cluster/trusted-keys.ts';
import { isRestoring } from '../decision/restoration.ts';
import type { StatementsReading } from '../decision/rollout.ts';
import { unexpectedMessage } from '../unexpected-error.ts';
import type { Registry } from './registry.ts';
import { RegistryPoll, type RegistryPollOptions } from './registry-poll.ts';

/** Longest time for which one read may take, with some to spare. */
const READ_MILLISECONDS = 30_000;

export interface StatementPollOptions
  extends Pick<RegistryPollOptions<StatementsReading>, 'clock' | 'logger' | 'onRead'> {
  readonly registry: Pick<Registry, 'readTags'>;
  readonly keys: Pick<TrustedKeys, 'read'>;
}

/** Reads the signed statements about the candidate of each ModelDeployment whose spec asks for them. */
export class StatementPoll {
  readonly #poll: RegistryPoll<StatementsReading>;

  constructor({ registry, keys, ...options }: StatementPollOptions) {
    this.#poll = new RegistryPoll({
      ...options,
      subjectOf: ({ spec, status = {} }) => {
        const { url, credentials } = spec.registry;
        const { candidate } = status;
        const keys = spec.approval?.publicKeys.configMap;
        return JSON.stringify([
          url,
          credentials,
          spec.model,
          candidate?.version,
          candidate?.modelCreatedAt,
          keys,
        ]);
      },
      ask: (object) => ask(registry, keys, object),
      isAnswer: ({ kind }) => kind === 'read',
      // The verification takes longer than a read, so the first reading is there when it is needed.
      patienceMilliseconds: 0,
      // The keys of an old reading may have been taken out.
      maximumAgeMilliseconds: ({ spec }) => 2 * spec.registry.pollSeconds * 1000 + READ_MILLISECONDS,
    });
  }

  /** The newest reading. Begins a read if one is due. Undefined if there is none yet, or nothing to read. */
  reading(object: ModelDeployment, wakeToken: string | undefined): StatementsReading | undefined {
    if (asks(object)) return this.#poll.reading(object, wakeToken);
    // A key may be taken out before the same version is wanted again.
    this.forget(object.metadata.name);
    return undefined;
  }

  /** Milliseconds until the next reconcile for the statements. */
  dueMilliseconds(object: ModelDeployment): number {
    return asks(object) ? this.#poll.dueMilliseconds(object) : Number.POSITIVE_INFINITY;
  }

  forget(name: string): void {
    this.#poll.forget(name);
  }

  stop(): Promise<void> {
    return this.#poll.stop();
  }
}

/** Statements can hold a candidate, let it go on, or end its rollout. */
function asks({ spec, status = {} }: ModelDeployment): boolean {
  return spec.approval !== undefined && status.candidate !== undefined && !isRestoring(status);
}

async function ask(
  registry: StatementPollOptions['registry'],
  keys: StatementPollOptions['keys'],
  { spec, status }: ModelDeployment,
): Promise<StatementsReading> {
  const version = status?.candidate?.version ?? '';
  try {
    const trusted = await keys.read(spec.approval?.publicKeys.configMap ?? '');
    if (trusted.kind === 'unreadable') {
      return { kind: 'unreadable', reason: 'KeysUnreadable', message: trusted.message };
    }
    const tags = await registry.readTags(spec.registry, spec.model, version);
    if (tags.kind !== 'read')
      return { kind: 'unreadable', reason: 'StatementsUnreadable', message: tags.message };
    const keyNames = trusted.keys.map(({ name }) => name);
    return { kind: 'read', ...readTags(tags.tags, trusted.keys), keyNames, keyFaults: trusted.faults };
  } catch (error) {
    const message = unexpectedMessage('MLflow', error);
    return { kind: 'unreadable', reason: 'StatementsUnreadable', message };
  }
}
