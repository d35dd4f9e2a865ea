import { SCRAPE_TARGETS } from '../../charts/scraping.ts';
import { ISOLATED_CANARY } from '../../services/shared/agreements/kubernetes-names.ts';
import { application } from './applications.ts';
import { AuditLog } from './audit-log.ts';
import { deleteOnePod, drain, killOnePod, rollingRestart, scale } from './disruptions.ts';
import { imageName } from './images.ts';
import { applyAgain, namesOf } from './install.ts';
import type { Account } from './ledger.ts';
import { MISCONFIGURATIONS, saysWhatIsWrong } from './misconfigured.ts';
import { policyTrial, refuseUnenforced } from './network-policy-trial.ts';
import { podsRestricted, strangersRefused } from './pod-security.ts';
import { PortForward } from './port-forward.ts';
import { metricsPresent, panelsAnswer, rulesHealthy, shardsShared, targetsUp } from './prometheus.ts';
import { rolloutStatus, stableVersion } from './promotion.ts';
import { provePromotions } from './prove-promotions.ts';
import type { Settings } from './settings.ts';
import { skaffoldIterations } from './skaffold-iterations.ts';
import type { Steps } from './steps.ts';
import { systemFiles } from './system-files.ts';
import { assertSound, Traffic } from './traffic.ts';
import { underLoad } from './under-load.ts';

/** Time within which another pod reads a shard after a clean stop. After a crash the lease is added. */
const GAP_MILLISECONDS = 2_000;
const LEASE_MILLISECONDS = 10_000;

export async function proveSystem(steps: Steps, settings: Settings): Promise<void> {
  const files = systemFiles(settings);
  await proveTraffic(steps);
  await proveHttp(steps);
  await proveManifests(steps, files, settings);
  await proveGroup(steps);
  await provePodLoss(steps, files);
  await proveRecorded(steps, () => provePromotions(steps, settings));
  await proveMetrics(steps);
}

/** Also the transitions of steps that failed are in the record. */
async function proveRecorded(steps: Steps, promotions: () => Promise<void>): Promise<void> {
  await using audit = await AuditLog.open();
  await promotions();
  await steps.prove('every transition of these promotions is in the audit record, in order', () =>
    audit.assertComplete(),
  );
}

async function proveTraffic(steps: Steps): Promise<void> {
  await steps.prove('2,000 applications, none lost', async () => {
    await using kinesis = await PortForward.open('kinesis', 4567);
    const traffic = await Traffic.open(kinesis.url, `burst-${Date.now()}`);
    await traffic.burst(2_000);
    return assertSound(await traffic.finish(120));
  });
  // The bake time ends without traffic too, but then it proves nothing.
  await steps.prove('the first version passes its bake time under load', async () => {
    let version = '';
    const account = await underLoad('bake-time', async () => {
      version = await stableVersion(240);
    });
    const { stable } = await rolloutStatus();
    if (!stable?.soakedAt) throw new Error(`version ${version} is Stable without proof`);
    return `version ${version}; ${assertSound(account)}`;
  });
}

async function proveHttp(steps: Steps): Promise<void> {
  await steps.prove('an application is decided over HTTP', async () => {
    await using inference = await PortForward.open('inference', 8080);
    const body = Buffer.from(application('http', 1, 1).data);
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${inference.url}/predict`, { method: 'POST', headers, body });
    const said = await response.text();
    if (!response.ok || !said.includes('prediction')) throw new Error(`${response.status} ${said}`);
    return said.slice(0, 200);
  });
}

async function proveManifests(
  steps: Steps,
  files: readonly string[],
  { REQUIRE_NETWORK_POLICIES: required }: Settings,
): Promise<void> {
  await steps.prove('applying again changes nothing', () => applyAgain(files));
  await steps.prove('two iterations of skaffold leave Jobs and pods as they are', () =>
    skaffoldIterations(files),
  );
  await steps.prove('no pod is root or writes outside of its volumes', podsRestricted);
  await steps.prove('an unknown pod reaches nothing', async () => {
    refuseUnenforced(await policyTrial(imageName('tools')), required);
    return strangersRefused(imageName('tools'));
  });
  for (const wrong of MISCONFIGURATIONS)
    await steps.prove(`a pod says what is wrong: ${wrong.name}`, () => saysWhatIsWrong(wrong));
}

async function proveGroup(steps: Steps): Promise<void> {
  const handedOver = async (name: string, action: () => Promise<void>): Promise<void> => {
    await steps.prove(`${name} under load, none lost, no shard unread for 2 s`, async () =>
      within(GAP_MILLISECONDS, await underLoad('group', action)),
    );
  };
  await handedOver('rolling restart', () => rollingRestart('inference'));
  await handedOver('scaling 1, 4, 1, 2', async () => {
    for (const replicas of [1, 4, 1, 2]) await scale('inference', replicas);
  });
  await handedOver('node drain', () => drain('inference'));
  await steps.prove('an inference pod is killed without grace under load, none lost', async () =>
    within(LEASE_MILLISECONDS + GAP_MILLISECONDS, await underLoad('killed', () => killOnePod('inference'))),
  );
}

async function provePodLoss(steps: Steps, files: readonly string[]): Promise<void> {
  const components = [...namesOf(files, 'StatefulSet'), ...namesOf(files, 'Deployment')];
  for (const component of components.filter(hasPods)) {
    await steps.prove(`a pod of ${component} is deleted under load, none lost`, async () =>
      assertSound(await underLoad(`without-${component}`, () => deleteOnePod(component))),
    );
  }
}

async function proveMetrics(steps: Steps): Promise<void> {
  await using prometheus = await PortForward.open('prometheus', 9090);
  const jobs = ['prometheus', ...SCRAPE_TARGETS.map(({ component }) => component).filter(hasPods)];
  await steps.prove('every target of Prometheus is up', () => targetsUp(prometheus.url, jobs));
  await steps.prove('the shards are shared among all pods', () => shardsShared(prometheus.url));
  await steps.prove('every documented metric has a sample', () => metricsPresent(prometheus.url, 'always'));
  await steps.prove('every metric of rollouts has a sample', () => metricsPresent(prometheus.url, 'rollout'));
  await steps.prove('every alerting rule evaluates', () => rulesHealthy(prometheus.url));
  await steps.prove('every panel of the Overview has an answer', () => panelsAnswer(prometheus.url));
}

/** The isolated canary has pods only in a rollout that asks for it. */
function hasPods(component: string): boolean {
  return component !== ISOLATED_CANARY;
}

function within(milliseconds: number, account: Account): string {
  const told = assertSound(account);
  if (account.slowestMilliseconds > milliseconds) throw new Error(`${told}: more than ${milliseconds} ms`);
  return told;
}
