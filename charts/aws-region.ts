import type { Environment } from './environments.ts';

/** The region for what is in Python: boto3 knows it by the second name alone, tools around it by the first. */
export function pythonRegion({ kinesis }: Environment): Record<'AWS_REGION' | 'AWS_DEFAULT_REGION', string> {
  return { AWS_REGION: kinesis.region, AWS_DEFAULT_REGION: kinesis.region };
}
