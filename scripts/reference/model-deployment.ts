import {
  CONDITION_REASONS,
  EVENT_REASONS,
  RECORD_REASONS,
  REFUSAL_REASONS,
} from '../../services/shared/agreements/condition-reasons.ts';
import { SERVING_GROUP } from '../../services/shared/agreements/kubernetes-names.ts';
import { modelDeploymentJsonSchema } from '../../services/shared/model-deployment/crd.ts';
import { KIND, VERSION } from '../../services/shared/model-deployment/model-deployment.ts';
import { type JsonSchema, type Property, propertiesOf } from './json-schema.ts';
import { code, page, pageHead, table } from './markdown.ts';

/** The page docs/reference/modeldeployment.md: all fields of spec and status, and all reasons. */
export function modelDeploymentPage(): string {
  const { spec = {}, status = {} } = (modelDeploymentJsonSchema() as JsonSchema).properties ?? {};
  return page(
    ...pageHead(KIND, 'the schema in services/shared/model-deployment'),
    '',
    `API version ${code(`${SERVING_GROUP}/${VERSION}`)}, short name ${code('mdep')}.`,
    ...section('spec', spec),
    ...section('status', status),
    '',
    '## Reasons',
    '',
    'The [runbook](../runbook.md) says what to do about each reason.',
    'The operator writes a refusal to `status.failed`, to the condition Degraded and to the tags of the model version.',
    ...reasons('Refusals', REFUSAL_REASONS),
    ...reasons('Conditions', CONDITION_REASONS),
    ...reasons('Events', EVENT_REASONS),
    ...reasons('Transitions', RECORD_REASONS),
  );
}

function section(name: string, schema: JsonSchema): string[] {
  const rules = rulesOf(schema);
  return [
    '',
    `## ${name}`,
    '',
    ...(rules.length > 0 ? ['Rules:', '', ...rules.map((rule) => `- ${rule}`), ''] : []),
    ...table(['field', 'type', 'default', 'meaning'], propertiesOf(schema, `${name}.`).map(row)),
  ];
}

function reasons(title: string, meanings: Readonly<Record<string, string>>): string[] {
  const rows = Object.entries(meanings).map(([reason, meaning]) => [code(reason), meaning]);
  return ['', `### ${title}`, '', ...table(['reason', 'meaning'], rows)];
}

function row({ path, schema, required }: Property): string[] {
  const meaning = [schema.description ?? '', ...rulesOf(schema).map((rule) => `Rule: ${rule}.`)];
  return [
    code(path),
    typeOf(schema),
    defaultOf(schema, required),
    meaning.filter((sentence) => sentence !== '').join(' '),
  ];
}

/** Messages of the rules that the API server enforces in addition to types and ranges. */
function rulesOf(schema: JsonSchema): string[] {
  return (schema['x-kubernetes-validations'] ?? []).map(({ message }) => message);
}

function typeOf(schema: JsonSchema): string {
  if (schema.enum) return schema.enum.join(', ');
  const { minimum, maximum } = schema;
  const bounded = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  const range = bounded ? ` ${minimum}–${maximum}` : '';
  return `${schema.format ?? schema.type ?? 'object'}${range}`;
}

function defaultOf(field: JsonSchema, required: boolean): string {
  if (required) return 'required';
  if (field.default === undefined || typeof field.default === 'object') return '';
  return code(JSON.stringify(field.default));
}
