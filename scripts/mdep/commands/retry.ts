import type { ModelDeployment } from '../../../services/shared/model-deployment/model-deployment.ts';
import { Refusal } from '../../command-line/usage-error.ts';
import { REASON_OPTION } from '../common-options.ts';
import type { MdepCommand } from '../desk.ts';
import { reasonOf, requestValue, sayRequested } from '../request-text.ts';

export const retryCommand: MdepCommand = {
  name: 'retry',
  operands: '[NAME]',
  summary: 'Tries a refused version again, from its verification on.',
  details: ['Without --version it is the refused version that the alias names.'],
  options: [{ name: 'version', value: 'VERSION', help: 'a version that was refused' }, REASON_OPTION],
  run: async (input, desk) => {
    const { deployments, signal, clock } = desk;
    const reason = reasonOf(input);
    let version = '';
    const { object, by } = await deployments.request(
      input.operands[0],
      (present) => {
        version = refusedVersion(present, input.text('version'));
        return { retry: requestValue(version, reason, clock.now()) };
      },
      signal,
    );
    sayRequested(desk, object.metadata.name, by, `try version ${version} again`);
  },
};

function refusedVersion(
  { metadata, spec, status = {} }: ModelDeployment,
  wanted: string | undefined,
): string {
  const refused = (status.refusals ?? [])
    .filter(({ liftedAt }) => liftedAt === undefined)
    .map(({ version }) => version);
  const all = [...new Set([...(status.failed ? [status.failed.version] : []), ...refused])];
  if (wanted === undefined && status.failed !== undefined) return status.failed.version;
  if (wanted !== undefined && all.includes(wanted)) return wanted;
  const known = all.length > 0 ? `refused versions: ${all.join(', ')}` : 'no version is refused';
  if (wanted !== undefined)
    throw new Refusal(`version ${wanted} of ${metadata.name} is not refused; ${known}`);
  throw new Refusal(`the alias ${spec.registry.alias} names no refused version; ${known}`);
}
