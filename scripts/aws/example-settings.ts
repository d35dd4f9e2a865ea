import { parseCidr, within } from '../../infrastructure/cidr.ts';
import type { AwsEnvironment } from '../../infrastructure/environment-schema.ts';

/** Networks for documentation: RFC 5737. Nobody runs `kubectl` there. */
const DOCUMENTATION = ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24'];

/** Domains for documentation and tests: RFC 2606. No mail arrives there. */
const NO_MAIL = /[@.](example\.(com|net|org)|example|invalid|test)$/i;

/** @throws Error that names each setting that still has the value of an example, and what to put there */
export function refuseExampleSettings({ cluster, data, budget }: AwsEnvironment): void {
  const networks =
    cluster.kind === 'new' && cluster.endpoint.kind === 'public' ? cluster.endpoint.networks : [];
  const problems = [
    ...networks
      .filter(isDocumentation)
      .map(
        (network) =>
          `cluster.endpoint.networks has ${network}, a network for documentation. Put the networks there from which you run kubectl`,
      ),
    ...Object.entries({ 'data.alarmEmail': data.alarmEmail, 'budget.email': budget?.email })
      .filter(([, address]) => address !== undefined && NO_MAIL.test(address))
      .map(
        ([setting, address]) =>
          `${setting} is ${address}, an address of an example. Put an address there that you read`,
      ),
  ];
  if (problems.length > 0) throw new Error(`infrastructure/environments.ts: ${problems.join('; ')}.`);
}

function isDocumentation(text: string): boolean {
  const network = parseCidr(text);
  return (
    network !== undefined &&
    DOCUMENTATION.some((example) => {
      const outer = parseCidr(example);
      return outer !== undefined && within(network, outer);
    })
  );
}
