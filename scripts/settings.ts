import { z } from 'zod';
import { STREAM_NAMES } from '../services/shared/agreements/stream-names.ts';
import { httpUrl } from '../services/shared/config.ts';

const kinesisEndpoint = () => httpUrl().optional().describe('URL of a Kinesis emulator. Unset: AWS.');

/** Settings of scripts/kinesis-e2e.ts. An option on the command line wins over its variable. */
export const kinesisCheckSettings = z.object({
  KINESIS_ENDPOINT: kinesisEndpoint(),
  AWS_REGION: z.string().default('us-east-1').describe('Region of the three streams.'),
  INPUT_STREAM: z.string().default(STREAM_NAMES.input).describe('Stream to which applications are written.'),
  OUTPUT_STREAM: z.string().default(STREAM_NAMES.output).describe('Stream in which decisions are expected.'),
  REJECT_STREAM: z
    .string()
    .default(STREAM_NAMES.rejects)
    .describe('Stream in which dead letters are expected.'),
});

/** Settings of scripts/install/streams.ts. */
export const streamInstallSettings = z.object({ KINESIS_ENDPOINT: kinesisEndpoint() });

/** Settings of scripts/install/secrets.ts. */
export const secretInstallSettings = z.object({
  POD_NAMESPACE: z.string().describe('Kubernetes namespace in which missing Secrets are created.'),
});
