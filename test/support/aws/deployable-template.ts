import type { EmulatorGap } from './emulator-gaps.ts';

/** The parts of a CloudFormation template that are read. */
export interface Template {
  readonly Resources?: Readonly<Record<string, TemplateResource>>;
}

interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DependsOn?: string | readonly string[];
}

/**
 * A template without the resources, and without the properties, that an emulator refuses.
 * @throws Error if something that stays refers to such a resource, and the gap names no value for it
 */
export function deployable<T extends Template>(template: T, refused: readonly EmulatorGap[]): T {
  const left = new Map<string, EmulatorGap>();
  const kept: [string, TemplateResource][] = [];
  for (const [id, resource] of Object.entries(template.Resources ?? {})) {
    const gap = refused.find(({ type }) => type === resource.Type);
    if (gap && gap.properties === undefined) left.set(id, gap);
    else kept.push([id, withoutProperties(resource, gap?.properties ?? [])]);
  }
  const resources = kept.map(([id, resource]) => [id, withoutDependencies(resource, left)]);
  return replaceReferences({ ...template, Resources: Object.fromEntries(resources) }, left) as T;
}

/** Resources that are left out, by logical id. */
type LeftOut = ReadonlyMap<string, EmulatorGap>;

function withoutProperties(resource: TemplateResource, names: readonly string[]): TemplateResource {
  if (names.length === 0) return resource;
  const properties = Object.entries(resource.Properties ?? {}).filter(([name]) => !names.includes(name));
  return { ...resource, Properties: Object.fromEntries(properties) };
}

function withoutDependencies(resource: TemplateResource, left: LeftOut): TemplateResource {
  const { DependsOn, ...rest } = resource;
  const needed = [DependsOn ?? []].flat().filter((id) => !left.has(id));
  return needed.length > 0 ? { ...rest, DependsOn: needed } : rest;
}

function replaceReferences(node: unknown, left: LeftOut): unknown {
  if (Array.isArray(node)) return node.map((element) => replaceReferences(element, left));
  if (node === null || typeof node !== 'object') return node;
  const target = referredTo(node);
  const gap = target === undefined ? undefined : left.get(target);
  if (gap) {
    if (gap.reference !== undefined) return gap.reference;
    throw new Error(
      `the template refers to ${target}, of type ${gap.type}, which the emulator refuses: give the type a reference in emulator-gaps.ts`,
    );
  }
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key, replaceReferences(value, left)]),
  );
}

/** Logical id that an intrinsic function refers to. */
function referredTo(node: object): string | undefined {
  if ('Ref' in node) return String(node.Ref);
  if (!('Fn::GetAtt' in node)) return undefined;
  const attribute = node['Fn::GetAtt'];
  return String(Array.isArray(attribute) ? attribute[0] : String(attribute).split('.')[0]);
}
