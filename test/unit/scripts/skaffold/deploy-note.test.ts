import { mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, expect, test } from '@jest/globals';
import { noteOf, staysAfterEnd } from '../../../../scripts/skaffold/deploy-note.ts';
import { NoteFile } from '../../../../scripts/skaffold/note-file.ts';

const folder = mkdtempSync(`${tmpdir()}/deploy-note-`);
afterAll(() => rmSync(folder, { recursive: true }));

function manifest(kind: string, name: string, spec = ''): string {
  return `apiVersion: ${kind === 'Job' ? 'batch/v1' : 'apps/v1'}
kind: ${kind}
metadata:
  labels: { skaffold.dev/run-id: 1f0c-a }
  name: ${name}
  namespace: loan-eligibility
spec: { template: { spec: {} }${spec} }`;
}

const RENDERED = [
  manifest('Deployment', 'inference'),
  manifest('StatefulSet', 'kinesis'),
  manifest('Service', 'inference'),
  manifest('Job', 'first-model'),
  '# only a comment',
].join('\n---\n');

test('holds the run, the Jobs as they are, and the workloads by name', () => {
  const note = noteOf(RENDERED);
  expect(note?.runId).toBe('1f0c-a');
  expect(note?.workloads).toEqual([
    { kind: 'Deployment', namespace: 'loan-eligibility', name: 'inference' },
    { kind: 'StatefulSet', namespace: 'loan-eligibility', name: 'kinesis' },
  ]);
  expect(note?.jobs).toMatchObject([
    { kind: 'Job', metadata: { name: 'first-model' }, spec: { template: { spec: {} } } },
  ]);
});

test('there is none for manifests without the label of a run, as `skaffold render` writes them', () => {
  expect(noteOf(RENDERED.replaceAll('skaffold.dev/run-id', 'other'))).toBeUndefined();
});

test.each([
  ['no YAML', '{', 'document 1 is no YAML'],
  ['no object', 'a: 1', 'document 1 is no object of Kubernetes'],
])('refuses %s', (_, text, message) => {
  expect(() => noteOf(text)).toThrow(message);
});

test('a Job with a time to live after its end may be missing', () => {
  const jobs =
    noteOf(`${RENDERED}\n---\n${manifest('Job', 'check', ', ttlSecondsAfterFinished: 60')}`)?.jobs ?? [];
  expect(jobs.filter(staysAfterEnd).map(({ metadata }) => metadata.name)).toEqual(['first-model']);
});

test('goes from hook to hook by the id of the run, and old notes are removed', () => {
  const file = new NoteFile(folder);
  const note = noteOf(RENDERED);
  if (!note) throw new Error('there is no note');
  file.write(note);
  expect(file.read('1f0c-a')).toEqual(note);
  expect(file.read('another-run')).toBeUndefined();
  expect(() => file.read('../secrets')).toThrow('must be 1 to 64 letters');

  utimesSync(`${folder}/1f0c-a.json`, 1, 1);
  file.write({ ...note, runId: 'later' });
  expect(readdirSync(folder)).toEqual(['later.json']);
});
