import { KinesisClient, ListStreamsCommand } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';

export const EMULATOR_REGION = 'us-east-1';

/** Variables that a process needs to speak to an emulator. The emulator accepts any key. */
export const emulatorCredentials = {
  AWS_REGION: EMULATOR_REGION,
  AWS_ACCESS_KEY_ID: 'emulator',
  AWS_SECRET_ACCESS_KEY: 'emulator',
} as const;

/** A Kinesis that runs on this machine. */
export interface KinesisEndpoint extends AsyncDisposable {
  /** For example `http://127.0.0.1:40124`. */
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** A client for an emulator at `url`. */
export function emulatorClient(url: string): KinesisClient {
  return new KinesisClient({
    endpoint: url,
    region: EMULATOR_REGION,
    credentials: {
      accessKeyId: emulatorCredentials.AWS_ACCESS_KEY_ID,
      secretAccessKey: emulatorCredentials.AWS_SECRET_ACCESS_KEY,
    },
    // Emulators without TLS speak only HTTP/1.1. The SDK's default handler for Kinesis speaks HTTP/2.
    requestHandler: new NodeHttpHandler({
      connectionTimeout: 2_000,
      requestTimeout: 20_000,
      throwOnRequestTimeout: true,
    }),
  });
}

export async function answersKinesis(client: KinesisClient): Promise<boolean> {
  await client.send(new ListStreamsCommand({}));
  return true;
}
