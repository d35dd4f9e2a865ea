import { duration } from '../../command-line/words.ts';
import type { Gate } from '../view/gates.ts';
import type { RolloutView } from '../view/rollout-view.ts';
import { meter } from './bar.ts';
import type { Canvas } from './canvas.ts';
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
  const rows = gates.checks.map((gate) => gateRow(gate, canvas));
  const told = rows.length > 0 ? [] : wrap(gates.message, width - 4).map((line) => `    ${line}`);
  return [
    `  ${style.bold('Gates')}${style.dim(`, measured ${age} ago`)}`,
    ...columns(rows).map((line) => `  ${line}`),
    ...told,
  ];
}

function gateRow(gate: Gate, { style, width }: Canvas): string[] {
  const meterWidth = width < NARROW ? 0 : METER;
  const { name, value, verdict, failures = 0, failureLimit } = gate;
  const { sign, paint } = SIGNS[verdict];
  const { filled, rest } = meter(fill(gate), meterWidth);
  const failed =
    failures === 0 ? '' : `failed ${failures}${failureLimit === undefined ? '' : ` of ${failureLimit + 1}`}`;
  return [
    paint(style)(sign),
    shortened(name, width - OTHER_CELLS - meterWidth),
    (value === undefined ? 'no value' : numberText(value)).padStart(8),
    style.dim(limitText(gate)),
    paint(style)(filled) + style.dim(rest),
    verdict === 'inconclusive' ? style.wait('waits') : style.bad(failed),
  ];
}

function shortened(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
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
