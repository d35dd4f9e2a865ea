import { KinesisClient, type KinesisClientConfig } from '@aws-sdk/client-kinesis';
import { systemClock } from '../../shared/clock.ts';
import { ServiceClock } from '../../shared/service-clock.ts';
import { AwsCredentials } from './aws-credentials.ts';

export interface StreamClientOptions {
  readonly region: string;
  /** @default the endpoint that the SDK resolves from the environment, the profile and the region */
  readonly endpoint?: string | undefined;
  readonly connectTimeoutMilliseconds: number;
  readonly requestTimeoutMilliseconds: number;
  /** @default credentials of the SDK's default chain */
  readonly credentials?: AwsCredentials;
  /** @default a clock of its own */
  readonly serviceClock?: ServiceClock;
}

/** Options whose defaults are filled in, so that all clients of one process share them. */
export type SharedClientOptions = StreamClientOptions &
  Required<Pick<StreamClientOptions, 'credentials' | 'serviceClock'>>;

export function withDefaults(options: StreamClientOptions): SharedClientOptions {
  return {
    ...options,
    credentials: options.credentials ?? new AwsCredentials({ clock: systemClock }),
    serviceClock: options.serviceClock ?? new ServiceClock(systemClock),
  };
}

interface RawAnswer {
  readonly headers?: Readonly<Record<string, string>>;
}

/** A client of the SDK that shares the process's credentials, and that feeds the service clock. */
export function createKinesisClient(
  { region, endpoint, credentials, serviceClock }: SharedClientOptions,
  requestHandler: NonNullable<KinesisClientConfig['requestHandler']>,
): KinesisClient {
  const client = new KinesisClient({
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    credentials: credentials.provider,
    requestHandler,
    maxAttempts: 1,
  });
  client.middlewareStack.add(
    (next) => async (args) => {
      const sentAt = serviceClock.sending();
      const result = await next(args);
      serviceClock.learn((result.response as RawAnswer | undefined)?.headers?.date, sentAt);
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'learnServiceTime' },
  );
  client.middlewareStack.add((next) => (args) => credentials.renewing(() => next(args)), {
    step: 'initialize',
    name: 'rereadRefusedCredentials',
  });
  return client;
}
