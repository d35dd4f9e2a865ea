import { CfnCondition, type CfnElement, Stack } from 'aws-cdk-lib';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import type { IConstruct } from 'constructs';
import { accept, acceptAwsPolicies } from '../nag-reasons.ts';

/** Accepts the findings about the functions of the AWS CDK that run kubectl and Helm. */
export function acceptKubectl(provider: IConstruct): void {
  acceptAwsPolicies(
    provider,
    'service-role/AWSLambdaBasicExecutionRole',
    'service-role/AWSLambdaVPCAccessExecutionRole',
    'AmazonEC2ContainerRegistryReadOnly',
  );
  const stack = Stack.of(provider);
  const inside = provider.node.findAll();
  accept(provider, {
    id: 'AwsSolutions::AwsSolutions-L1',
    reason: 'The AWS CDK chooses the runtime for which it wrote the function.',
  });
  for (const condition of inside.filter((child) => child instanceof CfnCondition)) {
    const policy = {
      'Fn::If': [
        stack.getLogicalId(condition),
        {
          'Fn::Join': [
            '',
            [
              'arn:',
              { Ref: 'AWS::Partition' },
              ':iam::aws:policy/AmazonElasticContainerRegistryPublicReadOnly',
            ],
          ],
        },
        { Ref: 'AWS::NoValue' },
      ],
    };
    accept(provider, {
      id: `AwsSolutions::AwsSolutions-IAM4[Policy::${JSON.stringify(policy)}]`,
      reason: 'The function reads public charts from ECR. AWS keeps the policy.',
    });
  }
  const functions = inside.filter((child) => child instanceof CfnFunction);
  for (const handler of functions.filter(({ node }) => !node.path.includes('/framework-'))) {
    accept(provider, {
      id: `AwsSolutions::AwsSolutions-IAM5[Resource::<${stack.getLogicalId(handler as CfnElement)}.Arn>:*]`,
      reason: 'The star stands for the versions of the one function that the framework of the AWS CDK calls.',
    });
  }
}
