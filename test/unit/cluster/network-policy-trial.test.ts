import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { policyTrial } from '../../cluster/network-policy-trial.ts';

const PATH = process.env.PATH;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(`${tmpdir()}/policy-trial-`);
  process.env.PATH = `${folder}:${PATH}`;
});

afterEach(() => {
  process.env.PATH = PATH;
  rmSync(folder, { recursive: true });
});

/** A kubectl that notes its calls. A connection is open until a NetworkPolicy was applied. */
function kubectlThat(execution: string): () => string[] {
  const script = `#!/bin/sh
    echo "$*" | head -n 1 | cut -c1-100 >>'${folder}/calls'
    case "$*" in
      *apply*) cat >>'${folder}/applied';;
      *podIP*) echo 10.1.2.3;;
      *exec*) ${execution};;
    esac`;
  writeFileSync(`${folder}/applied`, '');
  writeFileSync(`${folder}/kubectl`, script, { mode: 0o755 });
  return () => readFileSync(`${folder}/calls`, 'utf8').trim().split('\n');
}

const REMOVAL = 'delete namespace network-policy-trial --ignore-not-found --timeout=120s';

test('finds that a policy closes a connection, and removes its namespace before and after', async () => {
  const calls = kubectlThat(`grep -q NetworkPolicy '${folder}/applied' && echo closed || echo open`);
  expect(await policyTrial('tools:1')).toEqual({ before: 'open', after: 'closed' });
  expect(calls()[0]).toBe(REMOVAL);
  expect(calls().at(-1)).toBe(REMOVAL);
  expect(readFileSync(`${folder}/applied`, 'utf8')).toContain('"image":"tools:1"');
});

test('fails with the reason if it cannot look, and removes its namespace', async () => {
  const calls = kubectlThat('echo "container not found" >&2; exit 1');
  await expect(policyTrial('tools:1')).rejects.toThrow('container not found');
  expect(calls().at(-1)).toBe(REMOVAL);
});
