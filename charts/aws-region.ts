import type { Environment } from './environment.ts';

/** The region for Python processes: boto3 reads AWS_DEFAULT_REGION only, other tools read AWS_REGION. */
export function pythonRegion({ kinesis }: Environment): Record<'AWS_REGION' | 'AWS_DEFAULT_REGION', string> {
  return { AWS_REGION: kinesis.region, AWS_DEFAULT_REGION: kinesis.region };
}
