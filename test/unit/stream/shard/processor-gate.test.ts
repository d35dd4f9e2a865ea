import { describe, expect, test } from '@jest/globals';
import { ProcessorGate } from '../../../../services/stream/shard/processor-gate.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const { signal } = new AbortController();
const turn = () => new Promise(setImmediate);

/** Work that begins and ends when the test says so, and what has begun so far. */
function world() {
  const clock = new ManualClock();
  const gate = new ProcessorGate(clock);
  const begun: string[] = [];
  const work = (name: string) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const run = (isAlone?: boolean) => {
      begun.push(isAlone === false ? `${name}, not alone` : name);
      return promise;
    };
    return { run, end: resolve };
  };
  return { clock, gate, begun, work };
}

describe('processor gate', () => {
  test('batches run side by side', async () => {
    const { gate, begun, work } = world();
    void gate.besideOthers(work('a').run, signal);
    void gate.besideOthers(work('b').run, signal);
    await turn();
    expect(begun).toEqual(['a', 'b']);
  });

  test('a suspect waits for the batches inside, and no batch begins before the suspect has left', async () => {
    const { gate, begun, work } = world();
    const [a, suspect] = [work('a'), work('suspect')];
    const first = gate.besideOthers(a.run, signal);
    const alone = gate.alone(suspect.run, signal);
    void gate.besideOthers(work('b').run, signal);
    await turn();
    expect(begun).toEqual(['a']);
    a.end();
    await first;
    await turn();
    expect(begun).toEqual(['a', 'suspect']);
    suspect.end();
    await alone;
    await turn();
    expect(begun).toEqual(['a', 'suspect', 'b']);
  });

  test('two suspects run one after the other, and the batches that waited get their turn', async () => {
    const { gate, begun, work } = world();
    const [one, two] = [work('one'), work('two')];
    const first = gate.alone(one.run, signal);
    void gate.besideOthers(work('batch').run, signal);
    void gate.alone(two.run, signal);
    one.end();
    await first;
    await turn();
    expect(begun).toEqual(['one', 'batch']);
  });

  test('a batch that hangs holds no suspect for ever, and is waited for once', async () => {
    const { clock, gate, begun, work } = world();
    const hanging = work('hanging');
    const hung = gate.besideOthers(hanging.run, signal);
    const [one, two, three] = [work('one'), work('two'), work('three')];
    const first = gate.alone(one.run, signal);
    await turn();
    clock.advance(5_000);
    one.end();
    await first;
    two.end();
    await gate.alone(two.run, signal);
    expect(begun).toEqual(['hanging', 'one, not alone', 'two, not alone']);
    hanging.end();
    await hung;
    three.end();
    await gate.alone(three.run, signal);
    expect(begun.at(-1)).toBe('three');
  });

  test('work that fails leaves the gate open', async () => {
    const { gate, begun, work } = world();
    const fail = () => Promise.reject(new Error('no model'));
    await expect(gate.alone(fail, signal)).rejects.toThrow('no model');
    await expect(gate.besideOthers(fail, signal)).rejects.toThrow('no model');
    void gate.alone(work('next').run, signal);
    await turn();
    expect(begun).toEqual(['next']);
  });

  test('a suspect that waits does not begin once its lease is lost, and keeps nobody out', async () => {
    const { gate, begun, work } = world();
    const lost = new AbortController();
    void gate.besideOthers(work('a').run, signal);
    const alone = gate.alone(work('suspect').run, lost.signal);
    await turn();
    lost.abort(new Error('lost'));
    await expect(alone).rejects.toThrow('lost');
    void gate.besideOthers(work('b').run, signal);
    await turn();
    expect(begun).toEqual(['a', 'b']);
  });
});
