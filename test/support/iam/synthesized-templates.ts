import type { AwsEnvironment } from '../../../infrastructure/environment-schema.ts';
import { readJson, synthesize, templateFiles } from '../aws/synthesized-stacks.ts';
import type { Template } from './template-values.ts';

/** Stacks with policies that the tests evaluate. */
const STACKS = ['data', 'access'];

/** The templates of data and access for each environment, by its name. They are synthesized into `directory`. */
export async function synthesizedTemplates<Name extends string>(
  directory: string,
  environments: Readonly<Record<Name, AwsEnvironment>>,
): Promise<Readonly<Record<Name, readonly Template[]>>> {
  const names = Object.keys(environments) as Name[];
  const apps = names.map((name) => [name, { environment: environments[name] }]);
  const assemblies = await synthesize(directory, Object.fromEntries(apps));
  const read = (name: Name): Template[] => {
    const files = templateFiles(assemblies[name] ?? '');
    return STACKS.map((stack) => readJson<Template>(files[stack] ?? ''));
  };
  return Object.fromEntries(names.map((name) => [name, read(name)])) as Record<Name, Template[]>;
}
