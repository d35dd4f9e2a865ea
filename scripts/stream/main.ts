/** `make stream STREAM="<command> …"`: looks at a consumer group, and changes where it reads on. See `--help`. */

import { processTerminal } from '../command-line/terminal.ts';
import { runStream } from './run-stream.ts';

process.exitCode = await runStream(process.argv.slice(2), process.env, processTerminal);
