import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Dispatcher, Pool } from 'undici';
import {
  type Answer,
  AnswerHandler,
  type AnswerHandlerOptions,
} from '../../../../services/stream/client/answer-handler.ts';
import { propertyCases, propertyMilliseconds } from '../../../support/property-cases.ts';
import { streamedAnswer } from '../../../support/stream/streamed-answer.ts';

const REQUEST: Dispatcher.DispatchOptions = { method: 'POST', path: '/', body: Buffer.from('{}') };
const LIMIT_BYTES = 300;
const LIMIT_OF_ERRORS_BYTES = 50;

/** What the server does between two pieces of its answer. */
type Step = 'next' | 'turn' | 'advance' | 'abort' | 'hang up';

interface Script {
  readonly pieces: readonly (readonly [Step, Buffer])[];
  /** When the caller aborts or loses its lease, if it does. */
  readonly caller: 'stays' | 'aborts before' | 'aborts at once' | 'lost its lease';
}

interface Outcome {
  readonly status?: number;
  readonly body?: string;
  readonly error?: string;
  readonly dates: readonly unknown[];
  readonly requests: number;
}

let server: Server;
let requests = 0;
let play: (socket: Socket) => Promise<void>;

beforeEach(async () => {
  server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      requests++;
      void play(socket);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  server.close();
});

const body = fc.uint8Array({ maxLength: 400, size: 'max' }).map((bytes) => Buffer.from(bytes));
const status = fc.constantFrom(200, 200, 200, 204, 400, 500, 999);
const informational = fc.constantFrom('', 'HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n');
const date = fc.constantFrom('', 'date: Sat, 03 Jan 2026 10:00:00 GMT\r\n', 'Date: never\r\n');
const framing = fc.constantFrom('length', 'chunked', 'close', 'too long', 'too short', 'bad chunk');

const whole = fc
  .record({ body, status, informational, date, framing, size: fc.integer({ min: 1, max: 60 }) })
  .map((answer) => {
    const head = `${answer.informational}HTTP/1.1 ${answer.status} Text\r\n${answer.date}`;
    const wrong = { 'too long': 3, 'too short': -3 }[answer.framing as string] ?? 0;
    if (answer.framing === 'close')
      return Buffer.concat([Buffer.from(`${head}connection: close\r\n\r\n`), answer.body]);
    if (!answer.framing.endsWith('chunk') && answer.framing !== 'chunked') {
      const length = Math.max(0, answer.body.length + wrong);
      return Buffer.concat([Buffer.from(`${head}content-length: ${length}\r\n\r\n`), answer.body]);
    }
    const chunks: Buffer[] = [Buffer.from(`${head}transfer-encoding: chunked\r\n\r\n`)];
    for (let at = 0; at < answer.body.length; at += answer.size) {
      const chunk = answer.body.subarray(at, at + answer.size);
      const length = answer.framing === 'bad chunk' && at > 0 ? 'zz' : chunk.length.toString(16);
      chunks.push(Buffer.from(`${length}\r\n`), chunk, Buffer.from('\r\n'));
    }
    chunks.push(Buffer.from('0\r\ntrailer: x\r\n\r\n'));
    return Buffer.concat(chunks);
  });

const garbage = fc.constantFrom(
  'SSH-2.0-OpenSSH\r\n',
  'HTTP/1.1 2',
  `HTTP/1.1 200 OK\r\na: ${'x'.repeat(20_000)}`,
);
const steps = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom<Step>('next', 'turn') },
  { weight: 1, arbitrary: fc.constantFrom<Step>('advance', 'abort', 'hang up') },
);
const scripts: fc.Arbitrary<Script> = fc.record({
  pieces: fc
    .tuple(
      fc.oneof(
        { weight: 20, arbitrary: whole },
        { weight: 1, arbitrary: garbage.map((it) => Buffer.from(it)) },
      ),
      fc.array(fc.tuple(steps, fc.integer({ min: 1, max: 200 })), { maxLength: 12 }),
      steps,
    )
    .map(([answer, cuts, last]) => {
      const pieces: [Step, Buffer][] = [];
      let at = 0;
      for (const [step, bytes] of cuts) {
        pieces.push([step, answer.subarray(at, at + bytes)]);
        at += bytes;
      }
      return [...pieces, [last, answer.subarray(at)] as const];
    }),
  caller: fc.oneof(
    { weight: 20, arbitrary: fc.constant('stays' as const) },
    { weight: 1, arbitrary: fc.constantFrom('aborts before', 'aborts at once', 'lost its lease') },
  ),
});

async function outcomeOf(
  { pieces, caller }: Script,
  send: (pool: Pool, options: AnswerHandlerOptions) => Promise<Answer>,
): Promise<Outcome> {
  requests = 0;
  const controller = new AbortController();
  let isLate = false;
  const dates: unknown[] = [];
  play = async (socket) => {
    for (const [step, piece] of pieces) {
      if (step === 'hang up') break;
      // Nothing is sent after the abort, so that no path can have the whole answer before it.
      if (step === 'abort') return controller.abort(new Error('aborted'));
      if (step === 'advance') isLate = true;
      if (step === 'turn') await new Promise(setImmediate);
      socket.write(piece);
    }
    socket.end();
  };
  const pool = new Pool(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  try {
    if (caller === 'aborts before') controller.abort(new Error('aborted'));
    const sending = send(pool, {
      signal: controller.signal,
      assertAllowed: () => {
        if (caller === 'lost its lease') throw new Error('lease lost');
      },
      onDate: (value) => dates.push(value),
      limitBytes: (code) => {
        // A stream joins pieces that wait. So of two limits that one answer exceeds, either may be told.
        if (pieces.some(([step]) => step === 'advance')) return Number.POSITIVE_INFINITY;
        return code === 200 ? LIMIT_BYTES : LIMIT_OF_ERRORS_BYTES;
      },
      assertInTime: () => {
        if (isLate) throw new Error('the answer is not complete');
      },
    });
    if (caller === 'aborts at once') controller.abort(new Error('aborted'));
    const { statusCode, chunks } = await sending;
    return { status: statusCode, body: Buffer.concat(chunks).toString('hex'), dates, requests };
  } catch (error) {
    return { error: `${(error as Error).name}: ${(error as Error).message}`, dates, requests };
  } finally {
    await pool.destroy();
  }
}

async function handled(pool: Pool, options: AnswerHandlerOptions): Promise<Answer> {
  options.signal.throwIfAborted();
  const handler = new AnswerHandler(options);
  pool.dispatch(REQUEST, handler);
  return handler.answer;
}

test(
  'the outcome is that of a body read as a stream, for split, cut, oversize, late and aborted answers',
  async () => {
    await fc.assert(
      fc.asyncProperty(scripts, async (script) => {
        const plain = await outcomeOf(script, (pool, options) => streamedAnswer(pool, REQUEST, options));
        expect(await outcomeOf(script, handled)).toEqual(plain);
      }),
      { numRuns: propertyCases(300) },
    );
  },
  propertyMilliseconds(),
);

const unlimited = {
  assertAllowed: undefined,
  onDate: () => {},
  limitBytes: () => 1_000,
  assertInTime: () => {},
};

test('a call that is aborted while it waits for a connection ends at once, and sends nothing later', async () => {
  requests = 0;
  const pool = new Pool(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const controller = new AbortController();
  const connected = once(pool, 'connect');
  const aborted = handled(pool, { ...unlimited, signal: controller.signal });
  controller.abort(new Error('aborted'));
  await expect(aborted).rejects.toThrow('aborted');
  await connected;
  play = async (socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
  await handled(pool, { ...unlimited, signal: new AbortController().signal });
  expect(requests).toBe(1);
  await pool.destroy();
});

test('an abort in the middle of an answer closes its connection', async () => {
  const pool = new Pool(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const controller = new AbortController();
  const closed = new Promise<void>((resolve) => {
    play = async (socket) => {
      socket.once('close', () => resolve());
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf');
    };
  });
  const onDate = () => controller.abort(new Error('aborted'));
  await expect(handled(pool, { ...unlimited, onDate, signal: controller.signal })).rejects.toThrow('aborted');
  await closed;
  await pool.destroy();
});
