/** `kubectl mdep …`: looks at the rollout of a ModelDeployment, and asks the operator to act. See `--help`. */
import { systemClock } from '../../services/shared/clock.ts';
import { processTerminal } from '../command-line/terminal.ts';
import { runMdep } from './run-mdep.ts';

const NARROWEST = 20;
const WIDEST = 120;
/** Without a terminal: fits into a mail and into a page. */
const WIDTH = 110;

const { stdout } = process;
const controller = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => controller.abort(new Error(`ended by ${signal}`)));

process.exitCode = await runMdep(process.argv.slice(2), {
  environment: process.env,
  clock: systemClock,
  signal: controller.signal,
  screen: {
    ...processTerminal,
    get width() {
      return Math.min(WIDEST, Math.max(NARROWEST, stdout.columns ?? WIDTH));
    },
    get height() {
      return stdout.isTTY ? stdout.rows : undefined;
    },
    write: (text) => stdout.write(text),
  },
});
