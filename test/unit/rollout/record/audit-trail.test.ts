import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AuditSink } from '../../../../operators/rollout/record/audit-sink.ts';
import { AuditTrail } from '../../../../operators/rollout/record/audit-trail.ts';
import { LANE_LENGTH, SinkLane } from '../../../../operators/rollout/record/sink-lane.ts';
import type { AuditRecord } from '../../../../services/shared/agreements/audit-record.ts';
import { createLogger } from '../../../../services/shared/logging.ts';
import type { ModelDeployment } from '../../../../services/shared/model-deployment/model-deployment.ts';
import {
  type ModelDeploymentStatus,
  TRANSITIONS_LENGTH,
  type Transition,
} from '../../../../services/shared/model-deployment/status.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { passBackoffs } from '../../../support/pass-backoffs.ts';
import { SPEC } from '../../../support/rollout-world.ts';

const AT = '2026-01-01T00:00:00.000Z';
const logger = createLogger({ component: 'test', level: 'silent' });

function object(name = 'loan', uid = `uid-${name}`): ModelDeployment {
  return {
    apiVersion: 'serving.loan-eligibility.dev/v1alpha1',
    kind: 'ModelDeployment',
    metadata: { name, namespace: 'default', uid },
    spec: SPEC,
  };
}

/** The status after this many transitions. */
function statusAfter(count: number, recordedSequence?: number, at = AT): ModelDeploymentStatus {
  const transitions = Array.from({ length: count }, (_, index): Transition => {
    const sequence = index + 1;
    return { sequence, at, reason: 'WeightRaised', message: `transition ${sequence}`, phase: 'Canary' };
  });
  return { transitions: transitions.toReversed().slice(0, TRANSITIONS_LENGTH), recordedSequence };
}

class MemorySink implements AuditSink {
  readonly name;
  readonly records: AuditRecord[] = [];
  down: () => boolean = () => false;

  constructor(name: AuditSink['name'] = 'log') {
    this.name = name;
  }

  async write(record: AuditRecord): Promise<void> {
    await Promise.resolve();
    if (this.down()) throw new Error(`${this.name} is down`);
    this.records.push(record);
  }

  /** Sequence, or range of a gap, of each record. */
  get told(): (number | string)[] {
    return this.records.map((record) =>
      record.kind === 'gap' ? `${record.from}-${record.to}` : record.sequence,
    );
  }
}

function start(...sinks: readonly AuditSink[]) {
  const clock = new ManualClock();
  const recorded: string[] = [];
  const gaps: number[] = [];
  const notified: number[] = [];
  const trail = new AuditTrail({
    sinks,
    clock,
    logger,
    onRecorded: (name) => recorded.push(name),
    onTaken: (_object, { sequence }) => notified.push(sequence),
    onGap: (_sink, transitions) => gaps.push(transitions),
  });
  return { clock, trail, recorded, gaps, notified };
}

function sequenceOf(trail: AuditTrail, name = 'loan'): number | undefined {
  return trail.acknowledged(object(name)).recordedSequence;
}

/** From the first to the last, both included. */
function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

describe('the audit trail', () => {
  test('writes each transition once and in order, and says up to where', async () => {
    const sink = new MemorySink();
    const { clock, trail, recorded } = start(sink);
    trail.take(object(), statusAfter(2));
    trail.take(object(), statusAfter(5));
    trail.take(object(), statusAfter(5));
    await passBackoffs(clock, 'all is written', () => sink.records.length === 5);
    expect(sink.told).toEqual([1, 2, 3, 4, 5]);
    expect(sink.records[0]).toEqual({
      kind: 'transition',
      schemaVersion: 1,
      namespace: 'default',
      name: 'loan',
      uid: 'uid-loan',
      model: SPEC.model,
      sequence: 1,
      at: AT,
      reason: 'WeightRaised',
      message: 'transition 1',
      phase: 'Canary',
    });
    expect(sequenceOf(trail)).toBe(5);
    expect(recorded).toEqual(['loan']);
  });

  test('goes on after what was recorded, if another leader wrote the status', async () => {
    const sink = new MemorySink();
    const { clock, trail } = start(sink);
    trail.take(object(), statusAfter(7, 4));
    await passBackoffs(clock, 'all is written', () => sink.records.length === 3);
    expect(sink.told).toEqual([5, 6, 7]);
  });

  test('tells a gap if the status holds fewer transitions than were not recorded', async () => {
    const sink = new MemorySink();
    const { clock, trail, gaps } = start(sink);
    trail.take(object(), statusAfter(50, 5));
    await passBackoffs(clock, 'all is written', () => sequenceOf(trail) === 50);
    expect(sink.told.slice(0, 3)).toEqual(['6-20', 21, 22]);
    expect(gaps).toEqual([15]);
  });

  test('waits with the acknowledgement for the slowest sink, and holds no other', async () => {
    const [log, bucket] = [new MemorySink(), new MemorySink('bucket')];
    bucket.down = () => true;
    const { clock, trail } = start(log, bucket);
    trail.take(object(), statusAfter(3));
    await passBackoffs(clock, 'the log has them', () => log.records.length === 3);
    expect(trail.acknowledged(object())).toEqual({ recorded: { log: 3, bucket: 0 } });
    expect(trail.depth('bucket')).toBe(3);
    bucket.down = () => false;
    await passBackoffs(clock, 'the bucket has them', () => bucket.records.length === 3);
    expect(trail.acknowledged(object())).toEqual({ recordedSequence: 3, recorded: { log: 3, bucket: 3 } });
  });

  test('keeps a bounded number while a sink is down, and tells what it left out', async () => {
    const sink = new MemorySink('stream');
    sink.down = () => true;
    const { clock, trail } = start(sink);
    const count = LANE_LENGTH + 200;
    for (let sequence = 1; sequence <= count; sequence++) trail.take(object(), statusAfter(sequence));
    expect(trail.depth('stream')).toBeLessThanOrEqual(LANE_LENGTH + 1);
    sink.down = () => false;
    await passBackoffs(clock, 'all is told', () => sequenceOf(trail) === count);
    expect(sink.told.slice(0, 3)).toEqual([1, '2-201', 202]);
    expect(sink.told.at(-1)).toBe(count);
  });

  test('writes what waits of a ModelDeployment that is gone', async () => {
    const sink = new MemorySink();
    sink.down = () => true;
    const { clock, trail } = start(sink);
    trail.take(object(), statusAfter(2));
    trail.forget('loan');
    trail.take(object('loan', 'another'), statusAfter(1));
    sink.down = () => false;
    await passBackoffs(clock, 'all is written', () => sink.records.length === 3);
    expect(sink.records.map(({ uid }) => uid)).toEqual(['uid-loan', 'uid-loan', 'another']);
  });

  test('writes what waits of a ModelDeployment that is gone once more at its end, and only that', async () => {
    const sink = new MemorySink();
    sink.down = () => true;
    const { trail } = start(sink);
    trail.take(object('living'), statusAfter(3));
    trail.take(object(), statusAfter(2));
    trail.forget('loan');
    await new Promise((resolve) => setImmediate(resolve));
    sink.down = () => false;
    await trail.stop();
    expect(sink.records.map(({ name }) => name)).toEqual(['living', 'loan', 'loan']);
  });

  test('ends after three seconds, whatever waits of a ModelDeployment that is gone', async () => {
    const sink = new MemorySink();
    sink.down = () => true;
    const { clock, trail } = start(sink);
    trail.take(object(), statusAfter(2));
    trail.forget('loan');
    let ended = false;
    const begin = clock.monotonic();
    const stopped = trail.stop().then(() => (ended = true));
    await passBackoffs(clock, 'the end', () => ended, 3_001);
    await stopped;
    expect(clock.monotonic() - begin).toBeLessThanOrEqual(3_000);
  });

  test.each(['log', 'bucket'] as const)('ends although the sink %s never answers', async (name) => {
    const { trail } = start({ name, write: () => new Promise(() => {}) });
    trail.take(object(), statusAfter(2));
    await new Promise((resolve) => setImmediate(resolve));
    await trail.stop();
    expect(sequenceOf(trail)).toBeUndefined();
  });

  test('tries a write again that never ends', async () => {
    const sink = new MemorySink('stream');
    const [clock, results] = [new ManualClock(), [] as string[]];
    const write = (record: AuditRecord) =>
      results.length === 0 ? new Promise<void>(() => {}) : sink.write(record);
    const lane = new SinkLane({
      sink: { name: 'stream', write },
      clock,
      logger,
      onKept: () => {},
      onWrite: (result) => results.push(result),
      onGap: () => {},
      writeMilliseconds: 5,
    });
    const source = { schemaVersion: 1, namespace: 'default', name: 'loan', uid: 'u', model: 'm' } as const;
    const transition = { sequence: 1, at: AT, reason: 'Promoted', message: '', phase: 'Soaking' } as const;
    lane.add({ kind: 'transition', ...source, ...transition });
    await passBackoffs(clock, 'it is written', () => sink.told.length === 1);
    expect(results).toEqual(['error', 'success']);
  });

  test('takes transitions that an older copy of etcd counts anew', async () => {
    const sink = new MemorySink();
    const { clock, trail } = start(sink);
    trail.take(object(), statusAfter(5));
    await passBackoffs(clock, 'all is written', () => sink.records.length === 5);
    trail.take(object(), statusAfter(4, 3, '2026-01-02T00:00:00.000Z'));
    await passBackoffs(clock, 'the other is written', () => sink.records.length === 6);
    expect(sink.records.at(-1)).toMatchObject({ sequence: 4, at: '2026-01-02T00:00:00.000Z' });
  });

  test('takes nothing from the other sinks while one refuses for ever, and tells people no transition again', async () => {
    const [log, stream, bucket] = [new MemorySink(), new MemorySink('stream'), new MemorySink('bucket')];
    bucket.down = () => true;
    const first = start(log, stream, bucket);
    for (let sequence = 1; sequence <= 50; sequence++) first.trail.take(object(), statusAfter(sequence));
    await passBackoffs(first.clock, 'both have them', () => stream.records.length === 50);
    const status = { ...statusAfter(50), ...first.trail.acknowledged(object()) };
    await first.trail.stop();
    const second = start(log, stream, bucket);
    second.trail.take(object(), status);
    second.trail.take(object(), { ...status, transitions: statusAfter(51).transitions });
    await passBackoffs(second.clock, 'both have the next', () => stream.records.length > 50);
    expect([log.told, stream.told]).toEqual([range(1, 51), range(1, 51)]);
    expect([...first.notified, ...second.notified]).toEqual(range(1, 51));
    bucket.down = () => false;
    await passBackoffs(second.clock, 'the bucket has them', () => sequenceOf(second.trail) === 51);
    expect(bucket.told).toEqual(['1-20', ...range(21, 51)]);
    expect(bucket.records[0]).toMatchObject({
      reason:
        'the status held 30 transitions, and the sink bucket acknowledged none of these before; another sink may have them',
    });
    expect(second.gaps).toEqual([20]);
  });

  test('begins a sink that is set later with the next transition', async () => {
    const [log, stream] = [new MemorySink(), new MemorySink('stream')];
    const { clock, trail, gaps } = start(log, stream);
    trail.take(object(), { ...statusAfter(50, 50), recorded: { log: 50 } });
    trail.take(object(), { ...statusAfter(51, 50), recorded: { log: 50 } });
    await passBackoffs(clock, 'both have the next', () => sequenceOf(trail) === 51);
    expect([log.told, stream.told, gaps]).toEqual([[51], [51], []]);
  });

  test('remembers where a sink stood that is not set at present', async () => {
    const status = { ...statusAfter(9, 9), recorded: { log: 9, bucket: 4 } };
    const without = start(new MemorySink());
    without.trail.take(object(), status);
    expect(without.trail.acknowledged({ ...object(), status })).toEqual({
      recordedSequence: 9,
      recorded: { log: 9, bucket: 4 },
    });
    const bucket = new MemorySink('bucket');
    const { clock, trail, notified } = start(new MemorySink(), bucket);
    trail.take(object(), status);
    await passBackoffs(clock, 'the bucket has them', () => bucket.records.length === 5);
    expect([bucket.told, notified]).toEqual([range(5, 9), []]);
  });
});

test('whatever fails and whoever leads, every sink has every transition of each object, the first copies in order', async () => {
  const step = fc.record({
    name: fc.constantFrom('a', 'b'),
    transitions: fc.integer({ min: 0, max: 4 }),
    crash: fc.boolean(),
    fails: fc.array(fc.boolean(), { maxLength: 6 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
      const failures: boolean[] = [];
      const sinks = [new MemorySink(), new MemorySink('bucket')];
      for (const sink of sinks) sink.down = () => failures.shift() ?? false;
      const counts = new Map<string, number>();
      const recorded = new Map<string, ReturnType<AuditTrail['acknowledged']>>();
      const stored = (name: string): ModelDeploymentStatus => ({
        ...statusAfter(counts.get(name) ?? 0),
        ...recorded.get(name),
      });
      let { trail, clock } = start(...sinks);
      for (const { name, transitions, crash, fails } of steps) {
        failures.push(...fails);
        counts.set(name, (counts.get(name) ?? 0) + transitions);
        trail.take(object(name), stored(name));
        await new Promise((resolve) => setImmediate(resolve));
        recorded.set(name, trail.acknowledged({ ...object(name), status: stored(name) }));
        if (!crash) continue;
        await trail.stop();
        ({ trail, clock } = start(...sinks));
      }
      for (const [name, count] of counts) {
        trail.take(object(name), stored(name));
        await passBackoffs(clock, 'all is written', () => {
          const known = sequenceOf(trail, name) ?? 0;
          return known === count;
        });
        for (const sink of sinks) {
          const told = sink.records.filter((record) => record.name === name);
          const first = new Set(told.map((record) => (record.kind === 'gap' ? 0 : record.sequence)));
          expect([...first]).toEqual(Array.from({ length: count }, (_, index) => index + 1));
        }
      }
    }),
    { numRuns: 100 },
  );
});

test('a sink that works has every transition once and without a gap, whatever another refuses and whoever leads', async () => {
  const step = fc.record({ transitions: fc.integer({ min: 0, max: 45 }), crash: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const [log, bucket] = [new MemorySink(), new MemorySink('bucket')];
      bucket.down = () => true;
      let [count, present] = [0, start(log, bucket)];
      let acknowledged: ReturnType<AuditTrail['acknowledged']> = {};
      const notified: number[] = [];
      for (const { transitions, crash } of steps) {
        for (let more = 0; more < transitions; more++)
          present.trail.take(object(), { ...statusAfter(++count), ...acknowledged });
        await passBackoffs(present.clock, 'the log has them', () => log.records.length === count);
        acknowledged = present.trail.acknowledged({ ...object(), status: acknowledged });
        if (!crash) continue;
        await present.trail.stop();
        notified.push(...present.notified);
        present = start(log, bucket);
      }
      await present.trail.stop();
      expect(log.told).toEqual(range(1, count));
      expect([...notified, ...present.notified]).toEqual(range(1, count));
    }),
    { numRuns: 25 },
  );
});
