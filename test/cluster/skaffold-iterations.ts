import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { repositoryRoot } from '../../scripts/stack/paths.ts';
import { renderAs, runHooks, type SkaffoldRun } from '../support/skaffold-hooks.ts';
import { command } from './command.ts';
import { apply } from './install.ts';
import { listObjects } from './kubectl.ts';

/**
 * Two iterations of `skaffold dev` over the installed system, with the hooks as skaffold.yaml names them.
 * @throws Error if a Job or a pod is another one afterwards
 */
export async function skaffoldIterations(files: readonly string[]): Promise<string> {
  const context = (await command('kubectl', ['config', 'current-context'])).stdout.trim();
  const run: SkaffoldRun = { runId: randomUUID(), context };
  const rendered = renderAs(
    run,
    files.map((file) => readFileSync(file, 'utf8')),
  );
  const before = await uids();
  try {
    for (let iteration = 1; iteration <= 2; iteration++) {
      await runHooks('render', run, rendered);
      await runHooks('before', run);
      await command('kubectl', ['apply', '--filename=-'], { input: rendered });
      await runHooks('after', run);
    }
  } finally {
    rmSync(`${repositoryRoot}/.cache/skaffold/${run.runId}.json`, { force: true });
    // Takes skaffold's label from the objects again, so that later steps see the system as it was installed.
    await apply(files);
  }
  const after = await uids();
  const lost = [...before].filter(([uid]) => !after.has(uid)).map(([, name]) => name);
  if (lost.length > 0) throw new Error(`lost: ${lost.join(', ')}`);
  return `${before.size} Jobs and pods are the same`;
}

async function uids(): Promise<Map<string, string>> {
  const objects = await listObjects('jobs,pods');
  // Pods of the CronJobs come and go by themselves.
  const kept = objects.filter(
    ({ kind, metadata }) => kind === 'Job' || !('job-name' in (metadata.labels ?? {})),
  );
  return new Map(kept.map(({ kind, metadata }) => [metadata.uid, `${kind} ${metadata.name}`]));
}
