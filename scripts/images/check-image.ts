import { z } from 'zod';
import { mustRun, type RunProgram } from '../programs/run-program.ts';
import type { ImageTarget } from './targets.ts';

const inspection = z.object({
  Size: z.number(),
  Architecture: z.string(),
  Config: z.object({
    User: z.string(),
    Labels: z.record(z.string(), z.string()).nullish(),
  }),
});

/** Labels that every image has, however it is built. `make images` adds version, revision, created and source. */
const LABELS = ['title', 'description', 'licenses'].map((name) => `org.opencontainers.image.${name}`);

/** As restricted as a pod of the system, and without a network. */
const RESTRICTED = [
  '--rm',
  '--read-only',
  '--tmpfs=/tmp',
  '--cap-drop=ALL',
  '--security-opt=no-new-privileges',
  '--network=none',
];

const TRIAL_SECONDS = 90;

/**
 * Checks the image of a target: size, user, labels, and that its programs start.
 * @returns what was found, in one line
 * @throws Error that names each thing that is wrong
 */
export async function checkImage(
  run: RunProgram,
  docker: string,
  target: ImageTarget,
  image: string,
): Promise<string> {
  const inspect = ['image', 'inspect', '--format={{json .}}', image];
  const { stdout } = await mustRun(run, docker, inspect, { timeoutSeconds: 30 });
  const { Size, Architecture, Config } = inspection.parse(JSON.parse(stdout));
  const megabytes = Math.round(Size / 1e6);
  const problems = [
    ...(megabytes > target.limitMegabytes
      ? [`has ${megabytes} MB, more than its limit of ${target.limitMegabytes} MB`]
      : []),
    ...userProblems(Config.User),
    ...LABELS.filter((label) => !Config.Labels?.[label]).map((label) => `has no label ${label}`),
  ];
  for (const trial of target.trials) {
    const problem = await trialProblem(run, docker, image, trial);
    if (problem !== undefined) problems.push(problem);
  }
  if (problems.length > 0) throw new Error(problems.map((problem) => `${image} ${problem}`).join('\n'));
  return `${target.name}: ${megabytes} of at most ${target.limitMegabytes} MB, user ${Config.User}, ${Architecture}`;
}

/** Kubernetes can tell that a user is not root only if the user is a number. */
function userProblems(user: string): string[] {
  const [id = ''] = user.split(':');
  if (!/^\d+$/.test(id)) return [`runs as ${JSON.stringify(user)}: the user must be a number`];
  return Number(id) === 0 ? ['runs as root'] : [];
}

async function trialProblem(
  run: RunProgram,
  docker: string,
  image: string,
  { entrypoint, args, code, says }: ImageTarget['trials'][number],
): Promise<string | undefined> {
  const entry = entrypoint === undefined ? [] : [`--entrypoint=${entrypoint}`];
  const ended = await run(docker, ['run', ...RESTRICTED, ...entry, image, ...args], {
    timeoutSeconds: TRIAL_SECONDS,
  });
  const said = `${ended.stdout}\n${ended.stderr}`.trim();
  if (ended.code === code && says.test(said)) return undefined;
  const command = [entrypoint, ...args].filter(Boolean).join(' ') || 'its entrypoint';
  return `ended with ${ended.code} instead of ${code}, or did not say ${says}, for ${command}: ${said.slice(-500)}`;
}
