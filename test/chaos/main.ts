import { parseArgs } from 'node:util';
import { Progress } from '../../scripts/stack/progress.ts';
import { runWithStack } from '../../scripts/stack/run-with-stack.ts';
import { startKubeApiServer } from '../support/kube-api-server.ts';
import { ChaosRun } from './chaos-run.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20' },
    'first-seed': { type: 'string', default: '1' },
    seconds: { type: 'string', default: '8' },
  },
});
const first = Number(values['first-seed']);
const count = Number(values.seeds);
const progress = new Progress();

await runWithStack(async (stack) => {
  progress.say('starting a Kubernetes API');
  const api = stack.use(await startKubeApiServer());
  let failed = 0;
  for (let seed = first; seed < first + count; seed++) {
    const milliseconds = Number(values.seconds) * 1000;
    const result = await ChaosRun.run({ seed, api, namespace: 'default', milliseconds });
    const { violations, sent, repeats, actions } = result;
    progress.say(
      `seed ${seed}: ${violations.length} violations, ${sent} sent, ${repeats} repeated, ${actions.length} actions`,
    );
    if (violations.length === 0) continue;
    failed++;
    console.error(
      [...violations.slice(0, 10), `actions: ${actions.join(', ')}`, `logs: ${result.logs}`].join('\n'),
    );
  }
  console.log(`chaos: ${count - failed} of ${count} seeds without a violation`);
  return failed === 0 ? 0 : 1;
});
