import { setTimeout as delay } from 'node:timers/promises';
import type { Account } from './ledger.ts';
import { PortForward } from './port-forward.ts';
import { assertSound, Traffic } from './traffic.ts';

const PER_SECOND = 60;
const BEFORE_AND_AFTER_MILLISECONDS = 3_000;

/**
 * Runs `disruption` while applications keep coming, and accounts for every application.
 * @throws Error if an application was lost, got a wrong outcome or was out of order
 */
export async function underLoad(run: string, action: (traffic: Traffic) => Promise<void>): Promise<Account> {
  await using kinesis = await PortForward.open('kinesis', 4567);
  const traffic = await Traffic.open(kinesis.url, `${run}-${Date.now()}`);
  traffic.start(PER_SECOND);
  await delay(BEFORE_AND_AFTER_MILLISECONDS);
  let problem: unknown;
  try {
    await action(traffic);
    await delay(BEFORE_AND_AFTER_MILLISECONDS);
  } catch (error) {
    problem = error;
  }
  const account = await traffic.finish(120);
  if (problem !== undefined) throw problem;
  assertSound(account);
  return account;
}
