import { SERVING_GROUP } from '../../services/shared/agreements/kubernetes-names.ts';
import { modelDeploymentJsonSchema } from '../../services/shared/model-deployment/crd.ts';
import { KIND, VERSION } from '../../services/shared/model-deployment/model-deployment.ts';

interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly 'x-kubernetes-validations'?: readonly { readonly message: string }[];
}

/** Reference of the resource as Markdown: a table of every field of spec and status. */
export function modelDeploymentReference(): string {
  const { spec, status } = (modelDeploymentJsonSchema() as Schema).properties ?? {};
  return [
    `# ${KIND}`,
    '',
    `\`${SERVING_GROUP}/${VERSION}\`, short name \`mdep\`. Generated from services/shared/model-deployment.`,
    ...section('spec', spec),
    ...section('status', status),
    '',
  ].join('\n');
}

function section(name: string, schema: Schema | undefined): string[] {
  const rules = (schema?.['x-kubernetes-validations'] ?? []).map((rule) => rule.message);
  return [
    '',
    `## ${name}`,
    '',
    ...(rules.length > 0 ? [`Rules: ${rules.join('; ')}.`, ''] : []),
    '| field | type | default | meaning |',
    '|---|---|---|---|',
    ...rows(name, schema ?? {}),
  ];
}

function rows(path: string, schema: Schema): string[] {
  const required = new Set(schema.required);
  return Object.entries(schema.properties ?? {}).flatMap(([key, field]) => {
    const name = `${path}.${key}${field.type === 'array' ? '[]' : ''}`;
    const meaning = [
      field.description,
      ...(field['x-kubernetes-validations'] ?? []).map((rule) => `${rule.message}.`),
    ];
    const cells = [
      `\`${name}\``,
      typeOf(field),
      defaultOf(field, required.has(key)),
      meaning.filter(Boolean).join(' '),
    ];
    const line = `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
    return [line, ...rows(name, field.items ?? field)];
  });
}

function typeOf(field: Schema): string {
  if (field.enum) return field.enum.join(', ');
  const bounded = field.maximum !== undefined && field.maximum < Number.MAX_SAFE_INTEGER;
  const range = bounded ? ` ${field.minimum}–${field.maximum}` : '';
  return `${field.format ?? field.type ?? 'object'}${range}`;
}

function defaultOf(field: Schema, required: boolean): string {
  if (required) return 'required';
  if (field.default === undefined || typeof field.default === 'object') return '';
  return `\`${JSON.stringify(field.default)}\``;
}
