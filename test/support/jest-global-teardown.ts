import type { SharedServers } from './shared-servers.ts';

/** jest calls it after the last test file of the integration tests. */
export default async function tearDown(): Promise<void> {
  const { sharedServers } = globalThis as { sharedServers?: SharedServers };
  await sharedServers?.[Symbol.asyncDispose]();
}
