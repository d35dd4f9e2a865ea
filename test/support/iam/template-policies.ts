import { type PolicyDocument, policyDocumentSchema } from './policy-document.ts';
import { type Template, type TemplatePlace, TemplateValues } from './template-values.ts';

interface TemplateRole {
  readonly arn: string;
  readonly trust: PolicyDocument;
  readonly policies: readonly PolicyDocument[];
}

/** What the templates of an environment say about rights. */
export interface TemplatePolicies {
  /** By name. */
  readonly roles: ReadonlyMap<string, TemplateRole>;
  /** Policies for people to attach, by name. */
  readonly managed: ReadonlyMap<string, PolicyDocument>;
  /** Policies of keys and buckets, by ARN. */
  readonly resources: ReadonlyMap<string, PolicyDocument>;
}

interface RoleProperties {
  readonly RoleName: string;
  readonly AssumeRolePolicyDocument: unknown;
  readonly Policies?: readonly { readonly PolicyDocument: unknown }[];
}

/** Reads the policies of roles, keys and buckets from the templates. References to other stacks get their values. */
export function policiesOf(templates: readonly Template[], place: TemplatePlace): TemplatePolicies {
  const values = new TemplateValues(templates, place);
  const found = templates.flatMap((template) =>
    Object.entries(template.Resources ?? {}).map(([id, { Type, Properties }]) => ({
      id,
      Type,
      Properties,
      template,
    })),
  );
  /** Resources of a type, with their values. */
  const ofType = <Wanted>(type: string) =>
    found
      .filter(({ Type }) => Type === type)
      .map(({ id, Properties, template }) => ({
        arn: () => values.arn(id, template),
        properties: values.resolve(Properties ?? {}, template) as Wanted,
      }));
  const attached = ofType<{ Roles?: readonly string[]; PolicyDocument: unknown }>('AWS::IAM::Policy');
  const roles = ofType<RoleProperties>('AWS::IAM::Role').map(({ arn, properties }) => {
    const { RoleName, AssumeRolePolicyDocument, Policies = [] } = properties;
    const own = attached.filter(({ properties: { Roles } }) => Roles?.includes(RoleName));
    const documents = [...Policies, ...own.map(({ properties: policy }) => policy)];
    return [
      RoleName,
      {
        arn: arn(),
        trust: policyDocumentSchema.parse(AssumeRolePolicyDocument),
        policies: documents.map(({ PolicyDocument }) => policyDocumentSchema.parse(PolicyDocument)),
      },
    ] as const;
  });
  const keys = ofType<{ KeyPolicy: unknown }>('AWS::KMS::Key').map(
    ({ arn, properties }) => [arn(), policyDocumentSchema.parse(properties.KeyPolicy)] as const,
  );
  const buckets = ofType<{ Bucket: string; PolicyDocument: unknown }>('AWS::S3::BucketPolicy').map(
    ({ properties: { Bucket, PolicyDocument } }) =>
      [`arn:${place.partition}:s3:::${Bucket}`, policyDocumentSchema.parse(PolicyDocument)] as const,
  );
  const managed = ofType<{ ManagedPolicyName: string; PolicyDocument: unknown }>(
    'AWS::IAM::ManagedPolicy',
  ).map(
    ({ properties: { ManagedPolicyName, PolicyDocument } }) =>
      [ManagedPolicyName, policyDocumentSchema.parse(PolicyDocument)] as const,
  );
  return { roles: new Map(roles), managed: new Map(managed), resources: new Map([...keys, ...buckets]) };
}
