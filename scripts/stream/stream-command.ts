import type { Command } from '../command-line/command.ts';
import type { Desk } from './desk.ts';

/** A command that works on one consumer group. */
export type StreamCommand = Command<Desk>;
