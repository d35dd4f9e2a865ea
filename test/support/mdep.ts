import { runMdep } from '../../scripts/mdep/run-mdep.ts';
import { systemClock } from '../../services/shared/clock.ts';

interface MdepRun {
  readonly code: number;
  /** Standard output. */
  readonly out: string;
  /** Standard error. */
  readonly said: string;
}

/** `kubectl mdep …` of a person, while it runs. */
export interface OpenMdep {
  /** All that it has written to standard output so far, control sequences included. */
  readonly written: () => string;
  /** Ctrl-C. Resolves once the program has ended. */
  readonly end: () => Promise<MdepRun>;
  readonly ended: Promise<MdepRun>;
}

/** @param height lines of the terminal. Undefined: the output is no terminal. */
export function openMdep(
  args: readonly string[],
  height?: number,
  environment: Readonly<Record<string, string>> = {},
): OpenMdep {
  let out = '';
  const said: string[] = [];
  const controller = new AbortController();
  const ended = runMdep(args, {
    environment: { NO_COLOR: '1', ...environment },
    clock: systemClock,
    signal: controller.signal,
    screen: {
      width: 110,
      height,
      out: (text) => {
        out += `${text}\n`;
      },
      write: (text) => {
        out += text;
      },
      say: (text) => said.push(text),
    },
  }).then((code) => ({ code, out, said: said.join('\n') }));
  return {
    written: () => out,
    end: () => {
      controller.abort(new Error('ended by SIGINT'));
      return ended;
    },
    ended,
  };
}
