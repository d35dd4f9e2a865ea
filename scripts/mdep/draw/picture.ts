import type { Transition } from '../../../services/shared/model-deployment/status.ts';
import { widthOf } from '../../command-line/text-width.ts';
import { duration } from '../../command-line/words.ts';
import type { RolloutView } from '../view/rollout-view.ts';
import type { Trouble } from '../view/troubles.ts';
import type { Wait } from '../view/waits.ts';
import type { Canvas } from './canvas.ts';
import { gateLines } from './gate-lines.ts';
import { phaseLines } from './phase-lines.ts';
import { columns, joined, wrap } from './style.ts';
import { transitionLines } from './transition-lines.ts';
import { versionLines } from './version-lines.ts';

/** Stands for the text while the columns before it are aligned. */
const END = '.';

/** The lines of a picture of one rollout. */
export function picture(view: RolloutView, canvas: Canvas): string[] {
  const sections = [
    heading(view, canvas),
    phaseLines(view, canvas),
    wrap(view.headline, canvas.width - 2).map((line) => `  ${canvas.style.bold(line)}`),
    versionLines(view, canvas),
    gateLines(view, canvas),
    view.waits.flatMap((wait) => waitLines(wait, canvas)),
    refusedLines(view, canvas),
    approvalLines(view, canvas),
    view.troubles.flatMap((trouble) => troubleLines(trouble, canvas)),
    lately(view.transitions, canvas),
  ];
  return joined(sections, canvas.width);
}

function heading({ name, namespace, model, alias }: RolloutView, { style, width }: Canvas): string[] {
  const rest = `model ${model}, alias ${alias}, namespace ${namespace}`;
  const gap = width - name.length - widthOf(rest);
  if (gap < 2) return [style.bold(name), ...wrap(rest, width).map(style.dim)];
  return [`${style.bold(name)}${' '.repeat(gap)}${style.dim(rest)}`];
}

function waitLines({ reason, message, since, next }: Wait, canvas: Canvas): string[] {
  const { style } = canvas;
  const age = since === undefined ? '' : `  for ${ageOf(since, canvas)}`;
  return [
    ...headed(`  ${style.wait('‖')} ${style.wait(style.bold(reason))}`, '', age, canvas),
    ...indented(message, canvas),
    ...next.map((command) => `    ${style.dim('$')} ${style.accent(command)}`),
  ];
}

function refusedLines({ refused, name }: RolloutView, canvas: Canvas): string[] {
  const { style } = canvas;
  if (refused === undefined) return [];
  const { version, reason, message, at } = refused;
  return [
    ...headed(
      `  ${style.bad('✗')} ${style.bad(style.bold(reason))}`,
      `  version ${version}`,
      `  ${ageOf(at, canvas)} ago`,
      canvas,
    ),
    ...indented(message, canvas),
    `    ${style.dim('$')} ${style.accent(`kubectl mdep retry ${name}`)}${style.dim('   or move the alias')}`,
  ];
}

function approvalLines({ approvals }: RolloutView, canvas: Canvas): string[] {
  const { style, width } = canvas;
  if (approvals.length === 0) return [];
  const heads = columns(
    approvals.map(({ keys, actor, at }) => [
      `${style.good('✓')} ${style.bold(keys.join(', '))} (${actor})`,
      style.dim(`${ageOf(at, canvas)} ago`),
      END,
    ]),
  ).map((head) => `  ${head.slice(0, -END.length)}`);
  return [
    `  ${style.bold('Approved by')}`,
    ...approvals.flatMap(({ reason }, index) => {
      const head = heads[index] ?? '';
      const fits = widthOf(head) + widthOf(reason) <= width;
      return fits ? [`${head}${reason}`] : [head.trimEnd(), ...indented(reason, canvas)];
    }),
  ];
}

function troubleLines({ condition, reason, message, since }: Trouble, canvas: Canvas): string[] {
  const { style } = canvas;
  const age = `  for ${ageOf(since, canvas)}`;
  return [
    ...headed(`  ${style.bad('!')} ${style.bad(style.bold(reason))}`, `  ${condition}`, age, canvas),
    ...indented(message, canvas),
  ];
}

/** The head of a section. A narrow terminal gets what comes behind it below it. */
function headed(head: string, more: string, age: string, canvas: Canvas): string[] {
  const { style, width } = canvas;
  const line = `${head}${more}${style.dim(age)}`;
  return widthOf(line) <= width ? [line] : [head, ...indented(`${more}${age}`.trim(), canvas)];
}

function lately(transitions: readonly Transition[], canvas: Canvas): string[] {
  if (transitions.length === 0) return [];
  return [`  ${canvas.style.bold('Lately')}`, ...transitionLines(transitions, canvas)];
}

function indented(text: string, { width }: Canvas): string[] {
  return text === '' ? [] : wrap(text, width - 4).map((line) => `    ${line}`);
}

function ageOf(time: string, { now }: Canvas): string {
  return duration(Math.max(0, now - Date.parse(time)));
}
