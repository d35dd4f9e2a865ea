import type { Clock } from '../../services/shared/clock.ts';
import type { Command } from '../command-line/command.ts';
import type { Style } from './draw/style.ts';
import type { ModelDeployments } from './model-deployments.ts';

/** What the commands work with. */
export interface Desk {
  readonly deployments: ModelDeployments;
  readonly screen: Screen;
  readonly style: Style;
  readonly clock: Clock;
  /** Aborts when the person ends the command. */
  readonly signal: AbortSignal;
}

/** Where results go. */
export interface Screen {
  /** Characters of a line. */
  readonly width: number;
  /** Lines that are seen at once. Undefined if the output is no terminal, so nothing can be drawn over. */
  readonly height: number | undefined;
  out(text: string): void;
  /** Writes without a line end, for control sequences. */
  write(text: string): void;
  say(text: string): void;
}

export type MdepCommand = Command<Desk>;
