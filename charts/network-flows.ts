import { HTTP_PORT } from '../services/shared/agreements/http-paths.ts';
import { ISOLATED_CANARY, VERIFICATION_COMPONENT } from '../services/shared/agreements/kubernetes-names.ts';
import type { Environment } from './environment.ts';
import { workspaceOf } from './scraping.ts';

/** Pods of one of our components, all pods of another namespace, pods of any namespace by label, or addresses. */
export type Peer =
  | { readonly component: string }
  | { readonly namespace: string }
  | { readonly label: string }
  | { readonly network: string };

export interface Flow {
  readonly from: readonly Peer[];
  readonly to: Peer;
  readonly port: number;
}

/** Label for a pod of any namespace that may call the scoring service over HTTP. */
const CLIENT_LABEL = 'loan-eligibility/client';

const component = (name: string): Peer => ({ component: name });
const EVERYWHERE: Peer = { network: '0.0.0.0/0' };
const HTTPS_PORT = 443;

/** The agent of EKS Pod Identity on each node gives pods their AWS credentials. */
const POD_IDENTITY_AGENT = { peer: { network: '169.254.170.23/32' }, port: 80 };

/** Every permitted network flow, by name. */
export function networkFlows(environment: Environment): Readonly<Record<string, Flow>> {
  const { database, kinesis, artifacts, monitoring, training, apiServerPort, batchScoring, identity } =
    environment;
  const scoring = batchScoring === undefined ? [] : ['batch-scoring'];
  const bundled = monitoring.kind === 'bundled';
  const prometheus = bundled ? component('prometheus') : { namespace: monitoring.namespace };
  const workspace = workspaceOf(environment);
  const { bucket, stream } = environment.audit;
  const recording = bucket === undefined && stream === undefined ? [] : ['rollout'];
  const signing = workspace === undefined ? recording : ['rollout'];
  const s3Clients = [
    ...(artifacts.kind === 's3' ? ['mlflow', 'training', ...scoring] : []),
    ...(kinesis.onFailure === undefined ? [] : ['inference']),
  ];
  return {
    'mlflow-to-database': {
      from: [component('mlflow')],
      to: database.kind === 'in-cluster' ? component('postgres') : { network: database.network },
      port: 5432,
    },
    ...(training.searchPods > 1
      ? {
          'search-to-database': {
            from: ['training', ...(database.kind === 'in-cluster' ? ['search-database'] : [])].map(component),
            to: database.kind === 'in-cluster' ? component('postgres') : { network: database.network },
            port: 5432,
          },
        }
      : {}),
    'clients-to-mlflow': {
      from: ['inference', ISOLATED_CANARY, 'rollout', 'training', ...scoring, VERIFICATION_COMPONENT].map(
        component,
      ),
      to: component('mlflow'),
      port: 5000,
    },
    'clients-to-inference': { from: [{ label: CLIENT_LABEL }], to: component('inference'), port: HTTP_PORT },
    'inference-to-isolated-canary': {
      from: [component('inference')],
      to: component(ISOLATED_CANARY),
      port: HTTP_PORT,
    },
    'clients-to-kinesis': {
      from: ['inference', 'kinesis-client'].map(component),
      to: kinesis.emulator ? component('kinesis') : EVERYWHERE,
      port: kinesis.emulator ? 4567 : HTTPS_PORT,
    },
    ...(s3Clients.length > 0
      ? { 'clients-to-s3': { from: s3Clients.map(component), to: EVERYWHERE, port: HTTPS_PORT } }
      : {}),
    ...(identity.kind === 'pod-identity'
      ? {
          'clients-to-pod-identity': {
            from: ['inference', 'mlflow', 'training', ...scoring, ...signing].map(component),
            to: POD_IDENTITY_AGENT.peer,
            port: POD_IDENTITY_AGENT.port,
          },
        }
      : {}),
    'clients-to-api-server': {
      from: ['inference', 'rollout', 'secrets'].map(component),
      to: EVERYWHERE,
      port: apiServerPort,
    },
    'rollout-to-inference': { from: [component('rollout')], to: component('inference'), port: HTTP_PORT },
    'rollout-to-prometheus':
      workspace === undefined
        ? { from: [component('rollout')], to: prometheus, port: 9090 }
        : { from: [component('rollout')], to: EVERYWHERE, port: HTTPS_PORT },
    ...(recording.length > 0
      ? { 'rollout-to-audit-record': { from: [component('rollout')], to: EVERYWHERE, port: HTTPS_PORT } }
      : {}),
    ...(environment.notificationHosts.length > 0
      ? { 'rollout-to-notifications': { from: [component('rollout')], to: EVERYWHERE, port: HTTPS_PORT } }
      : {}),
    'mlflow-to-rollout': { from: [component('mlflow')], to: component('rollout'), port: HTTP_PORT },
    'training-to-pushgateway': { from: [component('training')], to: component('pushgateway'), port: 9091 },
    'prometheus-to-inference': { from: [prometheus], to: component('inference'), port: HTTP_PORT },
    'prometheus-to-isolated-canary': {
      from: [prometheus],
      to: component(ISOLATED_CANARY),
      port: HTTP_PORT,
    },
    'prometheus-to-rollout': { from: [prometheus], to: component('rollout'), port: HTTP_PORT },
    'prometheus-to-mlflow': { from: [prometheus], to: component('mlflow'), port: 5000 },
    'prometheus-to-pushgateway': { from: [prometheus], to: component('pushgateway'), port: 9091 },
    ...(bundled
      ? { 'grafana-to-prometheus': { from: [component('grafana')], to: prometheus, port: 9090 } }
      : {}),
  };
}
