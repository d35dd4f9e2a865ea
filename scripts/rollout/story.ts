import type { Transition } from '../../services/shared/model-deployment/status.ts';
import { numberText } from '../mdep/draw/number-text.ts';
import { columns, PLAIN, wrap } from '../mdep/draw/style.ts';

const WIDTH = 118;
/** Checks in one line. The checks that failed come first. */
const CHECKS = 3;

/** What follows from measurements alone needs no name. */
const NOBODY = 'the operator';

/** The story of some rollouts, oldest first: when, which version, what, why, and who caused it. */
export function storyLines(transitions: readonly Transition[], style = PLAIN): string[] {
  const ascending = transitions.filter(tells).toSorted((a, b) => a.sequence - b.sequence);
  const begin = Date.parse(ascending[0]?.at ?? '');
  const heads = columns([
    ['SECOND', 'PHASE', 'WEIGHT', ''],
    ...ascending.map(({ at, phase, weightPercent }) => [
      String(Math.round((Date.parse(at) - begin) / 1000)).padStart(6),
      phase,
      weightPercent === undefined ? '' : `${weightPercent} %`.padStart(6),
      '',
    ]),
  ]);
  const width = Math.max(...heads.map((head) => head.length)) + 2;
  const texts = ['WHAT HAPPENED (WHO)', ...ascending.map(textOf)];
  return heads.flatMap((head, index) =>
    wrap(texts[index] ?? '', WIDTH - width - 2).map((line, row) => {
      const whole = `  ${(row === 0 ? head : '').padEnd(width)}${line}`;
      return index === 0 ? style.dim(whole) : whole;
    }),
  );
}

/** A step that lasts for its minimum shows in the times. Before the first version there is nothing to tell. */
function tells({ reason, message }: Transition): boolean {
  return !['Waiting', 'MinimumDuration'].includes(reason) && !message.startsWith('MinimumDuration ');
}

function textOf({ reason, message, checks = [], samples, by = NOBODY }: Transition): string {
  if (reason === 'StatementAccepted') return message.replace(/^.*? (?=approved )/, `${by} `);
  // The lines before have the names of those who signed.
  const who = by === NOBODY ? '' : ` (${by.replaceAll(/ \([^()]*\)/g, '')})`;
  return `${shortened(message, checks, samples)}${who}`;
}

/** The message with its first measurements alone. The status has all of them. */
function shortened(message: string, checks: NonNullable<Transition['checks']>, samples = 0): string {
  if (checks.length === 0) return message.replaceAll(DIGEST, '$1…');
  const [beginning = ''] = message.split(MEASURED);
  const others = checks.filter(({ name }) => name !== 'samples');
  const measured = others
    .slice(0, CHECKS)
    .map(({ name, value }) => `${name} ${value === undefined ? 'without a value' : numberText(value)}`);
  const rest = others.length > CHECKS ? [`and ${others.length - CHECKS} more`] : [];
  return `${beginning.replaceAll(DIGEST, '$1…')}: ${[`${samples} records`, ...measured, ...rest].join(', ')}`;
}

const DIGEST = /(sha256:[0-9a-f]{8})[0-9a-f]+/g;
const MEASURED = /: (?=\d+ samples|[^:]* (?:is|has) )/;
