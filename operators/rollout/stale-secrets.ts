import type { ModelDeployment } from '../../services/shared/model-deployment/model-deployment.ts';
import type { Denial } from './decision/rollout.ts';
import type { SecretReader } from './servers/secret-reader.ts';

/** The Secrets of the ModelDeployment that cannot be read any more, so that their last known values are used. */
export function staleSecrets(
  { spec, status = {} }: ModelDeployment,
  secrets: Pick<SecretReader, 'troubleOf'>,
): readonly Denial[] {
  const { registry, analysis } = spec;
  // Prometheus is asked in a rollout only. At other times nobody learns that its Secret can be read again.
  const measures = status.candidate !== undefined || status.phase === 'Soaking';
  const names = new Set([registry.credentials?.secret, measures ? analysis?.credentials?.secret : undefined]);
  return [...names].flatMap((name) => {
    const trouble = name === undefined ? undefined : secrets.troubleOf(name);
    return trouble === undefined ? [] : [{ kind: 'read', message: trouble } as const];
  });
}
