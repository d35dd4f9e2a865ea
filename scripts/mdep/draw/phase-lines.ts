import { widthOf } from '../../command-line/text-width.ts';
import type { PhaseMark } from '../view/phase-line.ts';
import type { RolloutView } from '../view/rollout-view.ts';
import type { Canvas } from './canvas.ts';
import type { Style } from './style.ts';

const JOINT = ' ─ ';

/** The phases as a line, with a sign for each. A narrow terminal gets several lines. */
export function phaseLines({ phases }: RolloutView, { style, width }: Canvas): string[] {
  const lines: string[] = [];
  for (const mark of phases) {
    const text = drawn(mark, style);
    const last = lines.at(-1);
    if (last === undefined) lines.push(`  ${text}`);
    else if (widthOf(last) + JOINT.length + widthOf(text) <= width)
      lines[lines.length - 1] = `${last}${style.dim(JOINT)}${text}`;
    else lines.push(`${style.dim(' ─ ')}${text}`);
  }
  return lines;
}

function drawn({ phase, state }: PhaseMark, style: Style): string {
  switch (state) {
    case 'done':
      return style.good(`✓ ${phase}`);
    case 'failed':
      return style.bad(style.bold(`✗ ${phase}`));
    case 'skipped':
      return style.dim(`– ${phase}`);
    case 'next':
      return style.dim(`○ ${phase}`);
    case 'present':
      return style.bold(presentPaint(phase, style)(`● ${phase}`));
  }
}

function presentPaint(phase: PhaseMark['phase'], style: Style): (text: string) => string {
  if (phase === 'Stable') return style.good;
  if (phase === 'RolledBack') return style.bad;
  return phase === 'AwaitingApproval' || phase === 'Waiting' ? style.wait : style.accent;
}
