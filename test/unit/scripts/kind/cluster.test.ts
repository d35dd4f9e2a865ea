import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parse } from 'yaml';
import { kind } from '../../../../charts/environments.ts';
import { KIND_CLUSTER } from '../../../../charts/kind-cluster.ts';
import { KindCluster } from '../../../../scripts/kind/cluster.ts';
import { clusterConfig } from '../../../../scripts/kind/cluster-config.ts';
import { policyVerdict } from '../../../../scripts/kind/network-policies.ts';
import { type Answer, PlayedPrograms } from '../../../support/played-programs.ts';

/** Output of nft 1.0.6 on a kernel without CONFIG_NFT_QUEUE. */
const REFUSED =
  'Error: Could not process rule: No such file or directory\nadd table inet policy-trial; …\n      ^^^^^\ncommand terminated with exit code 1';

function play(clusters: readonly string[], answers: Readonly<Record<string, Answer>> = {}) {
  const programs = new PlayedPrograms((line) => {
    const answer = Object.entries(answers).find(([part]) => line.includes(part));
    if (answer) return answer[1];
    if (line === 'kind get clusters') return { stdout: `${clusters.join('\n')}\n` };
    if (line.includes('podCIDR')) return { stdout: '10.244.0.0/24' };
    return undefined;
  });
  const said: string[] = [];
  const cluster = new KindCluster('loan-eligibility', programs.run, (message) => said.push(message));
  return { cluster, programs, said };
}

describe('the config of the cluster', () => {
  const config = parse(clusterConfig());

  test('has the networks that the environment knows', () => {
    expect(config.networking).toMatchObject({
      podSubnet: kind.podNetwork,
      serviceSubnet: KIND_CLUSTER.serviceNetwork,
    });
    expect(kind.apiServerPort).toBe(KIND_CLUSTER.apiServerPort);
  });

  test('names the image of its node by digest', () => {
    for (const { image } of config.nodes)
      expect(image).toMatch(/^kindest\/node:v[\d.]+@sha256:[0-9a-f]{64}$/);
  });
});

describe('make kind', () => {
  test('creates a cluster that is not there, from the config', async () => {
    const { cluster, programs } = play(['other']);
    await cluster.create();
    const creation = programs.runs.find(({ line }) => line.startsWith('kind create'));
    expect(creation?.line).toBe('kind create cluster --name loan-eligibility --config -');
    expect(creation?.options.input).toBe(clusterConfig());
    expect(programs.lines.indexOf(creation?.line ?? '')).toBeLessThan(
      programs.lines.findIndex((line) => line.includes('--for=condition=Ready')),
    );
  });

  test('takes a cluster that is there, says so, and makes it the current context', async () => {
    const { cluster, programs, said } = play(['loan-eligibility']);
    await cluster.create();
    expect(programs.lines.filter((line) => line.startsWith('kind create'))).toEqual([]);
    expect(programs.lines).toContain('kind export kubeconfig --name loan-eligibility');
    expect(said.join('\n')).toContain('exists and is used as it is');
  });

  test('does not take a cluster whose name only begins alike', async () => {
    const { cluster, programs } = play(['loan-eligibility-2', 'a-loan-eligibility']);
    await cluster.create();
    expect(programs.lines.some((line) => line.startsWith('kind create'))).toBe(true);
  });

  test('refuses a cluster whose pods have addresses that the system does not know', async () => {
    const { cluster } = play(['loan-eligibility'], { podCIDR: { stdout: '10.244.0.0/24 192.168.3.0/24' } });
    await expect(cluster.create()).rejects.toThrow(
      /from 192\.168\.3\.0\/24, and podNetwork of kind .* 10\.244\.0\.0\/16/,
    );
  });

  test.each([
    ['condition=Ready', /has nodes that are not ready within 180 s/],
    ['export kubeconfig', /gives no kubeconfig/],
  ])('says what to do if %s fails, as it does if the containers are stopped', async (part, trouble) => {
    const { cluster } = play(['loan-eligibility'], { [part]: { code: 1, stderr: 'no container' } });
    const created = cluster.create();
    await expect(created).rejects.toThrow(trouble);
    await expect(created).rejects.toThrow('docker start loan-eligibility-control-plane');
    await expect(created).rejects.toThrow('| no container');
  });

  test.each([
    { podCIDR: { stdout: '192.168.3.0/24' } },
    { 'condition=Ready': { code: 1, stderr: 'no container' } },
  ])('advises to delete the cluster of the given name: %j', async (answers) => {
    const { run } = play(['other'], answers).programs;
    await expect(new KindCluster('other', run, () => {}).create()).rejects.toThrow(
      'make kind-delete KIND="--name other"',
    );
  });

  test('names the cluster or its context in every command that may change something', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.subarray(['loan-eligibility', 'other', 'kind']),
        fc.constantFrom('create', 'delete'),
        async (clusters, command) => {
          const { cluster, programs } = play(clusters);
          await cluster[command as 'create' | 'delete']();
          for (const line of programs.lines.filter((each) => each !== 'kind get clusters'))
            expect(line).toMatch(/--name loan-eligibility\b|--context kind-loan-eligibility\b/);
        },
      ),
    );
  });
});

describe('make kind-delete', () => {
  test('deletes the cluster of that name', async () => {
    const { cluster, programs } = play(['other', 'loan-eligibility']);
    expect(await cluster.delete()).toBe(true);
    expect(programs.lines.at(-1)).toBe('kind delete cluster --name loan-eligibility');
  });

  test('deletes nothing if there is no such cluster', async () => {
    const { cluster, programs } = play(['other']);
    expect(await cluster.delete()).toBe(false);
    expect(programs.lines).toEqual(['kind get clusters']);
  });
});

describe('the statement about NetworkPolicies', () => {
  test.each([
    [{ code: 0 }, 'possible', /make test-cluster/],
    [{ code: 1, stderr: REFUSED }, 'impossible', /ARE NOT ENFORCED.*No such file or directory/],
    [{ code: 1, stderr: 'Error: Could not process rule: Operation not permitted' }, 'unknown', /unknown/],
    [
      { code: 1, stderr: 'Error from server (NotFound): daemonsets.apps "kindnet" not found' },
      'unknown',
      /not found/,
    ],
    [new Error('kubectl exec did not end within 30 s'), 'unknown', /did not end within 30 s/],
    [{ code: 126, stderr: 'exec: "nft": executable file not found in $PATH' }, 'unknown', /executable file/],
  ] as const)('%j: %s', async (answer, enforced, statement) => {
    const programs = new PlayedPrograms(() => answer);
    const verdict = await policyVerdict(programs.run, 'kind-x');
    expect(verdict.enforced).toBe(enforced);
    expect(verdict.statement).toMatch(statement);
    expect(programs.lines[0]).toMatch(/^kubectl --context kind-x /);
  });

  test('comes from a trial that leaves nothing: it deletes the table that it adds', async () => {
    const programs = new PlayedPrograms(() => undefined);
    await policyVerdict(programs.run, 'kind-x');
    expect(programs.lines[0]).toMatch(/add table (inet \S+);.*; delete table \1$/);
  });
});
