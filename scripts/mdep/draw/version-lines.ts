import { widthOf } from '../../command-line/text-width.ts';
import { duration } from '../../command-line/words.ts';
import type { Progress } from '../view/progress.ts';
import type { RolloutView } from '../view/rollout-view.ts';
import type { StepMark } from '../view/step-marks.ts';
import type { VersionShare } from '../view/version-shares.ts';
import { cells, meter } from './bar.ts';
import { type Canvas, isNarrow } from './canvas.ts';
import { columns, type Style } from './style.ts';

const BAR = 40;
const SHORT_BAR = 20;
const SHORTEST_BAR = 10;
/** From this width on there is room for digests. */
const WIDE = 100;
const NARROW = 72;
/** Columns that the longest label and its margins take. */
const LABEL = '  minimum duration  '.length;
const DIGEST_CHARACTERS = 'sha256:'.length + 8;

/** The versions with their shares of the keys as bars. Below them: the steps of the canary, and the times that run. */
export function versionLines({ versions, steps, progress }: RolloutView, canvas: Canvas): string[] {
  const { style, width } = canvas;
  const barWidth = barWidthOf(canvas);
  const rows = versions.map((version) => versionRow(version, barWidth, canvas));
  if (isNarrow(canvas)) {
    const stepTexts = stepLines(steps, width - 4, style).map((text) => `    ${text}`);
    const below = progress.map((time) => `  ${progressRow(time, 0, style).join('  ')}`);
    const steppedBelow = steps.length > 0 ? [`  ${style.dim('steps')}`, ...stepTexts] : [];
    const added = [...steppedBelow, ...below];
    const note = `      ${style.dim('unproven')}`;
    const shares = columns(rows).flatMap((line, row) => [
      `  ${line}`,
      ...(isUnproven(versions[row]) ? [note] : []),
    ]);
    return [...shares, ...(added.length > 0 ? ['', ...added] : [])];
  }
  const stepTexts = stepLines(steps, width - LABEL, style);
  const times = progress.map((time) => progressRow(time, Math.ceil(barWidth / 2), style));
  const labelled = [...stepTexts.map((text, row) => [row === 0 ? style.dim('steps') : '', text]), ...times];
  return [
    ...columns(rows).map((line) => `  ${line}`),
    ...(labelled.length > 0 ? ['', ...columns(labelled).map((line) => `  ${line}`)] : []),
  ];
}

function barWidthOf(canvas: Canvas): number {
  if (isNarrow(canvas)) return 0;
  return canvas.width >= WIDE ? BAR : canvas.width >= NARROW ? SHORT_BAR : SHORTEST_BAR;
}

/** It serves without a bake time. On a narrow terminal a line of its own says so. */
function isUnproven(share: VersionShare | undefined): boolean {
  return share?.role === 'stable' && !share.proven;
}

function versionRow(share: VersionShare, barWidth: number, canvas: Canvas): string[] {
  const { style, now, width } = canvas;
  const { version, role, percent, shadow, isolatedIn, digest = '', since } = share;
  const note = isUnproven(share) && !isNarrow(canvas) ? ', unproven' : '';
  const age = duration(Math.max(0, now - Date.parse(since)));
  return [
    style.bold(`v${version}`),
    role,
    shareBar(share, barWidth, style),
    (shadow ? 'shadow' : `${percent} %`).padStart(6),
    style.dim(`for ${age}${note}`),
    width >= WIDE ? style.dim(digest.slice(0, DIGEST_CHARACTERS)) : '',
    width >= WIDE && isolatedIn !== undefined ? style.dim(`in ${isolatedIn}`) : '',
  ];
}

/** All keys as a line. The candidate decides those at its left end, as it does in the pods. */
function shareBar({ role, percent, shadow }: VersionShare, width: number, style: Style): string {
  if (width === 0) return '';
  if (shadow) return style.accent('░'.repeat(width));
  if (role === 'candidate') {
    const own = cells(percent, width);
    return style.accent('█'.repeat(own)) + style.dim('·'.repeat(width - own));
  }
  const others = cells(100 - percent, width);
  return style.dim('·'.repeat(others)) + style.good('█'.repeat(width - others));
}

/** The steps side by side, as many as fit into a line. */
function stepLines(steps: readonly StepMark[], width: number, style: Style): string[] {
  const lines: string[] = [];
  for (const step of steps) {
    const text = drawnStep(step, style);
    const last = lines.at(-1);
    if (last !== undefined && widthOf(last) + widthOf(text) + 2 <= width)
      lines[lines.length - 1] = `${last}  ${text}`;
    else lines.push(text);
  }
  return lines;
}

function drawnStep({ weightPercent, state, minimumDurationSeconds, pause }: StepMark, style: Style): string {
  const extra = [
    ...(minimumDurationSeconds === undefined ? [] : [`≥ ${duration(minimumDurationSeconds * 1000)}`]),
    ...(pause === 'approval' ? ['‖ approval'] : []),
    ...(typeof pause === 'number' ? [`‖ ${duration(pause * 1000)}`] : []),
  ];
  const text = `${weightPercent} %${extra.length > 0 ? ` (${extra.join(', ')})` : ''}`;
  if (state === 'done') return style.good(`✓ ${text}`);
  return state === 'present' ? style.bold(style.accent(`● ${text}`)) : style.dim(`○ ${text}`);
}

function progressRow({ what, seconds, ofSeconds }: Progress, width: number, style: Style): string[] {
  const { filled, rest } = meter(Math.min(1, ofSeconds === 0 ? 1 : seconds / ofSeconds), width);
  const paint = what === 'deadline' ? style.wait : style.accent;
  const times = `${duration(Math.min(seconds, ofSeconds) * 1000)} of ${duration(ofSeconds * 1000)}`;
  const over = seconds > ofSeconds ? style.dim(', and goes on') : '';
  const bar = width === 0 ? '' : `${paint(filled)}${style.dim(rest)}  `;
  return [style.dim(what), `${bar}${times}${over}`];
}
