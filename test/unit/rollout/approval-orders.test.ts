import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isRestoring } from '../../../operators/rollout/decision/restoration.ts';
import { specSchema } from '../../../services/shared/model-deployment/spec.ts';
import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import { readStatements, type Statement } from '../../../services/shared/statements/statement.ts';
import { propertyCases } from '../../support/property-cases.ts';
import { digestOf, RolloutWorld, SPEC } from '../../support/rollout-world.ts';
import { signingPerson } from '../../support/signing-person.ts';

const PEOPLE = ['alice', 'bob'].map((name) => signingPerson(name, 'ed25519'));
const ROBOT = signingPerson('training', 'ed25519');
const STRANGER = signingPerson('mallory', 'ed25519');
const VERSIONS = ['1', '2', '3'] as const;
const HOUR = 3_600_000;
/** For so long the operator may go on with keys that it has read: two intervals of the poll, and 30 s. */
const KEYS_KNOWN_MILLISECONDS = 50_000;

type Deed =
  | { readonly what: 'alias'; readonly version: string | undefined }
  | { readonly what: 'statement'; readonly version: string; readonly signer: number; readonly change: number }
  | { readonly what: 'rejection'; readonly version: string; readonly signer: number }
  | { readonly what: 'retry' | 'copies and junk'; readonly version: string }
  | { readonly what: 'crash' | 'keys gone' | 'keys back' | 'MLflow away' | 'MLflow back' | 'a day passes' }
  | { readonly what: 'object made anew' | 'model made anew' | 'a key leaves' | 'suspend' | 'resume' };

const SIGNERS = [...PEOPLE, ROBOT, STRANGER];
/** Only the first makes a good statement. */
const CHANGES: readonly ((statement: Statement) => Statement)[] = [
  (statement) => statement,
  (statement) => ({ ...statement, digest: digestOf('9') }),
  (statement) => ({ ...statement, alias: 'other' }),
  (statement) => ({ ...statement, at: '2020-01-01T00:00:00Z' }),
  (statement) => ({ ...statement, at: '2090-01-01T00:00:00Z' }),
];

const version = fc.constantFrom(...VERSIONS);
const signer = fc.nat({ max: SIGNERS.length - 1 });
const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 6, arbitrary: version.map((to) => ({ what: 'alias' as const, version: to })) },
  { weight: 1, arbitrary: fc.constant({ what: 'alias' as const, version: undefined }) },
  {
    weight: 8,
    arbitrary: fc.record({
      what: fc.constant('statement' as const),
      version,
      signer,
      change: fc.oneof(fc.constant(0), fc.nat({ max: CHANGES.length - 1 })),
    }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('rejection' as const), version, signer }) },
  { weight: 1, arbitrary: version.map((to) => ({ what: 'retry' as const, version: to })) },
  { weight: 1, arbitrary: version.map((to) => ({ what: 'copies and junk' as const, version: to })) },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom(
        ...['crash', 'keys gone', 'keys back', 'MLflow away', 'MLflow back', 'a day passes'],
        ...['object made anew', 'model made anew', 'a key leaves', 'suspend', 'resume'],
      )
      .map((what) => ({ what }) as Deed),
  },
);
const moments = fc.array(
  fc.record({
    deed,
    steps: fc.oneof({ weight: 5, arbitrary: fc.nat({ max: 12 }) }, { weight: 1, arbitrary: fc.constant(40) }),
  }),
  {
    maxLength: 30,
  },
);

/** A world in which every pod and every status is checked against the statements that were really signed. */
class ApprovedWorld {
  readonly world: RolloutWorld;
  readonly violations: string[] = [];
  readonly #required: number;
  /** Key and version of each good statement, by its hash. */
  readonly #good = new Map<
    string,
    { readonly signer: string; readonly version: string; readonly at: number }
  >();
  readonly #used = new Set<string>();
  /** When each version last left service or was refused, whatever the status still knows of it. */
  readonly #ended = new Map<string, number>();
  /** When the key of the first person was taken out. Undefined while it is trusted. */
  #leftAt: number | undefined;
  /** When an object that served was deleted. */
  #remadeAt = 0;
  readonly #approved = new Set<string>();
  #signed = 0;

  constructor(required: number) {
    this.#required = required;
    const publicKeys = { configMap: 'promotion-keys' };
    const { approval } = specSchema.parse({
      ...SPEC,
      approval: { required, publicKeys, automatedKeys: ['training'] },
    });
    this.world = new RolloutWorld({ approval });
    // The same files get the same digest again.
    this.world.registry.digestOf = (version) => digestOf(version);
    this.#trust();
    this.world.onStatus = (before, after) => this.#stored(before, after);
  }

  do(deed: Deed): void {
    const { world } = this;
    switch (deed.what) {
      case 'alias':
        world.alias = deed.version;
        break;
      case 'statement':
        this.#sign(deed.version, deed.signer, deed.change);
        break;
      case 'rejection':
        this.#sign(deed.version, deed.signer, 0, 'reject');
        break;
      case 'retry':
        world.annotate('serving.loan-eligibility.dev/retry', `${deed.version}-${this.#signed++}`);
        break;
      case 'copies and junk':
        for (const value of Object.values(world.registry.tags.get(deed.version) ?? {}))
          world.registry.tag(deed.version, `statement.0${this.#signed++}`, value);
        for (let junk = 0; junk < 60; junk++) world.registry.tag(deed.version, `statement.1${junk}`, 'junk');
        break;
      case 'crash':
        world.restart();
        break;
      case 'keys gone':
        world.keys = { kind: 'unreadable', message: 'gone' };
        break;
      case 'keys back':
        this.#trust();
        break;
      case 'a key leaves':
        this.#leftAt ??= world.clock.monotonic();
        world.keys = { kind: 'read', keys: [...PEOPLE.slice(1), ROBOT].map(({ key }) => key), faults: [] };
        break;
      case 'suspend':
      case 'resume':
        world.edit({ suspend: deed.what === 'suspend' });
        break;
      case 'object made anew':
        // Nothing is left of an object that pinned no version.
        if (world.currentPin === undefined) this.#used.clear();
        else this.#remadeAt = world.serverNow();
        world.deleteObject();
        world.recreateObject();
        break;
      case 'model made anew':
        world.registry.remake(SPEC.registry.url);
        break;
      case 'a day passes':
        world.clock.advance(24 * HOUR);
        break;
      default:
        world.registryDown = deed.what === 'MLflow away';
    }
  }

  async step(): Promise<void> {
    await this.world.step();
    for (const { pin, loaded } of this.world.simulatedPods) {
      for (const known of [...loaded, ...(pin === undefined ? [] : [pin.version])]) {
        if (!this.#approved.has(known))
          this.violations.push(`a pod has version ${known} without an approval`);
      }
    }
  }

  #trust(): void {
    this.#leftAt = undefined;
    this.world.keys = { kind: 'read', keys: [...PEOPLE, ROBOT].map(({ key }) => key), faults: [] };
  }

  #sign(version: string, signer: number, change: number, kind: Statement['kind'] = 'promote'): void {
    const person = SIGNERS[signer] ?? STRANGER;
    const plain: Statement = {
      kind,
      model: SPEC.model,
      version,
      digest: digestOf(version),
      alias: SPEC.registry.alias,
      actor: person.name,
      reason: `statement ${this.#signed++}`,
      at: new Date(this.world.serverNow()).toISOString(),
    };
    const { key, value } = person.sign(CHANGES[change]?.(plain) ?? plain);
    this.world.registry.tag(version, key, value);
    const [reading] = readStatements({ [key]: value }, [person.key]);
    if (reading?.kind === 'statement' && change === 0 && kind === 'promote' && person !== STRANGER) {
      this.#good.set(reading.hash, { signer: person.name, version, at: Date.parse(plain.at) });
    }
  }

  #stored(before: ModelDeploymentStatus, after: ModelDeploymentStatus): void {
    for (const { version, until } of after.history ?? []) this.#end(version, until);
    for (const { version, digest, at } of after.refusals ?? []) if (digest) this.#end(version, at);
    const { candidate, phase } = after;
    if (candidate === undefined || isRestoring(after)) return;
    const waits = phase === 'Verifying' || phase === 'AwaitingApproval';
    if (waits && (candidate.mode !== undefined || candidate.weightPercent !== undefined)) {
      this.violations.push(`version ${candidate.version} has a mode in phase ${phase}`);
    }
    const waited = before.phase === 'Verifying' || before.phase === 'AwaitingApproval';
    if (waits || !waited) return;
    const { approvals = [], version } = candidate;
    const signers = new Set<string>();
    for (const { hash } of approvals) {
      const good = this.#good.get(hash);
      const spentUntil = Math.max(this.#remadeAt, this.#ended.get(version) ?? 0);
      const isFresh = !this.#used.has(hash) && good !== undefined && good.at > spentUntil;
      if (good?.version !== version || !isFresh) this.violations.push(`${hash} must not count`);
      const goneFor = this.world.clock.monotonic() - (this.#leftAt ?? Number.POSITIVE_INFINITY);
      if (good?.signer === PEOPLE[0]?.name && goneFor > KEYS_KNOWN_MILLISECONDS)
        this.violations.push(`the key of ${good?.signer} was taken out ${goneFor} ms ago`);
      if (good !== undefined) signers.add(good.signer);
      this.#used.add(hash);
    }
    if (signers.size < this.#required)
      this.violations.push(`version ${version} has ${signers.size} approvals`);
    if (!PEOPLE.some(({ name }) => signers.has(name)))
      this.violations.push(`nobody approved version ${version}`);
    this.#approved.add(version);
  }

  #end(version: string, at: string): void {
    this.#ended.set(version, Math.max(Date.parse(at), this.#ended.get(version) ?? 0));
  }
}

test('no order of events lets a pod have a version without unused statements by enough keys', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 2 }), moments, async (required, order) => {
      const approved = new ApprovedWorld(required);
      for (const { deed, steps } of order) {
        approved.do(deed);
        for (let step = 0; step < steps; step++) await approved.step();
      }
      expect(approved.violations).toEqual([]);
    }),
    { numRuns: propertyCases(60) },
  );
}, 120_000);

test('a version that enough people sign serves in the end, whatever was before', async () => {
  await fc.assert(
    fc.asyncProperty(moments, async (order) => {
      const approved = new ApprovedWorld(2);
      const { world } = approved;
      for (const { deed, steps } of order) {
        approved.do(deed);
        for (let step = 0; step < steps; step++) await approved.step();
      }
      for (const what of ['keys back', 'MLflow back', 'resume'] as const) approved.do({ what });
      world.alias = '4';
      world.clock.advance(1_000);
      for (const signer of [0, 1]) approved.do({ what: 'statement', version: '4', signer, change: 0 });
      await world.until('version 4 serves', () => world.status.stable?.version === '4');
      expect(approved.violations).toEqual([]);
    }),
    { numRuns: propertyCases(30) },
  );
}, 120_000);
