import { runStream } from '../../../scripts/stream/run-stream.ts';
import type { ConsumerWorld } from './consumer-world.ts';

export interface ToolRun {
  readonly code: number;
  /** Standard output. */
  readonly out: string;
  /** Standard error. */
  readonly said: string;
  readonly questions: readonly string[];
}

/**
 * Runs `stream …` as a person does.
 * @param answer what the person answers to each question. Undefined: there is no terminal to ask.
 */
export async function runTool(
  args: readonly string[],
  answer?: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<ToolRun> {
  const out: string[] = [];
  const said: string[] = [];
  const questions: string[] = [];
  const ask = async (question: string) => {
    questions.push(question);
    return answer ?? '';
  };
  const code = await runStream(args, environment, {
    out: (text) => out.push(text),
    say: (text) => said.push(text),
    ask: answer === undefined ? undefined : ask,
  });
  return { code, out: out.join('\n'), said: said.join('\n'), questions };
}

/** Options that name the streams of the world. */
export function streamsOf(world: ConsumerWorld): string[] {
  return ['--stream', 'in', '--rejects', 'rejects', '--endpoint', world.fake.url];
}

/** Options that name the streams and the lease file of the world. */
export function fileOf(world: ConsumerWorld): string[] {
  return [...streamsOf(world), '--lease-file', `${world.directory}/leases.json`];
}
