import { cut } from '../../command-line/text-width.ts';
import { duration } from '../../command-line/words.ts';
import type { Gate } from '../view/gates.ts';
import type { RolloutView } from '../view/rollout-view.ts';
import { meter } from './bar.ts';
import { type Canvas, isNarrow } from './canvas.ts';
import { limitText, numberText } from './number-text.ts';
import { columns, type Style, wrap } from './style.ts';

const METER = 12;
/** Below this width there is no room for meters. */
const NARROW = 72;
/** What a row takes beside its name and its meter. */
const OTHER_CELLS = 48;

/** Each gate with its value, its limit, and how much of the limit the value takes. */
export function gateLines({ gates }: RolloutView, canvas: Canvas): string[] {
  if (gates === undefined) return [];
  const { style, width, now } = canvas;
  const age = duration(Math.max(0, now - Date.parse(gates.measuredAt)));
  const rows = isNarrow(canvas)
    ? gates.checks.flatMap((gate) => narrowRow(gate, canvas))
    : columns(gates.checks.map((gate) => gateRow(gate, canvas)));
  const told = rows.length > 0 ? [] : wrap(gates.message, width - 4).map((line) => `    ${line}`);
  return [
    `  ${style.bold('Gates')}${style.dim(`, measured ${age} ago`)}`,
    ...rows.map((line) => `  ${line}`),
    ...told,
  ];
}

function gateRow(gate: Gate, { style, width }: Canvas): string[] {
  const meterWidth = width < NARROW ? 0 : METER;
  const { name, verdict } = gate;
  const { sign, paint } = SIGNS[verdict];
  const { filled, rest } = meter(fill(gate), meterWidth);
  return [
    paint(style)(sign),
    cut(name, width - OTHER_CELLS - meterWidth),
    valueText(gate).padStart(8),
    style.dim(limitText(gate)),
    paint(style)(filled) + style.dim(rest),
    standing(gate, style),
  ];
}

/** The name has a line of its own. */
function narrowRow(gate: Gate, { style }: Canvas): string[] {
  const { sign, paint } = SIGNS[gate.verdict];
  const values = [valueText(gate), style.dim(limitText(gate)), standing(gate, style)];
  return [`${paint(style)(sign)} ${gate.name}`, `  ${values.filter(Boolean).join('  ')}`];
}

function valueText({ value }: Gate): string {
  return value === undefined ? 'no value' : numberText(value);
}

function standing({ verdict, failures = 0, failureLimit }: Gate, style: Style): string {
  if (verdict === 'inconclusive') return style.wait('waits');
  const limit = failureLimit === undefined ? '' : ` of ${failureLimit + 1}`;
  return failures === 0 ? '' : style.bad(`failed ${failures}${limit}`);
}

const SIGNS = {
  passed: { sign: '✓', paint: (style: Style) => style.good },
  failed: { sign: '✗', paint: (style: Style) => style.bad },
  inconclusive: { sign: '?', paint: (style: Style) => style.wait },
} as const;

/** The share of the maximum that is used up, or of the minimum that is reached. Between two limits: the place. */
function fill({ value, min, max }: Gate): number {
  if (value === undefined) return 0;
  if (min !== undefined && max !== undefined) return max > min ? (value - min) / (max - min) : 1;
  if (max !== undefined) return max > 0 ? value / max : Number(value > max);
  // More than the minimum is no excess.
  return min !== undefined && min > 0 ? Math.min(1, value / min) : 1;
}
