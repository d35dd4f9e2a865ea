import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { closeRevision, lastVerdict } from '../../../../operators/rollout/decision/revisions.ts';
import type { Revision } from '../../../../services/shared/model-deployment/status.ts';

const TIME = '2026-01-01T00:00:00Z';

function closings(versions: number) {
  return fc.array(
    fc.record({
      version: fc.integer({ min: 1, max: versions }).map(String),
      outcome: fc.constantFrom('Served' as const, 'Interrupted' as const, 'Failed' as const),
    }),
    { minLength: 1, maxLength: 60 },
  );
}

type Closing = Pick<Revision, 'version' | 'outcome'>;

function close(history: Revision[], { version, outcome }: Closing): Revision[] {
  const stable = { version, runId: '', digest: `sha256:${version}`, since: TIME };
  return closeRevision({ stable, history }, 0, outcome);
}

/** All that ever served, newest first. */
function everything(all: readonly Closing[]): Revision[] {
  return all
    .map(({ version, outcome }) => ({
      ...{ version, outcome, runId: '', digest: `sha256:${version}` },
      ...{ since: TIME, until: TIME },
    }))
    .toReversed();
}

describe('the history', () => {
  test('keeps each of nine versions and its verdict, however often they come and go', () => {
    fc.assert(
      fc.property(closings(9), (all) => {
        const history = all.reduce<Revision[]>(close, []);
        expect(history.length).toBeLessThanOrEqual(10);
        expect(history[0]).toMatchObject(all.at(-1) ?? {});
        const whole = everything(all);
        for (const revision of whole) {
          expect(history.map(({ version }) => version)).toContain(revision.version);
          expect(lastVerdict(history, revision)?.outcome).toBe(lastVerdict(whole, revision)?.outcome);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('keeps the two versions that served well last, however many others fail', () => {
    fc.assert(
      fc.property(closings(40), (all) => {
        const history = all.reduce<Revision[]>(close, []);
        const whole = everything(all);
        const good = whole.filter(
          (revision) => revision.outcome === 'Served' && lastVerdict(whole, revision) === revision,
        );
        expect(history.length).toBeLessThanOrEqual(10);
        for (const { version } of good.slice(0, 2))
          expect(lastVerdict(history, { version, digest: `sha256:${version}` })?.outcome).toBe('Served');
      }),
      { numRuns: 500 },
    );
  });

  test('shows every revision while there is room', () => {
    const all: Closing[] = ['1', '2', '1', '2', '1', '2', '1', '2', '1', '2'].map((version) => ({
      version,
      outcome: 'Failed',
    }));
    const history = all.reduce<Revision[]>(close, []);
    expect(history.map(({ version }) => version)).toEqual(all.map(({ version }) => version).toReversed());
  });
});
