import type { ModelDeployment } from '../../../services/shared/model-deployment/model-deployment.ts';
import { cut } from '../../command-line/text-width.ts';
import type { Desk } from '../desk.ts';
import { picture } from '../draw/picture.ts';
import { wrap } from '../draw/style.ts';
import { rolloutView } from '../view/rollout-view.ts';
import { follow, type Sight } from './follow.ts';
import { changeOf, lineOf } from './status-line.ts';

const REDRAW_MILLISECONDS = 1_000;
const CONTROL = {
  otherScreen: '\u001b[?1049h\u001b[?25l',
  formerScreen: '\u001b[?25h\u001b[?1049l',
  home: '\u001b[H',
  clearLine: '\u001b[K',
  clearBelow: '\u001b[J',
};

/** Draws the object anew after each change and each second, until the person ends it. The last picture stays. */
export async function watchOnTerminal(first: ModelDeployment, desk: Desk): Promise<void> {
  const { screen, clock, signal } = desk;
  let last: string[] = [];
  screen.write(CONTROL.otherScreen);
  try {
    const sights = follow(first, desk);
    let sight: Sight = { object: first, trouble: undefined };
    let next = sights.next();
    for (;;) {
      last = linesOf(sight, desk);
      screen.write(fitted(last, screen.height ?? last.length, screen.width));
      const seen = await Promise.race([next, clock.sleep(REDRAW_MILLISECONDS, signal)]);
      if (seen === undefined) continue;
      if (seen.done) return;
      sight = seen.value;
      next = sights.next();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    screen.write(CONTROL.formerScreen);
    screen.out(last.join('\n'));
  }
}

/** Prints a line for each change that matters, or a JSON document for each change. */
export async function watchAsLines(first: ModelDeployment, isJson: boolean, desk: Desk): Promise<void> {
  const { screen, clock, signal } = desk;
  let printed = '';
  try {
    for await (const { object, trouble } of follow(first, desk)) {
      if (trouble !== undefined) {
        screen.say(`the connection to the cluster is broken: ${trouble}`);
        continue;
      }
      const view = rolloutView(object, clock.now());
      const change = isJson ? JSON.stringify({ ...view, progress: [] }) : changeOf(view);
      if (change !== printed) screen.out(isJson ? JSON.stringify(view) : lineOf(view, clock.now()));
      printed = change;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function linesOf({ object, trouble }: Sight, { screen, style, clock }: Desk): string[] {
  const canvas = { style, width: screen.width, now: clock.now() };
  const lines = picture(rolloutView(object, canvas.now), canvas);
  if (trouble === undefined) return lines;
  const message = `The picture is old, because the connection to the cluster is broken: ${trouble}`;
  return [...lines, '', ...wrap(message, screen.width - 2).map((line) => `  ${style.bad(line)}`)];
}

/** Written over the last picture and not after a clear screen, which flickers. */
function fitted(all: readonly string[], height: number, width: number): string {
  // A command that is wider than the terminal would take two rows.
  const lines = all.map((line) => cut(line, width));
  const hidden = lines.length - height;
  const shown = hidden <= 0 ? lines : [...lines.slice(0, height - 1), `… ${hidden + 1} more lines`];
  return `${CONTROL.home}${shown.map((line) => line + CONTROL.clearLine).join('\r\n')}${CONTROL.clearBelow}`;
}
