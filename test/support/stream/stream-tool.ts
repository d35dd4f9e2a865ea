import { runStream } from '../../../scripts/stream/run-stream.ts';
import { onPlayedTerminal, type ToolRun } from '../played-terminal.ts';
import type { ConsumerWorld } from './consumer-world.ts';

/**
 * Runs `stream …` as a person does.
 * @param answer what the person answers to each question. Undefined: there is no terminal to ask.
 */
export function runTool(
  args: readonly string[],
  answer?: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<ToolRun> {
  return onPlayedTerminal((terminal) => runStream(args, environment, terminal), answer);
}

/** Options that name the streams of the world. */
export function streamsOf(world: ConsumerWorld): string[] {
  return ['--stream', 'in', '--rejects', 'rejects', '--endpoint', world.fake.url];
}

/** Options that name the streams and the lease file of the world. */
export function fileOf(world: ConsumerWorld): string[] {
  return [...streamsOf(world), '--lease-file', `${world.directory}/leases.json`];
}
