import type { Approval, ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import { widthOf } from '../../command-line/text-width.ts';
import type { Canvas } from './canvas.ts';
import { columns, joined, wrap } from './style.ts';
import { timeOfDay } from './time-text.ts';
import { transitionLines } from './transition-lines.ts';

const DIGEST_CHARACTERS = 'sha256:'.length + 8;
const SIGNS = { Served: '✓', Interrupted: '–', Failed: '✗' } as const;

/** The versions that served, those that were refused, and the transitions. Newest first. */
export function historyLines(status: ModelDeploymentStatus, canvas: Canvas): string[] {
  const sections = [versions(status, canvas), refusals(status, canvas), transitions(status, canvas)];
  return joined(sections, canvas.width);
}

function versions({ stable, history = [] }: ModelDeploymentStatus, { style, width, now }: Canvas): string[] {
  const time = (text: string) => timeOfDay(text, now);
  const present =
    stable === undefined
      ? []
      : [
          [
            '●',
            `v${stable.version}`,
            stable.soakedAt === undefined ? 'Unproven' : 'Serves',
            time(stable.since),
            '',
            ...rest(stable),
          ],
        ];
  const earlier = history.map(({ version, outcome, since, until, ...of }) => [
    SIGNS[outcome],
    `v${version}`,
    outcome,
    time(since),
    time(until),
    ...rest(of),
  ]);
  if (present.length + earlier.length === 0) return ['  No version served yet.'];
  const head = ['', 'VERSION', 'OUTCOME', 'SINCE', 'UNTIL', 'DIGEST', 'APPROVED BY'];
  const [first = '', ...lines] = columns([head, ...present, ...earlier]);
  if ([first, ...lines].some((line) => widthOf(line) + 2 > width))
    return [...present, ...earlier].flatMap((row) => records(row, width));
  return [`  ${style.dim(first)}`, ...lines.map((line) => `  ${line}`)];
}

/** A version on lines of its own, if the table has no room. */
function records(
  [sign, version, outcome, since, until, digest, approvers]: readonly string[],
  width: number,
) {
  const times = `since ${since}${until === '' ? '' : ` until ${until}`}`;
  const by = approvers === '-' ? [] : wrap(`approved by ${approvers}`, width - 6);
  return [`  ${sign} ${version}  ${outcome}`, ...[times, digest, ...by].map((line) => `      ${line}`)];
}

function rest({
  digest,
  approvals = [],
}: {
  digest: string;
  approvals?: readonly Approval[] | undefined;
}): string[] {
  const names = approvals.map(({ keys, actor }) => `${keys.join('+')} (${actor})`);
  return [digest.slice(0, DIGEST_CHARACTERS), names.join(', ') || '-'];
}

function refusals({ refusals: all = [] }: ModelDeploymentStatus, { style, width, now }: Canvas): string[] {
  if (all.length === 0) return [];
  return [
    `  ${style.bold('Refused')}`,
    ...all.flatMap(({ version, reason, message, at, liftedAt }) => {
      const lifted = liftedAt === undefined ? '' : style.dim(`, tried again ${timeOfDay(liftedAt, now)}`);
      return [
        `  ${liftedAt === undefined ? style.bad('✗') : style.dim('–')} v${version}  ${timeOfDay(at, now)}  ${reason}${lifted}`,
        ...wrap(message, width - 6).map((line) => `      ${style.dim(line)}`),
      ];
    }),
  ];
}

function transitions({ transitions: all = [] }: ModelDeploymentStatus, canvas: Canvas): string[] {
  const { style } = canvas;
  if (all.length === 0) return [`  ${style.dim('No transition is recorded yet.')}`];
  return [`  ${style.bold('Transitions')}`, ...transitionLines(all, canvas, true)];
}
