import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { peopleKubeConfig } from '../../../../scripts/kubernetes/people-kube-config.ts';
import { openMdep } from '../../../support/mdep.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(`${tmpdir()}/kube-config-`);
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** A kubeconfig file with one cluster of this name. */
function file(name: string, more: object = {}, server = `https://${name}.example`): string {
  const path = `${directory}/${name}.json`;
  const config = {
    clusters: [{ name, cluster: { server } }],
    users: [{ name, user: { token: `token-of-${name}` } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace: 'of-context' } }],
    'current-context': name,
    ...more,
  };
  writeFileSync(path, JSON.stringify(config));
  return path;
}

function listed(...files: readonly string[]) {
  return { KUBECONFIG: files.join(delimiter), HOME: directory };
}

describe('the kubeconfig of a person', () => {
  test('merges the files of $KUBECONFIG so that the first one decides, as kubectl does', () => {
    const prod = file('prod');
    const shared = { name: 'prod', cluster: { server: 'https://other.example' } };
    const test = file('test', { clusters: [shared, { name: 'test', cluster: { server: 'https://t' } }] });
    const config = peopleKubeConfig(undefined, listed(prod, test));
    expect(config.getCurrentContext()).toBe('prod');
    expect(config.getCurrentCluster()?.server).toBe('https://prod.example');
    expect(config.getContexts().map(({ name }) => name)).toEqual(['prod', 'test']);
  });

  test('takes the current context of a later file if the first has none', () => {
    const first = file('first', { 'current-context': undefined });
    expect(peopleKubeConfig(undefined, listed(first, file('second'))).getCurrentContext()).toBe('second');
  });

  test('leaves out files of $KUBECONFIG that do not exist, unless none exists', () => {
    const config = peopleKubeConfig(undefined, listed('/nowhere/a', file('prod')));
    expect(config.getCurrentContext()).toBe('prod');
    expect(() => peopleKubeConfig(undefined, listed('/nowhere/a', '/nowhere/b'))).toThrow(
      'there is no file /nowhere/a or /nowhere/b',
    );
  });

  test('is ~/.kube/config without a variable, and localhost:8080 without a file', () => {
    const environment = { HOME: directory };
    expect(peopleKubeConfig(undefined, environment).getCurrentCluster()?.server).toBe(
      'http://localhost:8080',
    );
    mkdirSync(`${directory}/.kube`);
    writeFileSync(`${directory}/.kube/config`, JSON.stringify({ 'current-context': 'home' }));
    expect(peopleKubeConfig(undefined, environment).getCurrentContext()).toBe('home');
  });
});

describe('kubectl mdep', () => {
  test.each<[string, (() => string) | string, string]>([
    ['a file that is not there', '/nowhere/config', 'there is no such file'],
    ['a directory', () => directory, 'this is a directory; give a file'],
    ['no YAML', () => text('{{{\nsecret'), 'unexpected end'],
    ['nothing', () => text(''), 'the input is empty'],
    ['no context', () => text('kind: Config'), 'has no current context: give --context'],
    ['a context that is not there', () => file('a', { contexts: [] }), 'current context a: there is no such'],
    ['a cluster that is not there', () => file('a', { clusters: [] }), 'has no such cluster'],
    ['a server that is no URL', () => file('a', {}, 'foo'), 'is no http or https URL'],
  ])('names the kubeconfig with %s on one line', async (_name, config, message) => {
    const path = typeof config === 'string' ? config : config();
    const { code, said } = await openMdep(['status', '--kubeconfig', path]).ended;
    expect({ code, said }).toEqual({ code: 2, said: expect.stringContaining(message) });
    expect(said).toContain(path === '/nowhere/config' ? path : '');
    expect(said).not.toMatch(/\n|secret/);
  });

  test('without a kubeconfig says that there is none', async () => {
    const { code, said } = await openMdep(['status'], undefined, { HOME: directory }).ended;
    expect({ code, said }).toEqual({
      code: 1,
      said: expect.stringMatching(/http:\/\/localhost:8080 \(there is no kubeconfig\).*give --kubeconfig/),
    });
  });

  test.each(['../secrets', 'loan?dryRun=All', 'loan/status', 'Ü', '', 'a b'])(
    'takes no name %j, which could lead to another path of the API',
    async (name) => {
      const option = ['--kubeconfig', file('prod')];
      for (const args of [
        ['pause', name],
        ['pause', '--namespace', name],
      ]) {
        const { code, said } = await openMdep([...args, ...option]).ended;
        expect({ code, said }).toEqual({
          code: 2,
          said: expect.stringContaining('give a name of lower-case'),
        });
      }
    },
  );
});

function text(content: string): string {
  const path = `${directory}/config`;
  writeFileSync(path, content);
  return path;
}
