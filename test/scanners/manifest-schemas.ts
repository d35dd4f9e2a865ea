/** A JSON Schema, or a part of one. */
type Schema = Readonly<Record<string, unknown>>;

/** The answer of an API server to `/openapi/v3/apis/<group>/<version>`. */
export interface OpenApiDocument {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

export interface CustomResourceDefinition {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly {
      readonly name: string;
      readonly schema: { readonly openAPIV3Schema: Schema };
    }[];
  };
}

/** File name, as kubeconform asks for it with {@link SCHEMA_NAMES}, to schema. */
export type SchemaFiles = ReadonlyMap<string, Schema>;

/** kubeconform's template for the name of a schema. */
export const SCHEMA_NAMES = '{{.ResourceKind}}-{{.Group}}-{{.ResourceAPIVersion}}.json';

/** The kinds of one group and version of an API server. A field that a kind does not have is refused. */
export function schemasOfApi({ components: { schemas } }: OpenApiDocument): SchemaFiles {
  const components = strict({ schemas });
  const files = Object.entries(schemas).flatMap(([name, schema]) =>
    kindsOf(schema).map(
      (kind) => [fileName(kind), { $ref: `#/components/schemas/${name}`, components }] as const,
    ),
  );
  return new Map(files);
}

/** The kind that a definition adds, in each of its versions. The API server adds `metadata` to what a definition says. */
export function schemasOfDefinition({ spec }: CustomResourceDefinition): SchemaFiles {
  const files = spec.versions.map(({ name, schema: { openAPIV3Schema } }) => {
    const { properties = {}, ...rest } = openAPIV3Schema as { properties?: Schema };
    const whole = {
      ...rest,
      properties: { ...ROOT_PROPERTIES, ...properties, metadata: { type: 'object' } },
    };
    const kind = { group: spec.group, version: name, kind: spec.names.kind };
    return [fileName(kind), strict(whole) as Schema] as const;
  });
  return new Map(files);
}

const ROOT_PROPERTIES = { apiVersion: { type: 'string' }, kind: { type: 'string' } };

interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

function kindsOf(schema: Schema): readonly GroupVersionKind[] {
  return (schema['x-kubernetes-group-version-kind'] as readonly GroupVersionKind[] | undefined) ?? [];
}

/** The core group has no name. kubeconform then takes the version for the group. */
function fileName({ group, version, kind }: GroupVersionKind): string {
  return `${kind.toLowerCase()}-${group || version}-${version}.json`;
}

/** The schema with `additionalProperties: false` wherever it lists all fields. */
function strict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strict);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, strict(value)]));
  const lists =
    typeof inner.properties === 'object' &&
    inner.type === 'object' &&
    inner.additionalProperties === undefined &&
    inner['x-kubernetes-preserve-unknown-fields'] !== true;
  return lists ? { ...inner, additionalProperties: false } : inner;
}
