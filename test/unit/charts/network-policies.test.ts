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

  test('everything is denied first', () => {
    expect(all.get('default-deny')).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  });

  test('each flow is opened by a policy of its name at both ends that are pods of ours', () => {
    for (const [name, { from, to, port }] of Object.entries(networkFlows(environment))) {
      const ours = from.some((peer) => 'component' in peer);
      expect({ name, egress: all.has(`${name}-egress`) }).toEqual({ name, egress: ours });
      expect({ name, ingress: all.has(`${name}-ingress`) }).toEqual({ name, ingress: 'component' in to });
      for (const spec of [all.get(`${name}-egress`)?.egress, all.get(`${name}-ingress`)?.ingress]) {
        if (spec) expect(spec[0].ports).toEqual([{ protocol: 'TCP', port }]);
      }
    }
  });

  test('no policy opens anything that is not a flow', () => {
    const flows = Object.keys(networkFlows(environment)).flatMap((name) => [
      `${name}-egress`,
      `${name}-ingress`,
    ]);
    const others = [...all.keys()].filter((name) => !flows.includes(name));
    expect(others).toEqual(['default-deny', 'all-to-dns']);
  });

  test('DNS is asked of the pods that serve it, and of the addresses that the environment names', () => {
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
    // Made while the system runs: by the operator, and by who checks the streams.
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

test('a cache of DNS on the node, which is no pod by its address, may be asked on EKS', () => {
  expect(eks.dnsNetworks).toContain('169.254.20.10/32');
  expect(kind.dnsNetworks).toEqual([]);
});
