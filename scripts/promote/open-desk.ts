import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { CHAMPION_ALIAS, SYSTEM_NAME } from '../../services/shared/agreements/kubernetes-names.ts';
import { systemClock } from '../../services/shared/clock.ts';
import { ModelRegistry } from '../../services/shared/mlflow/model-registry.ts';
import { withoutTrailingSlashes } from '../../services/shared/trailing-slashes.ts';
import type { CommandInput } from '../command-line/command.ts';
import type { Environment } from '../command-line/run-tool.ts';
import type { Terminal } from '../command-line/terminal.ts';
import { UsageError } from '../command-line/usage-error.ts';
import type { Desk } from './desk.ts';
import { findFollowers } from './followers.ts';
import { mlflowCredentials } from './mlflow-credentials.ts';

const endpointsSchema = z.object({ mlflow: z.string() });

/** Time-out of one call. A large graph is downloaded in one. */
const TIMEOUT_MILLISECONDS = 120_000;

/** Opens the model that options and environment name. An option wins over its variable. */
export async function openDesk(
  input: CommandInput,
  environment: Environment,
  terminal: Terminal,
): Promise<Desk> {
  const local = await endpointsOf(input.text('endpoints'));
  const url = input.text('tracking-uri') ?? local?.mlflow ?? (environment.MLFLOW_TRACKING_URI || undefined);
  const model = nameOf('--model', input.text('model') ?? (environment.LOAN_MODEL_NAME || SYSTEM_NAME));
  const alias = nameOf('--alias', input.text('alias') ?? CHAMPION_ALIAS);
  return {
    registry: () => {
      const authorise = mlflowCredentials(input.text('credentials'), environment);
      return new ModelRegistry({ url: serverUrl(url), authorise, timeoutMilliseconds: TIMEOUT_MILLISECONDS });
    },
    place: url ?? 'no MLflow',
    findFollowers: (namespaces) => findFollowers(input, environment, { model, alias }, namespaces),
    model,
    alias,
    environment,
    clock: systemClock,
    terminal,
  };
}

function nameOf(option: string, name: string): string {
  if (name.trim() !== '') return name;
  throw new UsageError(`${option} is empty: give a name`);
}

/** Such a URL would be shown, and MLflow's own client takes the password from elsewhere too. */
function serverUrl(text: string | undefined): string {
  if (text === undefined)
    throw new UsageError('no MLflow is named: give --tracking-uri, or set MLFLOW_TRACKING_URI');
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    throw new UsageError('the URL of MLflow begins with neither http:// nor https://; check --tracking-uri');
  if (url.username !== '' || url.password !== '')
    throw new UsageError(
      'the URL of MLflow holds a user or a password: set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or give --credentials',
    );
  return withoutTrailingSlashes(text);
}

async function endpointsOf(file: string | undefined) {
  if (file === undefined) return undefined;
  try {
    return endpointsSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    throw new UsageError(
      (error as NodeJS.ErrnoException).code === 'ENOENT'
        ? `--endpoints ${file}: there is no such file; \`make local\` writes it while it runs`
        : `--endpoints ${file}: this is not the file that \`make local\` writes`,
    );
  }
}
