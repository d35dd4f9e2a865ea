import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { SYSTEM_NAME } from '../../services/shared/agreements/kubernetes-names.ts';
import { STREAM_NAMES } from '../../services/shared/agreements/stream-names.ts';
import { systemClock } from '../../services/shared/clock.ts';
import { parseConfig } from '../../services/shared/config.ts';
import { loadKubeConfig } from '../../services/shared/kubernetes/kube-config.ts';
import { KubernetesClient } from '../../services/shared/kubernetes/kubernetes-client.ts';
import { ServiceClock } from '../../services/shared/service-clock.ts';
import { streamNameOf } from '../../services/shared/stream-reference.ts';
import { streamSettings } from '../../services/stream/settings.ts';
import { createStreamClient } from '../../services/stream/start-stream.ts';
import type { CommandInput } from '../command-line/command.ts';
import type { Terminal } from '../command-line/terminal.ts';
import { UsageError } from '../command-line/usage-error.ts';
import { emulatorCredentials } from '../stack/kinesis-endpoint.ts';
import { ClusterLeases } from './cluster-leases.ts';
import type { Desk } from './desk.ts';
import { FileLeases } from './file-leases.ts';
import type { GroupLeases } from './group-leases.ts';
import { patientClient } from './patient-client.ts';
import { S3Objects } from './s3-objects.ts';

const endpointsSchema = z.object({
  kinesis: z.string(),
  streams: z.object({ input: z.string(), rejects: z.string() }),
  leaseFile: z.string().optional(),
});

type Environment = Record<string, string | undefined>;

/** Opens the group that options and environment name. An option wins over its variable. */
export async function openDesk(
  input: CommandInput,
  environment: Environment,
  terminal: Terminal,
): Promise<Desk> {
  const isCluster = input.text('namespace') !== undefined || input.text('context') !== undefined;
  if (isCluster && input.text('lease-file') !== undefined)
    throw new UsageError('--lease-file does not go with --namespace or --context: give one of them');
  const local = isCluster ? undefined : await endpointsOf(input.text('endpoints'));
  const settings = parseConfig(streamSettings, {
    ...environment,
    // The tool writes no decisions, so their stream may be the input of the group that it looks at.
    OUTPUT_STREAM: 'not-used-by-the-tool',
    // The tool decides by its options where the leases are.
    LEASE_STORE: undefined,
    INPUT_STREAM:
      input.text('stream') ?? local?.streams.input ?? environment.INPUT_STREAM ?? STREAM_NAMES.input,
    REJECT_STREAM: input.text('rejects') ?? local?.streams.rejects ?? environment.REJECT_STREAM,
    CONSUMER_GROUP: input.text('group') ?? environment.CONSUMER_GROUP,
    POD_NAMESPACE: input.text('namespace') ?? environment.POD_NAMESPACE ?? SYSTEM_NAME,
    KINESIS_ENDPOINT: input.text('endpoint') ?? local?.kinesis ?? environment.KINESIS_ENDPOINT,
    AWS_REGION: input.text('region') ?? environment.AWS_REGION,
  });
  const {
    INPUT_STREAM: stream = STREAM_NAMES.input,
    REJECT_STREAM: rejects,
    KINESIS_ENDPOINT: endpoint,
  } = settings;
  // The AWS SDK refuses to start without credentials. An emulator on this machine accepts any.
  if (endpoint !== undefined && isLoopback(endpoint))
    for (const [name, value] of Object.entries(emulatorCredentials)) process.env[name] ??= value;
  const file = isCluster ? undefined : leaseFileOf(input, local, environment);
  const leases = file
    ? new FileLeases({ file, stream: streamNameOf(stream), clock: systemClock })
    : clusterLeases(input.text('context'), settings, stream);
  const serviceClock = new ServiceClock(systemClock);
  return {
    leases,
    client: patientClient(
      createStreamClient({ ...settings, INPUT_STREAM: stream }, serviceClock),
      systemClock,
    ),
    objects: new S3Objects({ region: settings.AWS_REGION, endpoint: settings.S3_ENDPOINT }),
    objectPrefix: settings.ON_FAILURE,
    streams: { input: stream, rejects },
    kinesis: endpoint ?? `AWS, ${settings.AWS_REGION}`,
    // Positions and ages are in the time of Kinesis. The clock of this machine may be wrong.
    clock: { ...systemClock, now: () => serviceClock.now() },
    terminal,
    signal: new AbortController().signal,
  };
}

export async function closeDesk({ leases, client }: Desk): Promise<void> {
  client.close();
  await leases.close();
}

function leaseFileOf(
  input: CommandInput,
  local: z.output<typeof endpointsSchema> | undefined,
  { LEASE_STORE, LEASE_FILE }: Environment,
): string | undefined {
  return input.text('lease-file') ?? local?.leaseFile ?? (LEASE_STORE === 'file' ? LEASE_FILE : undefined);
}

function clusterLeases(
  context: string | undefined,
  settings: z.output<typeof streamSettings>,
  stream: string,
): GroupLeases {
  const kubeConfig = loadKubeConfig();
  if (context !== undefined) {
    if (kubeConfig.getContextObject(context) === null)
      throw new UsageError(
        `--context ${context}: there is no such context; \`kubectl config get-contexts\` lists them`,
      );
    kubeConfig.setCurrentContext(context);
  }
  // Owners sign their leases with the time of the cluster. The clock of this machine may be wrong.
  const serverTime = new ServiceClock(systemClock);
  return new ClusterLeases({
    client: new KubernetesClient({ kubeConfig, serverTime }),
    context: kubeConfig.getCurrentContext(),
    namespace: settings.POD_NAMESPACE ?? SYSTEM_NAME,
    group: settings.CONSUMER_GROUP,
    stream: streamNameOf(stream),
    leaseMilliseconds: settings.LEASE_SECONDS * 1000,
    clock: { ...systemClock, now: () => serverTime.now() },
  });
}

async function endpointsOf(file: string | undefined) {
  if (file === undefined) return undefined;
  try {
    return endpointsSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    throw new UsageError(
      `--endpoints ${file}: is not the file of \`make local\`: ${(error as Error).message}`,
    );
  }
}

function isLoopback(endpoint: string): boolean {
  return ['127.0.0.1', '[::1]', 'localhost'].includes(URL.parse(endpoint)?.hostname ?? '');
}
