import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AuditSink } from '../../../../operators/rollout/record/audit-sink.ts';
import { AuditTrail } from '../../../../operators/rollout/record/audit-trail.ts';
import { LANE_LENGTH } from '../../../../operators/rollout/record/sink-lane.ts';
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
  const trail = new AuditTrail({
    sinks,
    clock,
    logger,
    onRecorded: (name) => recorded.push(name),
    onGap: (_sink, transitions) => gaps.push(transitions),
  });
  return { clock, trail, recorded, gaps };
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
    expect(trail.recordedSequence(object().metadata)).toBe(5);
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
    await passBackoffs(clock, 'all is written', () => trail.recordedSequence(object().metadata) === 50);
    expect(sink.told.slice(0, 3)).toEqual(['6-20', 21, 22]);
    expect(gaps).toEqual([15]);
  });

  test('waits with the acknowledgement for the slowest sink, and holds no other', async () => {
    const [log, bucket] = [new MemorySink(), new MemorySink('bucket')];
    bucket.down = () => true;
    const { clock, trail } = start(log, bucket);
    trail.take(object(), statusAfter(3));
    await passBackoffs(clock, 'the log has them', () => log.records.length === 3);
    expect(trail.recordedSequence(object().metadata)).toBe(0);
    expect(trail.depth('bucket')).toBe(3);
    bucket.down = () => false;
    await passBackoffs(clock, 'the bucket has them', () => bucket.records.length === 3);
    expect(trail.recordedSequence(object().metadata)).toBe(3);
  });

  test('keeps a bounded number while a sink is down, and tells what it left out', async () => {
    const sink = new MemorySink('stream');
    sink.down = () => true;
    const { clock, trail } = start(sink);
    const count = LANE_LENGTH + 200;
    for (let sequence = 1; sequence <= count; sequence++) trail.take(object(), statusAfter(sequence));
    expect(trail.depth('stream')).toBeLessThanOrEqual(LANE_LENGTH + 1);
    sink.down = () => false;
    await passBackoffs(clock, 'all is told', () => trail.recordedSequence(object().metadata) === count);
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

  test('takes transitions that an older copy of etcd counts anew', async () => {
    const sink = new MemorySink();
    const { clock, trail } = start(sink);
    trail.take(object(), statusAfter(5));
    await passBackoffs(clock, 'all is written', () => sink.records.length === 5);
    trail.take(object(), statusAfter(4, 3, '2026-01-02T00:00:00.000Z'));
    await passBackoffs(clock, 'the other is written', () => sink.records.length === 6);
    expect(sink.records.at(-1)).toMatchObject({ sequence: 4, at: '2026-01-02T00:00:00.000Z' });
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
      const recorded = new Map<string, number>();
      let { trail, clock } = start(...sinks);
      for (const { name, transitions, crash, fails } of steps) {
        failures.push(...fails);
        counts.set(name, (counts.get(name) ?? 0) + transitions);
        trail.take(object(name), statusAfter(counts.get(name) ?? 0, recorded.get(name)));
        await new Promise((resolve) => setImmediate(resolve));
        recorded.set(name, trail.recordedSequence(object(name).metadata) ?? 0);
        if (!crash) continue;
        await trail.stop();
        ({ trail, clock } = start(...sinks));
      }
      for (const [name, count] of counts) {
        trail.take(object(name), statusAfter(count, recorded.get(name)));
        await passBackoffs(clock, 'all is written', () => {
          const known = trail.recordedSequence(object(name).metadata) ?? 0;
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
