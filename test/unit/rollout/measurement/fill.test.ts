import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fill } from '../../../../operators/rollout/measurement/fill.ts';
import type { Subject } from '../../../../operators/rollout/measurement/subject.ts';

const SUBJECT: Subject = {
  namespace: 'lending',
  deployment: 'inference',
  pods: ['inference-abc12-x9z8y'],
  matchers: undefined,
  version: '7',
  stable: '6',
  windowSeconds: 89.2,
};

function pods(changes: Partial<Subject>): string {
  return fill('{{pods}}', { ...SUBJECT, ...changes });
}

test('fills in every placeholder, and leaves other braces', () => {
  expect(fill('a{{{pods}},v="{{version}}"}[{{window}}] {{stable}} {{other}} {{constructor}}', SUBJECT)).toBe(
    'a{namespace="lending",pod=~"inference-abc12-x9z8y",v="7"}[90s] 6 {{other}} {{constructor}}',
  );
  expect(fill('{{namespace}}/{{deployment}}/{{stable}}', { ...SUBJECT, stable: '' })).toBe(
    'lending/inference/',
  );
});

describe('the pods of the target', () => {
  test('are matched by their names, whatever other pods are called', () => {
    expect(pods({ pods: ['inference-b-22222', 'inference-a-11111'] })).toBe(
      'namespace="lending",pod=~"inference-a-11111|inference-b-22222"',
    );
  });

  test('have the matchers of the cluster beside their names', () => {
    expect(pods({ matchers: 'cluster="prod",env!~"te.*"' })).toBe(
      'namespace="lending",pod=~"inference-abc12-x9z8y",cluster="prod",env!~"te.*"',
    );
  });

  test('may have dots in their names', () => {
    expect(pods({ pods: ['my.app-abc12-x9z8y'] })).toBe('namespace="lending",pod=~"my\\\\.app-abc12-x9z8y"');
  });

  test('match nothing if there are none', () => {
    expect(pods({ pods: [] })).toBe('namespace="lending",pod=~"no pod of the target"');
  });

  test('are matched by the beginning of their names if there are more than 100', () => {
    const random = Array.from({ length: 101 }, (_, index) => `${10_000 + index}`);
    const many = random.map((end, index) => `inference-${index % 2 ? 'abc12' : 'def34'}-${end}`);
    expect(pods({ pods: many })).toBe(
      'namespace="lending",pod=~"inference-abc12-[a-z0-9]{5}|inference-def34-[a-z0-9]{5}"',
    );
  });

  test('are matched by the beginning of their names if pods that are gone may lack', () => {
    expect(pods({ pods: ['inference-def34-11111', 'inference-abc12-x9z8y'], podsMayLack: true })).toBe(
      'namespace="lending",pod=~"inference-abc12-[a-z0-9]{5}|inference-def34-[a-z0-9]{5}"',
    );
    expect(pods({ pods: [], podsMayLack: true })).toBe('namespace="lending",pod=~"no pod of the target"');
  });

  /** As Kubernetes names them: the name of the ReplicaSet is cut to 58 characters. */
  const names = fc.integer({ min: 1, max: 63 }).chain((length) =>
    fc
      .record({
        deployment: fc.constant('d'.repeat(length)),
        hash: fc.stringMatching(/^[bcdfghjklmnpqrstvwxz2456789]{8,10}$/),
        end: fc.stringMatching(/^[bcdfghjklmnpqrstvwxz2456789]{5}$/),
      })
      .map(({ deployment, hash, end }) => ({
        deployment,
        name: `${`${deployment}-${hash}-`.slice(0, 58)}${end}`,
      })),
  );
  test.each([
    ['their names', (name: string) => [name]],
    ['the beginning of their names', (name: string) => Array(101).fill(name)],
    ['the name of the Deployment if the API server does not give their names', () => undefined],
  ])('are matched by %s, however long the name of the Deployment is', (_how, given) => {
    fc.assert(
      fc.property(names, ({ deployment, name }) => {
        const pattern = /pod=~"(.*)"/.exec(pods({ deployment, pods: given(name) }))?.[1];
        expect(name).toMatch(new RegExp(`^(?:${pattern})$`));
      }),
    );
  });
});

describe('a value that could change the meaning of the query is refused', () => {
  test.each<[string, Partial<Subject>, string]>([
    ['a version', { version: '7"} or vector(0) or up{a="' }, '{{version}}'],
    ['a version with a line break', { version: '7\n' }, '{{version}}'],
    ['a version with another digit', { version: '٧' }, '{{version}}'],
    ['an empty version', { version: '' }, '{{version}}'],
    ['a stable version', { stable: '6"' }, '{{stable}}'],
    ['a time', { windowSeconds: Number.NaN }, '{{window}}'],
    ['a namespace', { namespace: 'a"b' }, '{{pods}}'],
    ['a Deployment', { deployment: 'a|b' }, '{{pods}}'],
    ['a pod', { pods: ['a', 'b.*'] }, '{{pods}}'],
    ['matchers', { matchers: 'a="b"} or up{c="d"' }, '{{pods}}'],
  ])('%s', (_what, changes, template) => {
    expect(() => fill(template, { ...SUBJECT, ...changes })).toThrow(
      expect.objectContaining({ name: 'MetricsError', kind: 'refused' }),
    );
  });

  test('no version but digits ever gets into a query', () => {
    fc.assert(
      fc.property(fc.string(), (version) => {
        fc.pre(!/^[0-9]+$/.test(version));
        expect(() => fill('{{version}}', { ...SUBJECT, version })).toThrow('is not a number');
      }),
    );
  });
});
