import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { NAME_LABEL } from '../services/shared/agreements/kubernetes-names.ts';
import { ComponentChart } from './component-chart.ts';
import type { Environment } from './environment.ts';
import { type Flow, networkFlows, type Peer } from './network-flows.ts';

/** Denies all traffic, then permits each flow of network-flows.ts on both of its ends. */
export class NetworkPoliciesChart extends ComponentChart {
  constructor(scope: Construct, environment: Environment) {
    super(scope, 'network-policies');
    this.#policy('default-deny', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
    this.#policy('all-to-dns', { podSelector: {}, policyTypes: ['Egress'], egress: [dns(environment)] });
    for (const [name, flow] of Object.entries(networkFlows(environment))) this.#allow(name, flow);
  }

  #allow(name: string, { from, to, port }: Flow): void {
    const ports = [{ protocol: 'TCP', port: k8s.IntOrString.fromNumber(port) }];
    const ours = from.flatMap((peer) => ('component' in peer ? [peer.component] : []));
    if (ours.length > 0) {
      this.#policy(`${name}-egress`, {
        podSelector: anyOf(ours),
        policyTypes: ['Egress'],
        egress: [{ to: [policyPeer(to)], ports }],
      });
    }
    if (!('component' in to)) return;
    this.#policy(`${name}-ingress`, {
      podSelector: anyOf([to.component]),
      policyTypes: ['Ingress'],
      ingress: [{ from: from.map(policyPeer), ports }],
    });
  }

  #policy(name: string, spec: k8s.NetworkPolicySpec): void {
    new k8s.KubeNetworkPolicy(this, name, { metadata: { name }, spec });
  }
}

function dns({ dnsNetworks }: Environment): k8s.NetworkPolicyEgressRule {
  return {
    to: [
      {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
        podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
      },
      ...dnsNetworks.map((cidr) => ({ ipBlock: { cidr } })),
    ],
    ports: ['UDP', 'TCP'].map((protocol) => ({ protocol, port: k8s.IntOrString.fromNumber(53) })),
  };
}

function policyPeer(peer: Peer): k8s.NetworkPolicyPeer {
  if ('component' in peer) return { podSelector: anyOf([peer.component]) };
  if ('network' in peer) return { ipBlock: { cidr: peer.network } };
  if ('label' in peer)
    return { namespaceSelector: {}, podSelector: { matchLabels: { [peer.label]: 'true' } } };
  return { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': peer.namespace } } };
}

function anyOf(components: readonly string[]): k8s.LabelSelector {
  const [only] = components;
  if (components.length === 1 && only) return { matchLabels: { [NAME_LABEL]: only } };
  return {
    matchExpressions: [{ key: NAME_LABEL, operator: 'In', values: [...components] }],
  };
}
