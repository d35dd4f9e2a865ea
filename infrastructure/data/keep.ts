import { RemovalPolicy } from 'aws-cdk-lib';

/** What happens to a resource that holds data when its stack is deleted. */
export interface KeepData {
  /** False only after a person asked to delete the data: `make aws-destroy AWS="--data"`. */
  readonly keepData: boolean;
}

export function removalPolicy({ keepData }: KeepData): RemovalPolicy {
  return keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
}
