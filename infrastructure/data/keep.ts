import { RemovalPolicy } from 'aws-cdk-lib';

/** What happens to a resource that holds data when its stack is deleted. */
export interface KeepData {
  /** False only after a person asked to delete the data: `make aws-destroy AWS="--data"`. */
  readonly keepData: boolean;
}

export function removalPolicy({ keepData }: KeepData): RemovalPolicy {
  return keepData ? KEEP : RemovalPolicy.DESTROY;
}

/**
 * Keeps the resource, except if the creation of its stack fails: there is no data yet then, and what was left behind would
 * stand in the way of the next try.
 */
export const KEEP = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;
