import { SharedServers } from './shared-servers.ts';

/** jest calls it before the first test file of the integration tests. */
export default async function setUp(): Promise<void> {
  Object.assign(globalThis, { sharedServers: await SharedServers.open() });
}
