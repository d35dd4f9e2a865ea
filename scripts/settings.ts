import { z } from 'zod';
import { STREAM_NAMES } from '../services/shared/agreements/stream-names.ts';
import { httpUrl } from '../services/shared/config.ts';
import { differentStreams } from '../services/shared/different-streams.ts';
import { streamSetting } from '../services/shared/stream-reference.ts';

const kinesisEndpoint = () => httpUrl().optional().describe('URL of a Kinesis emulator. Unset: AWS.');

/** Settings of scripts/kinesis-e2e.ts. An option on the command line wins over its variable. */
export const kinesisCheckSettings = z
  .object({
    KINESIS_ENDPOINT: kinesisEndpoint(),
    AWS_REGION: z.string().default('us-east-1').describe('Region of the three streams.'),
    INPUT_STREAM: streamSetting()
      .default(STREAM_NAMES.input)
      .describe('Stream to which applications are written, by name or ARN.'),
    OUTPUT_STREAM: streamSetting()
      .default(STREAM_NAMES.output)
      .describe('Stream in which decisions are expected, by name or ARN.'),
    REJECT_STREAM: streamSetting()
      .default(STREAM_NAMES.rejects)
      .describe('Stream in which dead letters are expected, by name or ARN.'),
  })
  .check(differentStreams(['INPUT_STREAM', 'OUTPUT_STREAM', 'REJECT_STREAM'], 'AWS_REGION'));

/** Settings of scripts/install/streams.ts. */
export const streamInstallSettings = z.object({ KINESIS_ENDPOINT: kinesisEndpoint() });

/** Settings of scripts/install/secrets.ts. */
export const secretInstallSettings = z.object({
  POD_NAMESPACE: z.string().describe('Kubernetes namespace in which missing Secrets are created.'),
});
