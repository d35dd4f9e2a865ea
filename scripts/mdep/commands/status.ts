import { OUTPUT_OPTION } from '../common-options.ts';
import type { MdepCommand } from '../desk.ts';
import { picture } from '../draw/picture.ts';
import { rolloutView } from '../view/rollout-view.ts';
import { watchAsLines, watchOnTerminal } from '../watch/watch-status.ts';

export const statusCommand: MdepCommand = {
  name: 'status',
  operands: '[NAME]',
  summary: 'Draws where a rollout stands: phases, shares of the keys, gates, waits, approvals, troubles.',
  details: [
    'Without NAME it draws every ModelDeployment of the namespace.',
    '--watch draws anew on a terminal until Ctrl-C. Elsewhere it prints a line for each change.',
    'NO_COLOR leaves the colours out.',
  ],
  options: [{ name: 'watch', short: 'w', help: 'go on until Ctrl-C' }, OUTPUT_OPTION],
  run: async (input, desk) => {
    const { deployments, screen, style, clock, signal } = desk;
    const [name] = input.operands;
    const isJson = input.text('output') === 'json';
    if (input.flag('watch')) {
      const first = await deployments.one(name, signal);
      if (isJson || screen.height === undefined) return watchAsLines(first, isJson, desk);
      return watchOnTerminal(first, desk);
    }
    const objects =
      name === undefined ? await deployments.all(signal) : [await deployments.one(name, signal)];
    const now = clock.now();
    const views = objects.map((object) => rolloutView(object, now));
    if (isJson) return screen.out(JSON.stringify(name === undefined ? views : views[0], null, 2));
    const pictures = views.map((view) => picture(view, { style, width: screen.width, now }).join('\n'));
    screen.out(pictures.join('\n\n\n'));
  },
};
