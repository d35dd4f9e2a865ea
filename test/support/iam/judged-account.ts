import { type AwsEnvironment, defineAwsEnvironment } from '../../../infrastructure/environment-schema.ts';
import { small } from '../../../infrastructure/environments.ts';
import { auditBucketName, bucketName, databaseSecretName } from '../../../infrastructure/names.ts';
import type { Place } from '../../../infrastructure/permissions.ts';
import { STREAM_NAMES } from '../../../services/shared/agreements/stream-names.ts';
import { Authority } from './authority.ts';
import { type CalledAccount, MADE_BY_AWS } from './aws-call.ts';
import { EnforcingProxy } from './enforcing-proxy.ts';
import type { PolicyDocument } from './policy-document.ts';
import { synthesizedTemplates } from './synthesized-templates.ts';
import { policiesOf, type TemplatePolicies } from './template-policies.ts';
import type { Template } from './template-values.ts';

/** The emulators keep their streams in this account. */
const ACCOUNT = '000000000000';
const PARTITION = 'aws';

/** Settings that ask for every optional use of AWS. */
export const EVERY_USE = defineAwsEnvironment({
  ...small,
  account: ACCOUNT,
  access: {
    reader: 'fan-out',
    outputAggregation: 'kpl',
    keepPayloads: true,
    metricsWorkspace: `arn:aws:aps:${small.region}:${ACCOUNT}:workspace/ws-0123`,
    recordRollouts: true,
    auditStream: `arn:aws:kinesis:${small.region}:${ACCOUNT}:stream/loan-audit`,
    permissionsBoundary: `arn:aws:iam::${ACCOUNT}:policy/boundary`,
    deployer: { repository: 'example/loan-eligibility' },
  },
});

export const BUCKET = bucketName(EVERY_USE);
export const AUDIT_BUCKET = auditBucketName(EVERY_USE);
export const AUDIT_STREAM = EVERY_USE.access.auditStream ?? '';

/** An account with the policies that the stacks give it. Calls of a role go through a proxy that enforces them. */
export class JudgedAccount {
  readonly policies: TemplatePolicies;
  readonly place: Place;

  private constructor(policies: TemplatePolicies, keyArn: string) {
    this.policies = policies;
    this.place = placeIn(keyArn);
  }

  /** The account with EVERY_USE. @param directory for the templates */
  static async synthesize(directory: string): Promise<JudgedAccount> {
    const { every } = await synthesizedTemplates(directory, { every: EVERY_USE });
    return JudgedAccount.of(every, EVERY_USE);
  }

  /** @param templates of `environment`, with the stacks data and access */
  static of(templates: readonly Template[], { account, region }: AwsEnvironment): JudgedAccount {
    const policies = policiesOf(templates, { account, region, partition: PARTITION });
    const keyArn = [...policies.resources.keys()].find((arn) => arn.includes(':kms:')) ?? '';
    return new JudgedAccount(policies, keyArn);
  }

  /** Judges by what the access stack gives: to a role, by its ServiceAccount, or to people, by the name of the policy. */
  given(holder: string): Authority {
    const name = `${EVERY_USE.name}-${holder}`;
    const role = this.policies.roles.get(name);
    if (role) return this.#authority(role.arn, role.policies);
    const policy = this.policies.managed.get(name);
    if (policy) return this.holder(holder, [policy]);
    throw new Error(`the access stack has no role and no policy ${name}`);
  }

  /** Judges by these policies alone. */
  holder(name: string, policies: readonly PolicyDocument[]): Authority {
    return this.#authority(`arn:${PARTITION}:iam::${ACCOUNT}:role/${name}`, policies);
  }

  proxy(authority: Authority, emulators: Readonly<Record<string, string>>): Promise<EnforcingProxy> {
    return EnforcingProxy.start({ account: this.#called, authority, emulators });
  }

  #authority(role: string, policies: readonly PolicyDocument[]): Authority {
    return new Authority({ role, policies, resourcePolicies: this.policies.resources });
  }

  get #called(): CalledAccount {
    const { streams, bucket, auditBucket, auditStream, key, secret } = this.place;
    const encrypted: readonly string[] = [
      ...Object.values(streams),
      bucket,
      auditBucket,
      auditStream,
      secret.replace('??????', MADE_BY_AWS),
    ];
    return {
      account: ACCOUNT,
      region: EVERY_USE.region,
      partition: PARTITION,
      keyOf: (arn) => (encrypted.includes(arn) ? key : undefined),
    };
  }
}

function placeIn(key: string): Place {
  const { region } = EVERY_USE;
  const stream = (name: string) => `arn:${PARTITION}:kinesis:${region}:${ACCOUNT}:stream/${name}`;
  return {
    region,
    streams: {
      input: stream(STREAM_NAMES.input),
      output: stream(STREAM_NAMES.output),
      rejects: stream(STREAM_NAMES.rejects),
    },
    bucket: `arn:${PARTITION}:s3:::${BUCKET}`,
    auditBucket: `arn:${PARTITION}:s3:::${AUDIT_BUCKET}`,
    auditStream: AUDIT_STREAM,
    key,
    secret: `arn:${PARTITION}:secretsmanager:${region}:${ACCOUNT}:secret:${databaseSecretName(EVERY_USE)}-??????`,
    workspace: EVERY_USE.access.metricsWorkspace ?? '',
    repositories: [],
    stacks: [],
    cluster: '',
  };
}
