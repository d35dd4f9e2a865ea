import { z } from 'zod';
import { mustRun, type RunProgram } from '../../programs/run-program.ts';
import { repositoryRoot } from '../../stack/paths.ts';
import { type Component, sorted } from './component.ts';
import { type MarkerEnvironment, markerHolds } from './marker.ts';

/** Options of uv by which the Dockerfile installs the environment of a Python image. */
export const PYTHON_INSTALLED: Readonly<Record<string, readonly string[]>> = {
  training: ['--no-default-groups'],
  mlflow: ['--only-group', 'mlflow-server'],
};

/** The environment in the image. No package of the lock file depends on the machine, apart from PyPy's. */
const IN_THE_IMAGE: MarkerEnvironment = {
  python_full_version: '3.11.16',
  python_version: '3.11',
  sys_platform: 'linux',
  platform_system: 'Linux',
  platform_machine: 'x86_64',
  platform_python_implementation: 'CPython',
  implementation_name: 'cpython',
};

const exportSchema = z.object({
  components: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      purl: z.string(),
      properties: z.array(z.object({ name: z.string(), value: z.string() })).default([]),
    }),
  ),
});

/** The Python packages of an image, by uv.lock. */
export async function pythonPackages(run: RunProgram, uv: string, target: string): Promise<Component[]> {
  const options = PYTHON_INSTALLED[target];
  if (options === undefined) throw new Error(`${target} is no Python image`);
  const args = ['export', '--frozen', ...options, '--format=cyclonedx1.5', '--preview-features=sbom-export'];
  const { stdout } = await mustRun(run, uv, args, {
    timeoutSeconds: 120,
    workingDirectory: `${repositoryRoot}/jobs/training`,
  });
  return componentsOf(stdout);
}

/** The packages of an export of uv whose markers hold in the image. */
export function componentsOf(json: string): Component[] {
  const { components } = exportSchema.parse(JSON.parse(json));
  const inTheImage = components.filter(({ properties }) =>
    properties.every(({ name, value }) => name !== 'uv:package:marker' || markerHolds(value, IN_THE_IMAGE)),
  );
  return sorted(
    inTheImage.map(({ name, version, purl }) => ({ type: 'library', 'bom-ref': purl, name, version, purl })),
  );
}
