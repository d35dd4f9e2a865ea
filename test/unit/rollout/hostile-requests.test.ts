import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isRestoring } from '../../../operators/rollout/decision/restoration.ts';
import {
  REQUEST_ANNOTATIONS,
  REQUESTED_BY,
  type Request,
} from '../../../services/shared/agreements/request-annotations.ts';
import { type ModelDeploymentSpec, specSchema } from '../../../services/shared/model-deployment/spec.ts';
import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import type { Statement } from '../../../services/shared/statements/statement.ts';
import { propertyCases } from '../../support/property-cases.ts';
import { digestOf, RolloutWorld, SPEC } from '../../support/rollout-world.ts';
import { signingPerson } from '../../support/signing-person.ts';

const PEOPLE = ['alice', 'bob'].map((name) => signingPerson(name, 'ed25519'));
const VERSIONS = ['1', '2', '3'] as const;
const REQUESTS = Object.keys(REQUEST_ANNOTATIONS) as Request[];
/** A fixed seed makes a run repeatable. */
const SEED = 156057003;
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

type Deed =
  | { readonly what: 'alias'; readonly version: string | undefined }
  | { readonly what: 'request'; readonly request: Request; readonly value: string | undefined }
  | { readonly what: 'statement'; readonly statement: Partial<Statement>; readonly signer: number }
  | { readonly what: 'spec'; readonly spec: Partial<ModelDeploymentSpec> }
  | { readonly what: 'crash' | 'sink down' | 'sink back' | 'an hour passes' | 'deleted and made anew' };

const version = fc.constantFrom(...VERSIONS);
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'binary', minLength: 900, maxLength: 1_200 }),
);
const words = fc.constantFrom('', ':10', ':50', ' looks good', '\u202e\n<!here>', ', again');
const value = fc.oneof(
  fc.tuple(version, words).map((parts) => parts.join('')),
  fc.tuple(fc.constantFrom('previous', '1 ', '2 ', '3 '), text).map((parts) => parts.join(' ')),
  text,
  fc.constant(undefined),
);
const line = (maxLength: number) =>
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength })
    .map((any) => any.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]/gu, '') || 'x');
const statement: fc.Arbitrary<Partial<Statement>> = fc.record(
  {
    version,
    actor: line(60),
    reason: line(400),
    weightPercent: fc.constantFrom(10, 50),
  },
  { requiredKeys: ['version', 'actor', 'reason'] },
);

const ALWAYS = { timeZone: 'UTC', freezes: [{ from: '0001-01-01T00:00', to: '9999-12-31T23:59' }] };
const canaryOf = (first: object) =>
  specSchema.parse({
    ...SPEC,
    canary: {
      ...SPEC.canary,
      steps: [{ weightPercent: 10, minimumSamples: 50, ...first }, { weightPercent: 50 }],
    },
  }).canary;
const SPECS: readonly Partial<ModelDeploymentSpec>[] = [
  { windows: ALWAYS },
  { windows: { timeZone: 'Europe/Berlin', allowed: [{ from: '02:00', to: '03:00' }] } },
  { windows: undefined },
  { canary: canaryOf({ pause: {} }) },
  { canary: canaryOf({ pause: { durationSeconds: 120 }, minimumDurationSeconds: 90 }) },
  { canary: canaryOf({}) },
  { suspend: true },
  { suspend: false },
];

const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 5, arbitrary: version.map((to) => ({ what: 'alias' as const, version: to })) },
  { weight: 1, arbitrary: fc.constant({ what: 'alias' as const, version: undefined }) },
  {
    weight: 8,
    arbitrary: fc.record({
      what: fc.constant('request' as const),
      request: fc.constantFrom(...REQUESTS),
      value,
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ what: fc.constant('statement' as const), statement, signer: fc.nat({ max: 1 }) }),
  },
  { weight: 3, arbitrary: fc.constantFrom(...SPECS).map((spec) => ({ what: 'spec' as const, spec })) },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom(
        ...(['crash', 'sink down', 'sink back', 'an hour passes', 'deleted and made anew'] as const),
      )
      .map((what) => ({ what })),
  },
);
/** Deeds without a look between them happen at once. */
const moments = fc.array(fc.record({ deed, steps: fc.constantFrom(0, 0, 1, 2, 5, 15) }), { maxLength: 20 });

/** A world in which each stored status is checked against what people asked for. */
class HostileWorld {
  readonly world: RolloutWorld;
  readonly violations = new Set<string>();
  readonly #authors = new Map<Request, string>();
  #paused = false;
  #number = 0;

  constructor() {
    const { approval } = specSchema.parse({
      ...SPEC,
      approval: { required: 1, publicKeys: { configMap: 'promotion-keys' } },
    });
    this.world = new RolloutWorld({ approval, shadow: undefined });
    this.world.keys = { kind: 'read', keys: PEOPLE.map(({ key }) => key), faults: [] };
    this.world.registry.digestOf = (version) => digestOf(version);
    this.world.onStatus = (before, after) => this.#stored(before, after);
  }

  /** Version 1 serves, and version 2 is in its canary. */
  async begin(): Promise<void> {
    this.do({ what: 'alias', version: '1' });
    await this.world.until('version 1 serves', () => this.world.settled);
    this.do({ what: 'alias', version: '2' });
    await this.world.until('the canary', () => this.world.status.candidate?.weightPercent === 10);
  }

  do(deed: Deed): void {
    const { world } = this;
    switch (deed.what) {
      case 'alias':
        world.alias = deed.version;
        if (deed.version !== undefined) this.#sign({ version: deed.version, reason: `${this.#number++}` }, 0);
        break;
      case 'request':
        this.#ask(deed.request, deed.value);
        break;
      case 'statement':
        this.#sign(deed.statement, deed.signer);
        break;
      case 'spec':
        world.edit(deed.spec);
        break;
      case 'crash':
        world.restart();
        break;
      case 'an hour passes':
        world.clock.advance(3_600_000);
        break;
      case 'deleted and made anew':
        world.deleteObject();
        this.#authors.clear();
        this.#paused = false;
        world.recreateObject();
        break;
      default:
        world.auditFails = () => deed.what === 'sink down';
    }
  }

  clear(): void {
    for (const request of REQUESTS) this.#ask(request, undefined);
    this.#paused = false;
    this.world.edit({ windows: undefined, canary: canaryOf({}), suspend: false });
    this.world.auditFails = () => false;
  }

  async step(): Promise<void> {
    // What is set now was set before the look.
    this.#paused =
      this.world.modelDeployment().metadata.annotations?.[REQUEST_ANNOTATIONS.pause] !== undefined;
    await this.world.step();
  }

  #ask(request: Request, value: string | undefined): void {
    const { [REQUEST_ANNOTATIONS[request]]: _, ...others } =
      this.world.modelDeployment().metadata.annotations ?? {};
    const author = `person ${this.#number++}`;
    const asked = value === undefined ? {} : { [REQUEST_ANNOTATIONS[request]]: value };
    this.world.mark({ annotations: { ...others, ...asked, [REQUESTED_BY[request]]: author } });
    this.#authors.set(request, author);
  }

  #sign(change: Partial<Statement>, signer: number): void {
    const { version = '1', weightPercent } = change;
    const person = PEOPLE[signer];
    if (person === undefined) return;
    const { key, value } = person.sign({
      kind: weightPercent === undefined ? 'promote' : 'approve-step',
      model: SPEC.model,
      digest: digestOf(version),
      alias: SPEC.registry.alias,
      actor: 'x',
      reason: 'x',
      at: new Date(this.world.serverNow()).toISOString(),
      version,
      ...change,
    });
    this.world.registry.tag(version, key, value);
  }

  #stored(before: ModelDeploymentStatus, after: ModelDeploymentStatus): void {
    const { conditions = [], transitions = [], failed } = after;
    for (const { message } of [...conditions, ...transitions, ...(failed ? [failed] : [])]) {
      if (UNPRINTABLE.test(message)) this.violations.add(`not printable: ${message}`);
      if (message.includes('left out')) this.violations.add(message);
    }
    for (const [index, { sequence }] of transitions.entries())
      if (sequence !== (transitions[0]?.sequence ?? 0) - index) this.violations.add(`a hole at ${sequence}`);
    const weight = (status: ModelDeploymentStatus) => status.candidate?.weightPercent ?? 0;
    const same = before.candidate?.version === after.candidate?.version && !isRestoring(after);
    const rises = same && weight(after) > weight(before) && before.phase !== 'Promoting';
    if (this.#paused && rises)
      this.violations.add(`the weight rose in a pause to ${weight(after)} in ${after.phase}`);
    const known = before.transitions?.[0]?.sequence ?? 0;
    for (const { sequence, reason, by } of transitions) {
      if (sequence <= known) continue;
      const request = REQUEST_OF[reason];
      const author = request && this.#authors.get(request);
      if (author !== undefined && by !== author) this.violations.add(`${reason} by ${by}, not ${author}`);
    }
  }
}

const REQUEST_OF: Readonly<Record<string, Request>> = {
  PausedByRequest: 'pause',
  AbortRequested: 'abort',
  AbortIgnored: 'abort',
  RollbackRequested: 'rollback',
  StepApproved: 'approveStep',
  Retried: 'retry',
};

async function play(
  order: readonly { readonly deed: Deed; readonly steps: number }[],
): Promise<HostileWorld> {
  const hostile = new HostileWorld();
  await hostile.begin();
  for (const { deed, steps } of order) {
    hostile.do(deed);
    for (let step = 0; step < steps; step++) await hostile.step();
  }
  return hostile;
}

test('whatever people write into requests, statements and the spec, the record is whole and names them', async () => {
  await fc.assert(
    fc.asyncProperty(moments, async (order) => {
      const hostile = await play(order);
      const { world } = hostile;
      hostile.clear();
      // An object that was made anew counts no statement from before its first status.
      for (let step = 0; step < 3; step++) await world.step();
      world.alias = '4';
      world.clock.advance(1_000);
      hostile.do({ what: 'statement', statement: { version: '4' }, signer: 0 });
      await world.until('version 4 serves', () => world.status.stable?.version === '4');
      await world.until('all is recorded', () => world.isRecorded);
      expect([...hostile.violations]).toEqual([]);
      const uid = world.modelDeployment().metadata.uid;
      const told = world.audit.filter((record) => record.uid === uid);
      const numbers = new Set(told.map((record) => (record.kind === 'gap' ? record.to : record.sequence)));
      expect([...numbers]).toEqual([...numbers].toSorted((a, b) => a - b));
    }),
    { seed: SEED, numRuns: propertyCases(30) },
  );
}, 240_000);
