/** As much of JSON Schema as the reference pages show. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly oneOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  /** Rules of a custom resource that the API server evaluates. */
  readonly 'x-kubernetes-validations'?: readonly { readonly message: string }[];
}

/** One property, at any depth: `decision.threshold`, `fields[].name`. */
export interface Property {
  readonly path: string;
  readonly schema: JsonSchema;
  readonly required: boolean;
}

/** Every property below `schema`, parents before children. A `$ref` is not followed. */
export function propertiesOf(schema: JsonSchema, prefix = ''): Property[] {
  const required = new Set(schema.required);
  return Object.entries(schema.properties ?? {}).flatMap(([key, given]) => {
    const property = withoutNull(given);
    const path = `${prefix}${key}${property.type === 'array' ? '[]' : ''}`;
    const own = { path, schema: property, required: required.has(key) };
    return [own, ...propertiesOf(property.items ?? property, `${path}.`)];
  });
}

/** The schema of a value that may also be null, which counts as absent. */
function withoutNull({ anyOf = [], ...schema }: JsonSchema): JsonSchema {
  const [only, ...others] = anyOf.filter(({ type }) => type !== 'null');
  return only !== undefined && others.length === 0
    ? { ...only, ...schema }
    : { ...schema, ...(anyOf.length > 0 ? { anyOf } : {}) };
}

/** Name of the definition that `#/$defs/<name>` refers to. */
export function definitionName({ $ref }: JsonSchema): string | undefined {
  return $ref?.replace('#/$defs/', '');
}

/** Type of a value in words: "array of string". */
export function typeInWords(schema: JsonSchema): string {
  if (schema.oneOf !== undefined && schema.type === undefined)
    return schema.oneOf.map(typeInWords).join(' or ');
  if (schema.enum !== undefined)
    return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(' or ');
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.items !== undefined) return `array of ${typeInWords(schema.items)}`;
  if (typeof schema.additionalProperties === 'object' && schema.properties === undefined) {
    return `map to ${typeInWords(schema.additionalProperties)}`;
  }
  return (
    schema.format ??
    [schema.type ?? 'any value']
      .flat()
      .filter((type) => type !== 'null')
      .join(' or ')
  );
}

/** Limits of a value in words: "1 to 200 items", "above 0, below 1". Empty if there are none. */
export function limitsOf(schema: JsonSchema): string {
  const { exclusiveMinimum, exclusiveMaximum } = schema;
  const limits = [
    range(safe(schema.minimum), safe(schema.maximum), ''),
    exclusiveMinimum === undefined ? '' : `above ${exclusiveMinimum}`,
    exclusiveMaximum === undefined ? '' : `below ${exclusiveMaximum}`,
    range(schema.minLength, schema.maxLength, ' characters').replace(/^at least 1 characters$/, 'not empty'),
    range(schema.minItems, schema.maxItems, ' items'),
    schema.pattern === undefined || schema.format !== undefined ? '' : `\`${schema.pattern}\``,
  ];
  return limits.filter((limit) => limit !== '').join(', ');
}

/** A schema of an integer without a limit has the largest integer of JavaScript as its limit. */
function safe(limit: number | undefined): number | undefined {
  return limit !== undefined && Math.abs(limit) >= Number.MAX_SAFE_INTEGER ? undefined : limit;
}

function range(minimum: number | undefined, maximum: number | undefined, unit: string): string {
  if (minimum !== undefined && maximum !== undefined)
    return `${grouped(minimum)} to ${grouped(maximum)}${unit}`;
  if (minimum !== undefined) return `at least ${grouped(minimum)}${unit}`;
  return maximum === undefined ? '' : `at most ${grouped(maximum)}${unit}`;
}

/** Writes a number with separators, for example 1,000. */
function grouped(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 6 });
}
