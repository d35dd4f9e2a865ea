import { describe, expect, test } from '@jest/globals';
import { eks, kind } from '../../../charts/environments.ts';
import { networkFlows } from '../../../charts/network-flows.ts';
import { systemManifests } from '../../../charts/system.ts';
import { type ManifestObject, objectsOf, podTemplate } from '../../support/manifest-objects.ts';

const environments = [
  { name: 'kind', environment: kind, objects: objectsOf(systemManifests(kind)) },
  { name: 'eks', environment: eks, objects: objectsOf(systemManifests(eks)) },
];

function policies(objects: readonly ManifestObject[]): Map<string, ManifestObject> {
  return new Map(
    objects
      .filter((object) => object.kind === 'NetworkPolicy')
      .map(({ metadata, spec }) => [metadata.name, spec]),
  );
}

describe.each(environments)('$name', ({ environment, objects }) => {
  const all = policies(objects);

  test('all traffic is denied first', () => {
    expect(all.get('default-deny')).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  });

  test('a policy named after the flow opens each end of a flow that is one of our pods', () => {
    for (const [name, { from, to, port }] of Object.entries(networkFlows(environment))) {
      const ours = from.some((peer) => 'component' in peer);
      expect({ name, egress: all.has(`${name}-egress`) }).toEqual({ name, egress: ours });
      expect({ name, ingress: all.has(`${name}-ingress`) }).toEqual({ name, ingress: 'component' in to });
      for (const spec of [all.get(`${name}-egress`)?.egress, all.get(`${name}-ingress`)?.ingress]) {
        if (spec) expect(spec[0].ports).toEqual([{ protocol: 'TCP', port }]);
      }
    }
  });

  test('no policy opens anything but a flow', () => {
    const flows = Object.keys(networkFlows(environment)).flatMap((name) => [
      `${name}-egress`,
      `${name}-ingress`,
    ]);
    const others = [...all.keys()].filter((name) => !flows.includes(name));
    expect(others).toEqual(['default-deny', 'all-to-dns']);
  });

  test('DNS is open to the kube-dns pods and to the addresses that the environment names', () => {
    const rule = all.get('all-to-dns')?.egress[0];
    expect(rule.to).toEqual([
      {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
        podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
      },
      ...environment.dnsNetworks.map((cidr) => ({ ipBlock: { cidr } })),
    ]);
    expect(rule.ports).toEqual([
      { protocol: 'UDP', port: 53 },
      { protocol: 'TCP', port: 53 },
    ]);
  });

  test('every component that a flow names has pods', () => {
    const labels = new Set(
      objects.flatMap((object) => podTemplate(object)?.metadata?.labels?.['app.kubernetes.io/name'] ?? []),
    );
    // These pods start later: verification by the operator, and clients of the streams by hand.
    labels.add('model-verification').add('kinesis-client');
    const named = Object.values(networkFlows(environment))
      .flatMap(({ from, to }) => [...from, to])
      .flatMap((peer) => ('component' in peer ? [peer.component] : []));
    expect(named.filter((component) => !labels.has(component))).toEqual([]);
  });

  test('every selected port is one on which the component listens', () => {
    for (const [name, { to, port }] of Object.entries(networkFlows(environment))) {
      if (!('component' in to)) continue;
      const template = objects
        .map(podTemplate)
        .find((found) => found?.metadata?.labels?.['app.kubernetes.io/name'] === to.component);
      const ports = template.spec.containers.flatMap((container: ManifestObject) =>
        container.ports.map(({ containerPort }: ManifestObject) => containerPort),
      );
      expect({ name, ports }).toEqual({ name, ports: expect.arrayContaining([port]) });
    }
  });
});

test('on EKS the DNS cache of the node is open, although its address is no pod address', () => {
  expect(eks.dnsNetworks).toContain('169.254.20.10/32');
  expect(kind.dnsNetworks).toEqual([]);
});
