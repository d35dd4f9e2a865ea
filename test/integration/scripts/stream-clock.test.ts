import { writeFileSync } from 'node:fs';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { memberObject } from '../../../services/stream/lease/lease-object.ts';
import { FakeKubernetesApi, listOf, refusal } from '../../support/fake-kubernetes-api.ts';
import { ConsumerWorld } from '../../support/stream/consumer-world.ts';
import { runTool, streamsOf } from '../../support/stream/stream-tool.ts';

const LEASE_MILLISECONDS = 10_000;
const kubeConfigBefore = process.env.KUBECONFIG;

afterEach(() => {
  jest.restoreAllMocks();
  if (kubeConfigBefore === undefined) delete process.env.KUBECONFIG;
  else process.env.KUBECONFIG = kubeConfigBefore;
});

/** Lists the group on a machine whose clock is wrong by `skew`. The member renewed its lease `age` ago, by the right clock. */
async function listWithClock(skew: number, age: number): Promise<string> {
  await using world = await ConsumerWorld.start();
  await using api = await FakeKubernetesApi.start();
  const identity = { namespace: 'default', group: 'g', stream: 'in', leaseMilliseconds: LEASE_MILLISECONDS };
  const member = memberObject(
    identity,
    { name: 'pod-a', revision: '', joinedMilliseconds: 0 },
    Date.now() - age,
  );
  api.lists.push((response, url, request) => {
    const answer = url.pathname.endsWith('/leases') ? listOf('1', member) : refusal(404, 'NotFound');
    answer(response, url, request);
  });
  process.env.KUBECONFIG = `${world.directory}/kube.json`;
  writeFileSync(process.env.KUBECONFIG, api.kubeConfig.exportConfig());
  const rightNow = Date.now;
  jest.spyOn(Date, 'now').mockImplementation(() => rightNow() + skew);
  const { out } = await runTool(['list', '--group', 'g', '--namespace', 'default', ...streamsOf(world)]);
  return out;
}

describe('a clock that is wrong on the machine of the tool', () => {
  test.each([20_000, -90_000, 0])('by %d ms does not hide a member', async (skew) => {
    expect(await listWithClock(skew, 0)).toContain('member pod-a');
  });

  test.each([20_000, -90_000, 0])('by %d ms does not show a dead member', async (skew) => {
    expect(await listWithClock(skew, 60_000)).toContain('no member: nobody reads the stream');
  });
});
