import type { AwsEnvironment } from '../environment-schema.ts';

/** The settings of a cluster that the stacks make. */
export type NewCluster = Extract<AwsEnvironment['cluster'], { kind: 'new' }>;
