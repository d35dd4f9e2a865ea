import { MADE_BY_AWS } from './aws-call.ts';

export interface Template {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
  readonly Outputs?: Readonly<
    Record<string, { readonly Value: unknown; readonly Export?: { readonly Name: unknown } }>
  >;
}

export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

export interface TemplatePlace {
  readonly account: string;
  readonly region: string;
  readonly partition: string;
}

type Properties = Readonly<Record<string, unknown>>;

/** The ARN that AWS would give a resource, from its properties. What AWS makes up is made up here too. */
const ARNS: Readonly<Record<string, (properties: Properties, place: TemplatePlace, id: string) => string>> = {
  'AWS::IAM::Role': ({ RoleName }, { partition, account }, id) =>
    `arn:${partition}:iam::${account}:role/${RoleName ?? id}`,
  'AWS::IAM::ManagedPolicy': ({ ManagedPolicyName }, { partition, account }, id) =>
    `arn:${partition}:iam::${account}:policy/${ManagedPolicyName ?? id}`,
  'AWS::IAM::OIDCProvider': ({ Url }, { partition, account }) =>
    `arn:${partition}:iam::${account}:oidc-provider/${String(Url).replace('https://', '')}`,
  'AWS::KMS::Key': (_, { partition, region, account }, id) =>
    `arn:${partition}:kms:${region}:${account}:key/${id}`,
  'AWS::S3::Bucket': ({ BucketName }, { partition }, id) => `arn:${partition}:s3:::${BucketName ?? id}`,
  'AWS::Kinesis::Stream': ({ Name }, { partition, region, account }, id) =>
    `arn:${partition}:kinesis:${region}:${account}:stream/${Name ?? id}`,
  'AWS::SecretsManager::Secret': ({ Name }, { partition, region, account }, id) =>
    `arn:${partition}:secretsmanager:${region}:${account}:secret:${Name ?? id}-${MADE_BY_AWS}`,
};

/** What `Ref` gives, if it is not the ARN. */
const NAMES: Readonly<Record<string, string>> = {
  'AWS::IAM::Role': 'RoleName',
  'AWS::S3::Bucket': 'BucketName',
};

/** Puts values in place of the functions of CloudFormation templates that refer to each other by exports. */
export class TemplateValues {
  readonly #templates: readonly Template[];
  readonly #place: TemplatePlace;

  constructor(templates: readonly Template[], place: TemplatePlace) {
    this.#templates = templates;
    this.#place = place;
  }

  /** @throws Error if a function is not known here */
  resolve(node: unknown, template: Template): unknown {
    if (Array.isArray(node)) return node.map((item) => this.resolve(item, template));
    if (typeof node !== 'object' || node === null) return node;
    const [[name = '', argument] = [], ...others] = Object.entries(node);
    if (others.length === 0 && name === 'Ref') return this.#ref(String(argument), template);
    if (others.length === 0 && name.startsWith('Fn::')) return this.#call(name, argument, template);
    return Object.fromEntries(
      Object.entries(node).map(([key, value]) => [key, this.resolve(value, template)]),
    );
  }

  /** The ARN of the resource with this logical id. */
  arn(id: string, template: Template): string {
    const resource = template.Resources[id];
    const arn = ARNS[resource?.Type ?? ''];
    if (!arn) throw new Error(`${id}: the tests know no ARN of type ${resource?.Type}`);
    const properties = this.resolve(resource?.Properties ?? {}, template) as Properties;
    return arn(properties, this.#place, id);
  }

  #ref(id: string, template: Template): string {
    const { account, region, partition } = this.#place;
    const pseudo: Readonly<Record<string, string>> = {
      'AWS::AccountId': account,
      'AWS::Region': region,
      'AWS::Partition': partition,
    };
    const type = template.Resources[id]?.Type ?? '';
    const named = NAMES[type];
    return (
      pseudo[id] ??
      (named ? String(template.Resources[id]?.Properties?.[named] ?? id) : this.arn(id, template))
    );
  }

  #call(name: string, argument: unknown, template: Template): unknown {
    if (name === 'Fn::GetAtt') {
      const [id = '', attribute] = argument as string[];
      if (attribute === 'Arn') return this.arn(id, template);
      throw new Error(`${id}.${attribute}: the tests know no attribute but Arn`);
    }
    if (name === 'Fn::Join') {
      const [separator, parts] = this.resolve(argument, template) as [string, string[]];
      return parts.join(separator);
    }
    if (name === 'Fn::ImportValue') return this.#exported(String(this.resolve(argument, template)));
    throw new Error(`${name}: the tests do not know this function of CloudFormation`);
  }

  #exported(name: string): unknown {
    for (const template of this.#templates) {
      for (const { Value, Export } of Object.values(template.Outputs ?? {}))
        if (Export && this.resolve(Export.Name, template) === name) return this.resolve(Value, template);
    }
    throw new Error(`${name}: no template exports this value`);
  }
}
