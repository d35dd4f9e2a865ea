import { stripVTControlCharacters } from 'node:util';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { widthOf } from '../../../../scripts/command-line/text-width.ts';
import { historyLines } from '../../../../scripts/mdep/draw/history-lines.ts';
import { picture } from '../../../../scripts/mdep/draw/picture.ts';
import { COLOURED, PLAIN } from '../../../../scripts/mdep/draw/style.ts';
import { rolloutView } from '../../../../scripts/mdep/view/rollout-view.ts';
import type { ModelDeployment } from '../../../../services/shared/model-deployment/model-deployment.ts';
import type { ModelDeploymentStatus } from '../../../../services/shared/model-deployment/status.ts';
import { rolloutsOfAllPhases, stateIn } from '../../../support/rollouts-of-all-phases.ts';

let states: readonly ModelDeployment[];

beforeAll(async () => {
  states = await rolloutsOfAllPhases();
});

function drawn(object: ModelDeployment, width = 110): string {
  const now = Date.parse('2026-01-01T01:00:00Z');
  return picture(rolloutView(object, now), { style: PLAIN, width, now }).join('\n');
}

function withStatus(object: ModelDeployment, status: Partial<ModelDeploymentStatus>): ModelDeployment {
  return { ...object, status: { ...object.status, ...status } };
}

describe('the picture of every state of a rollout', () => {
  test.each([20, 31, 40, 59, 60, 80, 120])('fits into %i columns, except for commands', (width) => {
    const now = Date.parse('2026-01-01T01:00:00Z');
    for (const object of states) {
      const canvas = { style: COLOURED, width, now };
      const lines = [
        ...picture(rolloutView(withWideNames(object), now), canvas),
        ...historyLines(withWideNames(object).status ?? {}, canvas),
      ];
      const long = lines.filter(
        (line) => widthOf(line) > width && !/^ +\$ /.test(stripVTControlCharacters(line)),
      );
      expect(long).toEqual([]);
    }
  });

  test('says on a narrow terminal what it says on a wide one', () => {
    for (const object of states) {
      const now = Date.parse('2026-01-01T01:00:00Z');
      const words = (width: number) =>
        picture(rolloutView(object, now), { style: PLAIN, width, now })
          .join(' ')
          .replaceAll(/[^\p{L}\p{N}]|sha256:\S+/gu, '')
          .replaceAll(/█|·|░/g, '');
      expect(words(44)).toBe(words(99));
    }
  });

  test('shows the same with colours as without', () => {
    const now = Date.parse('2026-01-01T01:00:00Z');
    for (const object of states) {
      const coloured = picture(rolloutView(object, now), { style: COLOURED, width: 100, now }).join('\n');
      expect(stripVTControlCharacters(coloured)).toBe(drawn(object, 100));
    }
  });

  test('marks exactly the present phase, and names the versions that serve and roll out', () => {
    for (const object of states) {
      const { phase, stable, candidate } = object.status ?? {};
      const text = drawn(object);
      if (phase !== undefined) expect(text.match(/● [A-Z][A-Za-z]+/g)).toEqual([`● ${phase}`]);
      for (const version of [stable, candidate]) if (version) expect(text).toContain(`v${version.version} `);
    }
  });

  test('gives the versions together every key as soon as one serves', () => {
    for (const object of states) {
      const { versions } = rolloutView(object, 0);
      const shares = versions.map(({ percent }) => percent).reduce((sum, percent) => sum + percent, 0);
      if (object.status?.stable !== undefined) expect(shares).toBe(100);
    }
  });
});

describe('the picture', () => {
  test('of a canary has its share as a bar, its step, its gates with value and limit', () => {
    const measured = stateIn(states, 'Canary', ({ status }) => status?.analysis?.checks !== undefined);
    const text = drawn(measured);
    expect(text).toContain('✓ Verifying ─ ✓ Shadowing ─ ● Canary ─ ○ Promoting');
    expect(text).toMatch(/v2 +stable +·{4}█{36} +90 %/);
    expect(text).toMatch(/v5 +candidate +█{4}·{36} +10 %/);
    expect(text).toMatch(/steps +● 10 % {2}○ 50 %/);
    expect(text).toMatch(/✓ +samples +200 +at least 50 +█{12}/);
    expect(text).toMatch(/✗ +error-ratio +0\.5 +at most 0\.01 +█{11}▶ +failed 1 of 2/);
    const half = stateIn(states, 'Canary', ({ status }) => status?.candidate?.weightPercent === 50);
    expect(drawn(half)).toMatch(/v2 +candidate +█{20}·{20} +50 %/);
    expect(drawn(half)).toMatch(/steps +✓ 10 % {2}● 50 %/);
  });

  test('of a first version leaves out what there is nothing to compare with', () => {
    expect(drawn(stateIn(states, 'Promoting'))).toContain(
      '✓ Verifying ─ – Shadowing ─ – Canary ─ ● Promoting',
    );
  });

  test('of a shadow says that it decides nothing', () => {
    const text = drawn(stateIn(states, 'Shadowing'));
    expect(text).toMatch(/v2 +candidate +░{40} +shadow/);
    expect(text).toContain('Version 1 decides every key.');
  });

  test.each([
    ['3', 'Verifying'],
    ['4', 'Shadowing'],
    ['5', 'Canary'],
  ])(
    'of refused version %s marks the phase %s in which it failed, and says how to try again',
    (version, phase) => {
      const object = stateIn(states, 'RolledBack', ({ status }) => status?.failed?.version === version);
      const text = drawn(object);
      expect(text).toContain(`✗ ${phase} ─ ● RolledBack`);
      expect(text).toContain(`✗ ${object.status?.failed?.reason}  version ${version}`);
      expect(text).toContain('$ kubectl mdep retry loan');
      const unrecorded = withStatus(object, { transitions: [] });
      expect(drawn(unrecorded)).toContain(`✗ ${phase} ─ ● RolledBack`);
    },
  );

  test('of a bake time shows how much of it is over', () => {
    const object = stateIn(states, 'Soaking');
    const now = Date.parse(object.status?.stable?.since ?? '') + 5_000;
    const text = picture(rolloutView(object, now), { style: PLAIN, width: 110, now }).join('\n');
    expect(text).toContain('bake time  █████···············  5 s of 20 s');
  });

  test('of a rollback in progress shows the version that is being restored once, with every key', () => {
    const object = stateIn(
      states,
      'RolledBack',
      ({ status }) => status?.candidate !== undefined && status.candidate.version === status.stable?.version,
    );
    const { versions, headline } = rolloutView(object, 0);
    expect(versions).toMatchObject([{ role: 'stable', percent: 100 }]);
    expect(headline).toContain('is being restored');
  });

  test('tells of a registry that does not answer, and of a suspension with its end', () => {
    const down = states.find(({ status }) =>
      status?.conditions?.some(({ reason }) => reason === 'RegistryUnreachable'),
    );
    expect(drawn(down as ModelDeployment)).toMatch(/! RegistryUnreachable {2}RegistryReachable=False/);
    const text = drawn(states.findLast(({ spec }) => spec.suspend) as ModelDeployment);
    expect(text).toContain('‖ Suspended');
    expect(text).toContain(`$ kubectl patch mdep loan --type=merge --patch='{"spec": {"suspend": false}}'`);
  });

  test('of an object without a status says that the operator has not seen it', () => {
    const { status: _, ...object } = states[0] as ModelDeployment;
    expect(drawn(object)).toContain('The operator has not seen this ModelDeployment yet.');
  });

  test('of a version that waits for signatures says how to sign, first and second', () => {
    const waits = (reason: string) =>
      drawn(
        stateIn(states, 'AwaitingApproval', ({ status }) =>
          Boolean(status?.conditions?.some((it) => it.reason === reason)),
        ),
      );
    expect(waits('Unsigned')).toContain('$ make promote PROMOTE="sign 1 --reason TEXT"');
    expect(waits('ApprovalIncomplete')).toContain('$ make promote PROMOTE="approve 1 --reason TEXT"');
    expect(waits('ApprovalIncomplete')).toContain('has alice (alice Example)');
    expect(drawn(stateIn(states, 'Shadowing', approved))).toMatch(
      /✓ bob \(bob Example\) +\d+ min ago +monthly/,
    );
  });

  test('of an approved version that a person holds asks nobody to sign', () => {
    const text = drawn(
      stateIn(
        states,
        'AwaitingApproval',
        (object) => hasSigners(object) && isHeld('PausedByRequest')(object),
      ),
    );
    expect(text).toContain('Version 4 is approved, and does not go on yet. Version 2 decides every key.');
    expect(text).toContain('$ kubectl mdep resume loan');
    expect(text).not.toMatch(/make promote|waits for its approval/);
  });

  test.each([
    ['PausedByRequest', '$ kubectl mdep resume loan'],
    ['AwaitingStepApproval', '$ kubectl mdep approve loan'],
    ['MinimumDuration', 'minimum duration  '],
    ['StepPause', 'pause  '],
  ])('of a canary that is held for %s says what it waits for', (reason, remedy) => {
    const text = drawn(stateIn(states, 'Canary', isHeld(reason)));
    expect(text).toMatch(new RegExp(`‖ ${reason} {2}for \\d+ min`));
    expect(text).toContain(remedy);
    expect(text).toContain('10 % (≥ 30 s, ‖ approval)');
  });

  test('of a version that was given up names the phase in which it was, and who did it', () => {
    const text = drawn(stateIn(states, 'RolledBack', ({ status }) => status?.failed?.reason === 'Aborted'));
    expect(text).toContain('✗ Canary ─ ● RolledBack');
    expect(text).toContain('set by grace, gave it up: wrong data');
  });

  test('of a held version says how to follow the alias again, and of an impossible pin that it has no effect', () => {
    const reasoned = (reason: string) =>
      states.findLast(({ status }) =>
        status?.conditions?.some((it) => it.reason === reason),
      ) as ModelDeployment;
    const text = drawn(reasoned('Pinned'));
    expect(text).toContain('‖ Pinned');
    expect(text).toContain(
      `$ kubectl patch mdep loan --type=json --patch='[{"op": "remove", "path": "/spec/pin"}]'`,
    );
    expect(drawn(reasoned('PinImpossible'))).toContain('! PinImpossible  BreakGlass=False');
  });

  test('shortens digests', () => {
    for (const object of states) expect(drawn(object)).not.toMatch(/sha256:[0-9a-f]{9}/);
  });
});

/** The object with names and reasons in scripts whose characters take two columns, or none. */
function withWideNames(object: ModelDeployment): ModelDeployment {
  const actor = '李明 👩🏽‍💻 Zoë\u0301';
  const approvals = [
    { hash: 'h', keys: ['li'], actor, reason: '審査済み'.repeat(40), at: '2026-01-01T00:00:00Z' },
  ];
  const { status = {}, spec } = object;
  const { stable, candidate, transitions = [] } = status;
  return {
    ...withStatus(object, {
      ...(stable === undefined ? {} : { stable: { ...stable, approvals } }),
      ...(candidate === undefined ? {} : { candidate: { ...candidate, approvals } }),
      transitions: transitions.map((it) => ({ ...it, by: actor, message: `${it.message} 審査済み` })),
    }),
    spec: { ...spec, model: '融資の審査モデル' },
  };
}

function approved({ status }: ModelDeployment): boolean {
  return (status?.candidate?.approvals?.length ?? 0) > 0;
}

function hasSigners({ status }: ModelDeployment): boolean {
  return Boolean(status?.conditions?.some((it) => it.type === 'Approved' && it.status === 'True'));
}

function isHeld(reason: string): (object: ModelDeployment) => boolean {
  return ({ status }) =>
    Boolean(
      status?.conditions?.some((it) => it.type === 'Held' && it.status === 'True' && it.reason === reason),
    );
}
