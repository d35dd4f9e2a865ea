import { NodeHttpHandler } from '@smithy/node-http-handler';

export interface SinkClientOptions {
  readonly region: string;
  /** URL of an emulator. @default the endpoint that the AWS SDK resolves */
  readonly endpoint: string | undefined;
}

/** The lane of the sink retries, so the SDK does not. */
export function clientDefaults(region: string) {
  const requestHandler = new NodeHttpHandler({
    connectionTimeout: 3_000,
    requestTimeout: 10_000,
    throwOnRequestTimeout: true,
  });
  return { region, requestHandler, maxAttempts: 1 };
}
