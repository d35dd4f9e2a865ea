import {
  definitionName,
  type JsonSchema,
  limitsOf,
  type Property,
  propertiesOf,
  typeInWords,
} from './json-schema.ts';
import { code, table } from './markdown.ts';

/** What a definition is called on the page. Definitions without a title are shown where they are used. */
export type Titles = Readonly<Record<string, string>>;

interface Definitions {
  readonly named: Readonly<Record<string, JsonSchema>>;
  readonly titles: Titles;
}

/** A table of the schema's own properties, and one section for each definition with a title. */
export function schemaSections(root: JsonSchema, titles: Titles): string[] {
  const definitions = { named: root.$defs ?? {}, titles };
  return [
    '',
    ...propertyTable(root, definitions),
    ...Object.entries(definitions.named).flatMap(([name, definition]) => {
      const title = titles[name];
      return title === undefined ? [] : ['', `## ${title}`, '', ...definitionBody(definition, definitions)];
    }),
  ];
}

function definitionBody(definition: JsonSchema, definitions: Definitions): string[] {
  const introduction = definition.description === undefined ? [] : [definition.description];
  if (definition.properties === undefined) return introduction;
  return [
    ...introduction,
    ...(introduction.length > 0 ? [''] : []),
    ...propertyTable(definition, definitions),
  ];
}

function propertyTable(schema: JsonSchema, definitions: Definitions): string[] {
  return table(
    ['key', 'type', 'required', 'limits', 'meaning'],
    propertiesOf(schema).map((property) => row(property, definitions)),
  );
}

function row({ path, schema, required }: Property, definitions: Definitions): string[] {
  const shown = inlined(schema, definitions);
  return [
    code(path),
    typeOf(shown, definitions.titles),
    required ? 'yes' : 'no',
    limitsOf(shown),
    schema.description ?? shown.description ?? '',
  ];
}

/** A definition without a section of its own is shown in place of the reference to it. */
function inlined(schema: JsonSchema, definitions: Definitions): JsonSchema {
  const name = definitionName(schema);
  return name === undefined || definitions.titles[name] !== undefined
    ? schema
    : (definitions.named[name] ?? schema);
}

/** A definition with a section of its own is linked, also inside of an array, a map or a choice. */
function typeOf(schema: JsonSchema, titles: Titles): string {
  const title = titles[definitionName(schema) ?? ''];
  if (title !== undefined) return `[${title.toLowerCase()}](#${title.toLowerCase().replaceAll(' ', '-')})`;
  if (schema.oneOf !== undefined && schema.type === undefined)
    return schema.oneOf.map((choice) => typeOf(choice, titles)).join(' or ');
  if (schema.items !== undefined) return `array of ${typeOf(schema.items, titles)}`;
  if (typeof schema.additionalProperties === 'object')
    return `map to ${typeOf(schema.additionalProperties, titles)}`;
  return typeInWords(schema);
}
