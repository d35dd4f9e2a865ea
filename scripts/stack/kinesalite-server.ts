import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';

// Kinesalite has a command of its own, but that command listens on every interface.
const kinesalite = createRequire(import.meta.url)('kinesalite') as (
  options: Readonly<Record<string, unknown>>,
) => import('node:http').Server;

const { values } = parseArgs({
  options: {
    port: { type: 'string' },
    host: { type: 'string', default: '127.0.0.1' },
    /** Directory for the records. Unset: the records stay in memory. */
    path: { type: 'string' },
    'shard-limit': { type: 'string', default: '100' },
  },
});
const server = kinesalite({
  createStreamMs: 50,
  deleteStreamMs: 50,
  updateStreamMs: 50,
  shardLimit: Number(values['shard-limit']),
  ...(values.path ? { path: values.path } : {}),
});
server.listen(Number(values.port), values.host);
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0));
