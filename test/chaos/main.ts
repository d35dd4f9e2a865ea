/** `make chaos` runs the consumer group and simulated rollouts under faults, one seed after another. `--help` lists the options. */
import { parseArgs } from 'node:util';
import { startKubeApiServer } from '../../scripts/stack/kube-api-server.ts';
import { Progress } from '../../scripts/stack/progress.ts';
import { runWithStack } from '../../scripts/stack/run-with-stack.ts';
import { ChaosRun } from './chaos-run.ts';
import { playRolloutOrders } from './rollout-orders.ts';

const HELP = `Usage: make chaos CHAOS="[options]"

Runs processes of the consumer group under faults that a seed chooses, and checks their output. Hostile payloads,
aggregates and clock jumps are among the faults. No record may be lost. A hostile payload must become a dead letter.
The last appearances of a key must be in order. A repeat must have the same decision_id.
A former owner must not write after its successor.
If a seed breaks a rule, the command names its actions and logs, and exits with code 1.
Before that it plays random orders of troubles in simulated rollouts. No order may hide a trouble or keep a bad version.

  --first-seed N   first seed (default 1)
  --seeds N        number of seeds, which run one after another (default 20)
  --seconds N      seconds of traffic and faults for each seed (default 8)
  --orders N       number of random orders of rollouts, of two kinds each (default 2000)
  --help           show this text`;

const { first, count, milliseconds, orders } = readArguments();
const progress = new Progress();

const seedOfOrders = Math.trunc(Math.random() * 2 ** 31);
progress.say(`playing ${orders} orders of rollouts with seed ${seedOfOrders}`);
const broken = await playRolloutOrders(orders, seedOfOrders);
for (const violation of broken) console.error(violation);

await runWithStack(async (stack) => {
  progress.say('starting a Kubernetes API');
  const api = stack.use(await startKubeApiServer());
  let failed = 0;
  for (let seed = first; seed < first + count; seed++) {
    const result = await ChaosRun.run({ seed, api, namespace: 'default', milliseconds });
    const { violations, sent, repeats, reorders, actions } = result;
    progress.say(
      `seed ${seed}: ${violations.length} violations, ${sent} sent, ${repeats} repeated, ${reorders} reordered, ${actions.length} actions`,
    );
    if (violations.length === 0) continue;
    failed++;
    console.error(
      [...violations.slice(0, 10), `actions: ${actions.join(', ')}`, `logs: ${result.logs}`].join('\n'),
    );
  }
  console.log(`chaos: ${count - failed} of ${count} seeds without a violation`);
  return failed === 0 && broken.length === 0 ? 0 : 1;
});

function readArguments(): { first: number; count: number; milliseconds: number; orders: number } {
  try {
    const { values } = parseArgs({
      options: {
        seeds: { type: 'string', default: '20' },
        'first-seed': { type: 'string', default: '1' },
        seconds: { type: 'string', default: '8' },
        orders: { type: 'string', default: '2000' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      console.log(HELP);
      process.exit(0);
    }
    return {
      first: wholeNumber('first-seed', values['first-seed']),
      count: wholeNumber('seeds', values.seeds),
      milliseconds: wholeNumber('seconds', values.seconds) * 1000,
      orders: wholeNumber('orders', values.orders),
    };
  } catch (error) {
    console.error(`chaos: ${(error as Error).message}`);
    process.exit(2);
  }
}

function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new Error(`--${name} ${text}: must be a whole number above 0`);
}
