import { ProgramMissing, type RunProgram } from '../programs/run-program.ts';

interface NeededProgram {
  readonly name: string;
  /** Arguments with which the program only says that it works. */
  readonly trial: readonly string[];
  readonly advice: string;
}

const KUBECTL: NeededProgram = {
  name: 'kubectl',
  trial: ['version', '--client'],
  advice: 'install kubectl: https://kubernetes.io/docs/tasks/tools/',
};
const KIND: NeededProgram = {
  name: 'kind',
  trial: ['version'],
  advice: 'install kind: https://kind.sigs.k8s.io/docs/user/quick-start/#installation',
};

/** What runs the nodes. kind takes another provider from KIND_EXPERIMENTAL_PROVIDER. */
function provider(name: string): NeededProgram {
  return {
    name,
    trial: ['info'],
    advice:
      name === 'docker'
        ? 'start the Docker engine, or install it: https://docs.docker.com/engine/install/'
        : `KIND_EXPERIMENTAL_PROVIDER is ${name}: start ${name}, or unset the variable to use Docker`,
  };
}

/** @throws Error that names each program that is missing or does not work, with what to do */
export async function checkPrograms(run: RunProgram, providerName = 'docker'): Promise<void> {
  const problems: string[] = [];
  for (const { name, trial, advice } of [provider(providerName), KIND, KUBECTL]) {
    const problem = await problemOf(run, name, trial);
    if (problem !== undefined) problems.push(`${problem}: ${advice}`);
  }
  if (problems.length > 0) throw new Error(problems.join('\n'));
}

async function problemOf(
  run: RunProgram,
  name: string,
  args: readonly string[],
): Promise<string | undefined> {
  try {
    const { code, stderr } = await run(name, args, { timeoutSeconds: 20 });
    if (code === 0) return undefined;
    return `\`${[name, ...args].join(' ')}\` ended with ${code} (${stderr.trim().split('\n').at(-1)})`;
  } catch (error) {
    if (error instanceof ProgramMissing) return error.message;
    return (error as Error).message;
  }
}
