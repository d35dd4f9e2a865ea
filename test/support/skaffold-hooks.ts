import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { runProgram } from '../../scripts/programs/run-program.ts';
import { repositoryRoot } from '../../scripts/stack/paths.ts';
import type { ManifestObject } from './manifest-objects.ts';

const SECONDS = 660;

/** One command of skaffold, such as `skaffold dev`, as far as its hooks see it. */
export interface SkaffoldRun {
  readonly runId: string;
  readonly context: string;
  /** Other variables, for example KUBECONFIG. */
  readonly environment?: Readonly<Record<string, string>>;
}

interface Hook {
  readonly host: { readonly command: readonly [string, ...string[]]; readonly dir?: string };
}

/** The hooks of the module that holds the system, as skaffold.yaml names them. */
function hooksOf(place: 'render' | 'before' | 'after'): readonly Hook[] {
  const documents = parseAllDocuments(readFileSync(`${repositoryRoot}/skaffold.yaml`, 'utf8'));
  const system = documents.map((document) => document.toJS() as ManifestObject)[1];
  const hooks = place === 'render' ? system.manifests.hooks.after : system.deploy.kubectl.hooks[place];
  return hooks as readonly Hook[];
}

/** The manifests as skaffold renders them for a deploy: with its label, and with the images that it built. */
export function renderAs(
  { runId }: SkaffoldRun,
  manifests: readonly string[],
  images: Readonly<Record<string, string>> = {},
): string {
  const text = Object.entries(images).reduce(
    (rendered, [image, built]) => rendered.replaceAll(`image: ${image}\n`, `image: ${built}\n`),
    manifests.join('\n---\n'),
  );
  return parseAllDocuments(text)
    .map((document) => {
      document.setIn(['metadata', 'labels', 'skaffold.dev/run-id'], runId);
      return document.toString({ directives: false }).replace(/^---\n/, '');
    })
    .join('---\n');
}

/**
 * Runs the hooks of a place one after the other, as skaffold does.
 * @param input manifests, for the hooks after rendering
 * @throws Error with the output, if a hook fails
 */
export async function runHooks(
  place: 'render' | 'before' | 'after',
  { runId, context, environment }: SkaffoldRun,
  input?: string,
): Promise<string> {
  let said = '';
  for (const { host } of hooksOf(place)) {
    const [program, ...args] = host.command;
    const result = await runProgram(`${repositoryRoot}/${program}`, args, {
      timeoutSeconds: SECONDS,
      workingDirectory: repositoryRoot,
      environment: { ...environment, SKAFFOLD_RUN_ID: runId, SKAFFOLD_KUBE_CONTEXT: context },
      ...(input === undefined ? {} : { input }),
    });
    said += result.stdout + result.stderr;
    if (result.code !== 0)
      throw new Error(`${[program, ...args].join(' ')} ended with ${result.code}: ${said}`);
  }
  return said;
}
