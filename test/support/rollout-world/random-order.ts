import fc from 'fast-check';
import { REQUEST_ANNOTATIONS } from '../../../services/shared/agreements/request-annotations.ts';
import { RolloutWorld } from '../rollout-world.ts';
import { calm, type Disturbance, disturb } from './disturbance.ts';
import type { Flaw } from './flaw.ts';
import { wrongRecord } from './recorded-transitions.ts';
import { Watch } from './watch.ts';

/** A disturbance, and the number of calls by the operator between it and the previous disturbance. */
interface Moment {
  readonly calls: number;
  readonly disturbance: Disturbance;
}

/** What happens in one world. */
export interface RandomOrder {
  /** Flaw of each version. */
  readonly flaws: ReadonlyMap<string, Flaw>;
  readonly moments: readonly Moment[];
}

const VERSIONS = ['1', '2', '3', '4', '5'] as const;
const MOMENTS = 25;
const STEPS = 3_000;
const LOOKS = 10;
const RECORDS_UNTIL_FAILURE = 5;
/** Simulated time in which the last troubles stay. */
const ENDURE_MILLISECONDS = 180_000;
/** An operator in a suspended rollout makes no calls, so no later disturbance would come. */
const STEPS_SUSPENDED = 10;

const version = fc.constantFrom(...VERSIONS);
const on = fc.boolean();
const status = fc.constantFrom(403 as const, 422 as const, undefined);
const jump = fc.constantFrom(-3600, -5, 5, 3600);

/** Troubles of MLflow, Prometheus and the operator itself. */
const outside: readonly fc.WeightedArbitrary<Disturbance>[] = [
  { weight: 8, arbitrary: version.map((to) => ({ what: 'alias', version: to })) },
  { weight: 2, arbitrary: fc.constant({ what: 'alias', version: undefined }) },
  {
    weight: 10,
    arbitrary: fc.constantFrom(
      { what: 'crash' },
      { what: 'touched' },
      { what: 'pod replaced' },
      { what: 'retry', version: undefined },
    ),
  },
  { weight: 2, arbitrary: on.map((on) => ({ what: 'suspended', on })) },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom('answers' as const, 'unreachable' as const, 'hangs' as const, 'refuses' as const)
      .map((mode) => ({ what: 'registry', mode })),
  },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom('answers' as const, 'unreachable' as const, 'hangs' as const, 'refuses' as const)
      .map((mode) => ({ what: 'prometheus', mode })),
  },
];

/** Troubles in the cluster. */
const inside: readonly fc.WeightedArbitrary<Disturbance>[] = [
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constant('denied' as const),
      call: fc.constantFrom('pin', 'create job', 'delete job', 'status', 'pods'),
      status,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constantFrom(
        'metadata is busy',
        'pods are replaced for ever',
        'paused',
        'scaled to zero',
        'pin war',
        'frozen',
        'held',
      ),
      on,
    }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('object deleted' as const), on }) },
  {
    weight: 1,
    arbitrary: fc.record({
      what: fc.constant('pin overwritten' as const),
      version: fc.constantFrom('1', undefined),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      { what: 'container renamed' },
      { what: 'container name corrected' },
      { what: 'Deployment made anew' },
    ),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant('clock jumps' as const),
      machine: fc.constantFrom('operator' as const, 'API server' as const),
      seconds: jump,
    }),
  },
  { weight: 1, arbitrary: version.map((version) => ({ what: 'retry', version })) },
  { weight: 1, arbitrary: version.map((version) => ({ what: 'abort', version })) },
  { weight: 1, arbitrary: fc.constant({ what: 'retry removed' }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      { what: 'model made anew' },
      { what: 'registry moved', host: 'mlflow' },
      { what: 'registry moved', host: 'other' },
    ),
  },
];

/** Orders of up to 25 disturbances. @param flaws possible flaws of each version */
export function randomOrders(flaws: Readonly<Record<string, readonly Flaw[]>>): fc.Arbitrary<RandomOrder> {
  const moment = fc.record({
    calls: fc.integer({ min: 1, max: 40 }),
    disturbance: fc.oneof(...outside, ...inside),
  });
  return fc.record({
    flaws: fc
      .record(
        Object.fromEntries(Object.entries(flaws).map(([key, values]) => [key, fc.constantFrom(...values)])),
      )
      .map((record) => new Map(Object.entries(record))),
    moments: fc.array(moment, { maxLength: MOMENTS }),
  });
}

/**
 * Plays an order, lets the last troubles last for some minutes, then ends them and waits until everything settles.
 * @param first version that is stable before the order begins
 * @throws Error with the violations
 */
export async function play(order: RandomOrder, first?: string): Promise<RolloutWorld> {
  const world = new RolloutWorld();
  world.watchesCluster = true;
  let records = 0;
  world.auditFails = () => ++records % RECORDS_UNTIL_FAILURE === 0;
  const watch = new Watch(world);
  for (const [number, flaw] of order.flaws) world.flaws.set(number, flaw);
  if (first !== undefined) await world.promote(first);
  const happened: Disturbance[] = [];
  let next = 0;
  let calls = 0;
  world.onCall = () => {
    const moment = order.moments[next];
    if (moment === undefined || ++calls < moment.calls) return;
    calls = 0;
    next++;
    happened.push(moment.disturbance);
    watch.disturbed(moment.disturbance);
    disturb(world, moment.disturbance, next);
  };
  const step = async () => {
    happened.length = 0;
    watch.stepping();
    await world.step();
    watch.stepped(happened);
    if (watch.violations.length > 0) throw new Error(watch.violations.join('\n'));
  };
  for (let count = 0; next < order.moments.length && count < STEPS; count++) {
    await step();
    if (count % STEPS_SUSPENDED !== STEPS_SUSPENDED - 1) continue;
    if (world.modelDeployment().spec.suspend) world.edit({ suspend: false });
    world.recreateObject();
  }
  const end = world.clock.now() + ENDURE_MILLISECONDS;
  for (let count = 0; world.clock.now() < end && count < STEPS; count++) await step();
  calm(world);
  await step();
  await settle(world, step);
  if (world.status.failed !== undefined && world.alias !== undefined) {
    const disturbance: Disturbance = { what: 'retry', version: world.alias };
    watch.disturbed(disturbance);
    world.annotate(REQUEST_ANNOTATIONS.retry, `${world.alias} after all`);
    // The operator may have to read the alias first.
    for (let look = 0; look < LOOKS && world.settled; look++) await step();
    await settle(world, step);
  }
  for (let look = 0; look < LOOKS; look++) await step();
  const wrong = wrongRecord(world.audit, world.modelDeployment().metadata.uid, world.status);
  if (wrong !== undefined) throw new Error(`${wrong}; ${JSON.stringify(world.status)}`);
  if (!world.settled) throw new Error(`does not stay settled; ${JSON.stringify(world.status)}`);
  return world;
}

async function settle(world: RolloutWorld, step: () => Promise<void>): Promise<void> {
  for (let count = 0; !world.settled; count++) {
    if (count === STEPS) throw new Error(`does not settle; ${JSON.stringify(world.status)}`);
    await step();
  }
}
