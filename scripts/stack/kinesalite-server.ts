import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { listenHost } from '../../services/shared/listen-host.ts';

/** Longer than a search through the records of a shard takes. */
const SEARCH_MILLISECONDS = 1_000;

const require = createRequire(import.meta.url);
answerStartsWithoutRecords(require);

// Kinesalite has a command of its own, but that command listens on every interface.
const kinesalite = require('kinesalite') as (
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
server.listen(Number(values.port), listenHost().parse(values.host));
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0));

type Answer = (error: unknown, answer?: unknown) => void;
type Action = (store: unknown, request: { ShardIteratorType?: string }, answer: Answer) => void;

/**
 * Kinesalite searches the first record that is as new as an AT_TIMESTAMP. If there is none, it never answers. Kinesis then
 * gives an iterator for the records that follow. So does this: the position of LATEST, taken before the search.
 */
function answerStartsWithoutRecords(from: NodeJS.Require): void {
  const path = from.resolve('kinesalite/actions/getShardIterator');
  const original = from(path) as Action;
  const action: Action = (store, request, answer) => {
    if (request.ShardIteratorType !== 'AT_TIMESTAMP') return original(store, request, answer);
    original(store, { ...request, ShardIteratorType: 'LATEST' }, (...latest) => {
      const search = Promise.withResolvers<Parameters<Answer>>();
      original(store, request, (...found) => search.resolve(found));
      setTimeout(() => search.resolve(latest), SEARCH_MILLISECONDS);
      void search.promise.then((result) => answer(...result));
    });
  };
  (from.cache[path] as NodeJS.Module).exports = action;
}
