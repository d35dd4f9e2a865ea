/** Something of a CloudFormation template that an emulator does not make. */
export interface EmulatorGap {
  /** Type of the resource. */
  readonly type: string;
  /** Properties without effect. @default none: the whole resource is missing */
  readonly properties?: readonly string[];
  /** What a deployment to this emulator therefore does not show. */
  readonly unshown: string;
  /** Value that stands where the rest of the template refers to the resource. @default none: nothing refers to it */
  readonly reference?: object;
}

export interface EmulatorGaps {
  /** The emulator fails at these. The tests leave them out of the templates, and nothing else. */
  readonly refused: readonly EmulatorGap[];
  /** The emulator says nothing, and makes nothing of these. The tests hold that the list is exact. */
  readonly ignored: readonly EmulatorGap[];
}

const PROVIDER = {
  'Fn::Join': [
    '',
    ['arn:aws:iam::', { Ref: 'AWS::AccountId' }, ':oidc-provider/token.actions.githubusercontent.com'],
  ],
};
const POD_IDENTITY = 'EKS gives the pods of a ServiceAccount its role.';
const GITHUB = 'AWS accepts the tokens of workflows on GitHub.';

/**
 * What the emulators cannot do for the stacks of data and access. What one lacks, the other often has. The decision record
 * docs/explanation/adr/0031-emulators-and-policy-evaluation.md tells readers the same.
 */
export const EMULATOR_GAPS: Readonly<Record<'ministack' | 'moto', EmulatorGaps>> = {
  ministack: {
    refused: [
      { type: 'AWS::EKS::PodIdentityAssociation', unshown: POD_IDENTITY },
      { type: 'AWS::IAM::OIDCProvider', unshown: GITHUB, reference: PROVIDER },
    ],
    ignored: [
      {
        type: 'AWS::Kinesis::Stream',
        properties: ['ShardCount of an update', 'StreamEncryption'],
        unshown: 'An update adds shards. The key encrypts the records.',
      },
      {
        type: 'AWS::S3::Bucket',
        properties: [
          'BucketEncryption',
          'LifecycleConfiguration',
          'LoggingConfiguration',
          'ObjectLockConfiguration',
        ],
        unshown: 'The key encrypts objects. Objects expire. Accesses are logged. Audit objects are locked.',
      },
    ],
  },
  moto: {
    refused: [
      { type: 'AWS::KMS::Key', properties: ['Tags'], unshown: 'The key has the tags of the settings.' },
    ],
    ignored: [
      { type: 'AWS::CloudWatch::Alarm', unshown: 'Alarms go off.' },
      { type: 'AWS::EKS::PodIdentityAssociation', unshown: POD_IDENTITY },
      { type: 'AWS::IAM::OIDCProvider', unshown: GITHUB },
      { type: 'AWS::S3::BucketPolicy', unshown: 'Buckets refuse plain HTTP.' },
      { type: 'AWS::SNS::TopicPolicy', unshown: 'The topic of the alarms refuses plain HTTP.' },
      {
        type: 'AWS::ECR::Repository',
        properties: ['ImageScanningConfiguration', 'LifecyclePolicy'],
        unshown: 'Images are scanned. Old images are deleted.',
      },
      {
        type: 'AWS::Kinesis::Stream',
        properties: ['StreamEncryption'],
        unshown: 'The key encrypts the records.',
      },
      {
        type: 'AWS::S3::Bucket',
        properties: [
          'LifecycleConfiguration',
          'LoggingConfiguration',
          'ObjectLockConfiguration',
          'PublicAccessBlockConfiguration',
          'VersioningConfiguration',
        ],
        unshown: 'Objects expire, are locked, keep old versions, and are private. Accesses are logged.',
      },
    ],
  },
};
