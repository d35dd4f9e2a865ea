import { CfnOutput, Stack, type StackProps, Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { AwsEnvironment } from '../environment-schema.ts';
import { accept } from '../nag-reasons.ts';
import { type StackPart, stackName } from '../names.ts';

/** A stack of this system: named, tagged, in the account and region of the settings. */
export abstract class PartStack extends Stack {
  readonly #zones: readonly string[];

  constructor(scope: Construct, environment: AwsEnvironment, part: StackPart, props: StackProps = {}) {
    const { account, region, name, tags } = environment;
    super(scope, part, { ...props, stackName: stackName(environment, part), env: { account, region } });
    this.#zones = environment.zones;
    accept(this, {
      id: 'CloudFormation-Validate::W3010',
      reason: 'The settings name the zones, so that a synthesis asks no account and always gives the same.',
    });
    Tags.of(this).add('application', name);
    for (const [key, value] of Object.entries(tags)) Tags.of(this).add(key, value);
  }

  /** The zones of the settings. The CDK would ask the account for them. */
  override get availabilityZones(): string[] {
    return [...this.#zones];
  }

  /** Declares outputs by their names in `outputs.ts`. */
  protected tell(outputs: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(outputs))
      new CfnOutput(this, `output-${name}`, { value }).overrideLogicalId(name);
  }
}
