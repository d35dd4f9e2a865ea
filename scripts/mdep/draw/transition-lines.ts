import type { Transition } from '../../../services/shared/model-deployment/status.ts';
import { type Canvas, isNarrow } from './canvas.ts';
import { numberText } from './number-text.ts';
import { columns, wrap } from './style.ts';
import { timeOfDay } from './time-text.ts';

/** Stands for the text while the columns before it are aligned. */
const TEXT = '.';

/** Each transition with its time, what happened, what was measured, and who caused it. */
export function transitionLines(
  transitions: readonly Transition[],
  canvas: Canvas,
  numbered = false,
): string[] {
  const { style, width, now } = canvas;
  const heads = columns(
    transitions.map(({ sequence, at, reason }) => [
      numbered ? `#${sequence}` : '',
      timeOfDay(at, now),
      reason,
      TEXT,
    ]),
  ).map((head) => `  ${head.slice(0, -TEXT.length)}`);
  return transitions.flatMap((transition, index) => {
    const head = heads[index] ?? '';
    const by = transition.by === undefined ? '' : ` (${transition.by})`;
    const text = [transition.message, ...measured(transition)].join('; ');
    if (isNarrow(canvas)) {
      const below = wrap(`${text}${by}`, width - 4).map((line) => `    ${line}`);
      return [head.trimEnd(), ...below].map(style.dim);
    }
    const lines = wrap(`${text}${by}`, width - head.length);
    return lines.map((line, row) => style.dim((row === 0 ? head : ' '.repeat(head.length)) + line));
  });
}

/** What was measured and is not in the message. */
function measured({ message, checks = [] }: Transition): string[] {
  return checks
    .filter(({ name }) => name !== 'samples' && !message.includes(`${name} is`))
    .map(({ name, value }) => `${name} is ${value === undefined ? 'without a value' : numberText(value)}`);
}
