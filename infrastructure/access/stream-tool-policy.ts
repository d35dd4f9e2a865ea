import { ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { AwsEnvironment } from '../environment-schema.ts';
import { streamToolPolicyName, usesOf } from '../names.ts';
import { needed, type Place, STREAM_TOOL_RIGHTS } from '../permissions.ts';
import { acceptPrefixes, statementsOf } from './rights.ts';

/** What a person needs for `make stream`. No role has it: attach it to the role or the permission set of that person. */
export class StreamToolPolicy extends Construct {
  readonly arn: string;

  constructor(scope: Construct, environment: AwsEnvironment, place: Place) {
    super(scope, 'stream-tool');
    const rights = needed(STREAM_TOOL_RIGHTS, usesOf(environment));
    const policy = new ManagedPolicy(this, 'policy', {
      managedPolicyName: streamToolPolicyName(environment),
      description: `make stream, for people, on the streams of ${environment.name}`,
      statements: statementsOf(rights, place),
    });
    this.arn = policy.managedPolicyArn;
    acceptPrefixes(policy, rights, place);
  }
}
