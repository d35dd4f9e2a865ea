import { Duration } from 'aws-cdk-lib';
import { Repository, TagMutability, TagStatus } from 'aws-cdk-lib/aws-ecr';
import { Construct } from 'constructs';
import { IMAGES } from '../names.ts';
import { type KeepData, removalPolicy } from './keep.ts';

export interface RepositoriesProps extends KeepData {
  /** Path before the name of each image. */
  readonly prefix: string;
}

/** A repository for each image. A tag never changes. */
export class Repositories extends Construct {
  constructor(scope: Construct, props: RepositoriesProps) {
    super(scope, 'repositories');
    for (const image of IMAGES) {
      new Repository(this, image, {
        repositoryName: `${props.prefix}/${image}`,
        imageTagMutability: TagMutability.IMMUTABLE,
        imageScanOnPush: true,
        removalPolicy: removalPolicy(props),
        emptyOnDelete: !props.keepData,
        lifecycleRules: [
          { rulePriority: 1, tagStatus: TagStatus.UNTAGGED, maxImageAge: Duration.days(7) },
          // A tag that runs somewhere must stay, so many are kept.
          { rulePriority: 2, tagStatus: TagStatus.ANY, maxImageCount: 200 },
        ],
      });
    }
  }
}
