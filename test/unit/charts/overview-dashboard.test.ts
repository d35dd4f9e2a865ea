import { describe, expect, test } from '@jest/globals';
import { overviewDashboard } from '../../../charts/overview-dashboard.ts';
import type { ManifestObject } from '../../support/manifest-objects.ts';

const dashboard = JSON.parse(overviewDashboard()) as ManifestObject;
const panels: ManifestObject[] = dashboard.panels.filter(({ type }: ManifestObject) => type !== 'row');

test('nobody edits a generated dashboard in the browser', () => {
  expect(dashboard.editable).toBe(false);
});

test('the Prometheus is chosen at the top, not fixed', () => {
  expect(dashboard.templating.list).toEqual([
    expect.objectContaining({ type: 'datasource', name: 'datasource', query: 'prometheus' }),
  ]);
  for (const { title, datasource } of panels)
    expect({ title, datasource }).toEqual({
      title,
      datasource: { type: 'prometheus', uid: '$datasource' },
    });
});

describe.each(panels)('$title', ({ type, description, targets }) => {
  test('says what it shows', () => {
    expect(description).toMatch(/^[A-Z].{20,}\.$/);
  });

  test('a stat panel asks about now, a graph asks about a range', () => {
    for (const { instant, range } of targets)
      expect({ instant, range }).toEqual({ instant: type === 'stat', range: type !== 'stat' });
  });
});
