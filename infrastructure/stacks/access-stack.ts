import type { Construct } from 'constructs';
import type { AwsEnvironment } from '../environment-schema.ts';
import { PartStack } from './part-stack.ts';

export class AccessStack extends PartStack {
  constructor(scope: Construct, environment: AwsEnvironment) {
    super(scope, environment, 'access');
  }
}
