/** `make stream STREAM="<command> …"`: looks at a consumer group, and changes where it reads on. See `--help`. */
import { runStream } from './run-stream.ts';
import { processTerminal } from './terminal.ts';

process.exitCode = await runStream(process.argv.slice(2), process.env, processTerminal);
