import { FAULTY_TERM, withFaultyTerm } from '../support/model/faulty-model.ts';
import { LeaderLosses, Outages } from './mid-rollout.ts';
import { PortForward } from './port-forward.ts';
import { type OnStatus, promote, promoteRefused } from './promotion.ts';
import { proveApproval } from './prove-approval.ts';
import { proveBreakGlass } from './prove-break-glass.ts';
import { proveHolds } from './prove-holds.ts';
import { proveIsolatedCanary } from './prove-isolated-canary.ts';
import type { Settings } from './settings.ts';
import type { Steps } from './steps.ts';
import { assertSound } from './traffic.ts';
import { underLoad } from './under-load.ts';
import { approvingNobody, registerChanged, registerTampered, retrain } from './versions.ts';

/** Promotes good and bad versions under load, and a good version whose rollout is disturbed. */
export async function provePromotions(steps: Steps, settings: Settings): Promise<void> {
  await using mlflow = await PortForward.open('mlflow', 5000);
  const { url } = mlflow;
  let second = '';
  const trained = await steps.prove('another model is trained in the cluster', async () => {
    second = await retrain(url, 8);
    return `version ${second}`;
  });
  if (!trained) return;
  await steps.prove(
    'it is promoted under load: verified, shadowed, canaried, none lost, nobody flips back',
    () => promotedUnderLoad(url, second),
  );
  await proveRefusals(steps, url, second);
  await proveApproval(steps, url);
  await steps.prove('a promotion survives the loss of the leader in every phase', async () => {
    const losses = new LeaderLosses();
    const version = await registerChanged(url, second, (files) => files);
    return `${await promotedUnderLoad(url, version, losses.onStatus)}; leaders lost ${losses.assertAll()}`;
  });
  await proveIsolatedCanary(steps, url);
  await proveHolds(steps, url);
  const { STOP_API_SERVER: stop, START_API_SERVER: start } = settings;
  const apiServer = stop && start ? { stop, start } : undefined;
  if (!apiServer)
    console.error(
      'NOT RUN: an outage of the API server. It needs commands in STOP_API_SERVER and START_API_SERVER',
    );
  await steps.prove('a promotion waits for what is down, and goes on', async () => {
    const outages = new Outages(apiServer);
    const version = await registerChanged(url, second, (files) => files);
    return `${await promotedUnderLoad(url, version, outages.onStatus)}; without ${outages.assertAll()}`;
  });
  await proveBreakGlass(steps, url);
}

/** Each bad version is stopped by another gate. The good version stays and decides everything. */
async function proveRefusals(steps: Steps, mlflowUrl: string, good: string): Promise<void> {
  await steps.prove('a tampered version is refused by its verification, under load', async () => {
    const version = await registerTampered(mlflowUrl, good);
    return refusedUnderLoad(mlflowUrl, version, { reason: 'DigestMismatch', decides: false });
  });
  await steps.prove('a version that flips decisions is stopped in shadow, under load', async () => {
    const version = await registerChanged(mlflowUrl, good, approvingNobody);
    return refusedUnderLoad(mlflowUrl, version, { reason: 'ShadowFailed', decides: false });
  });
  await steps.prove('a version that fails on a share of the records is rolled back in canary', async () => {
    const version = await registerChanged(mlflowUrl, good, withFaultyTerm);
    return refusedUnderLoad(mlflowUrl, version, { reason: 'CanaryFailed', decides: true });
  });
}

async function promotedUnderLoad(mlflowUrl: string, version: string, onStatus?: OnStatus): Promise<string> {
  const account = await underLoad(`promotion-${version}`, () =>
    promote(mlflowUrl, version, { timeoutSeconds: 600, ...(onStatus ? { onStatus } : {}) }),
  );
  if (account.flippedBack > 0) throw new Error(`${account.flippedBack} applicants flipped back`);
  return `${assertSound(account)}; decisions by version ${JSON.stringify(account.decisionsByVersion)}`;
}

/** Once the version decides records, it gets records that it cannot score. The stable version decides those. */
async function refusedUnderLoad(
  mlflowUrl: string,
  version: string,
  expected: { readonly reason: string; readonly decides: boolean },
): Promise<string> {
  let refusal = { reason: '', message: '' };
  const account = await underLoad(`refusal-${version}`, async (traffic) => {
    refusal = await promoteRefused(mlflowUrl, version, ({ phase }) => {
      if (phase === 'Canary') traffic.variation = { Loan_Amount_Term: FAULTY_TERM };
    });
  });
  const told = `${refusal.reason}: ${refusal.message}; decisions by version ${JSON.stringify(account.decisionsByVersion)}`;
  if (refusal.reason !== expected.reason) throw new Error(`refused by another gate: ${told}`);
  if (version in account.decisionsByVersion !== expected.decides) throw new Error(told);
  return told;
}
