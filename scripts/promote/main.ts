/** `make promote PROMOTE="<command> …"`: signs what may serve, and shows who signed it. See `--help`. */

import { processTerminal } from '../command-line/terminal.ts';
import { runPromote } from './run-promote.ts';

process.exitCode = await runPromote(process.argv.slice(2), process.env, processTerminal);
