import type { ModelDeployment } from '../../../services/shared/model-deployment/model-deployment.ts';
import type { AliasReading } from '../decision/rollout.ts';
import { unexpectedMessage } from '../unexpected-error.ts';
import type { Registry } from './registry.ts';
import { RegistryPoll, type RegistryPollOptions } from './registry-poll.ts';

/** A reconcile should know the alias as it is now. It takes the former reading if the answer needs longer than this. */
const PATIENCE_MILLISECONDS = 500;

export interface AliasPollOptions
  extends Pick<RegistryPollOptions<AliasReading>, 'clock' | 'logger' | 'onRead'> {
  readonly registry: Pick<Registry, 'readAlias'>;
}

/** Reads the alias of each ModelDeployment. */
export class AliasPoll extends RegistryPoll<AliasReading> {
  constructor({ registry, ...options }: AliasPollOptions) {
    super({
      ...options,
      subjectOf: ({ spec }) => {
        const { url, credentials, alias } = spec.registry;
        return JSON.stringify([url, credentials, spec.model, alias]);
      },
      ask: (object) => readAlias(registry, object),
      isAnswer: ({ kind }) => kind === 'version' || kind === 'absent',
      patienceMilliseconds: PATIENCE_MILLISECONDS,
    });
  }
}

async function readAlias(
  registry: AliasPollOptions['registry'],
  { spec }: ModelDeployment,
): Promise<AliasReading> {
  try {
    return await registry.readAlias(spec.registry, spec.model, spec.registry.alias);
  } catch (error) {
    return { kind: 'unreachable', message: unexpectedMessage('MLflow', error) };
  }
}
