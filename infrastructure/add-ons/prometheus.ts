import { POD_NAMESPACE } from '../access/trust.ts';
import type { AwsEnvironment } from '../environment-schema.ts';
import { CHARTS } from './charts.ts';

/** ServiceAccount of the Prometheus pods. */
export const PROMETHEUS_ACCOUNT = { namespace: CHARTS.prometheus.namespace, serviceAccount: 'prometheus' };

/** A store of Amazon Managed Service for Prometheus that the pods write to. */
export interface RemoteStore {
  readonly url: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The Role that lets the side-car of Grafana find dashboards. The chart's own would show it all Secrets too. */
const DASHBOARD_READER = 'grafana-dashboards';

/**
 * Values of the chart. Prometheus selects the monitors and rules of every namespace. EKS hides the parts of the control
 * plane that the chart would watch.
 * @param store without it, Prometheus keeps the metrics alone and Grafana draws them
 */
export function prometheusValues(
  { addOns, region }: AwsEnvironment,
  store?: RemoteStore,
): Record<string, unknown> {
  const { replicas } = addOns;
  return {
    fullnameOverride: 'prometheus',
    kubeControllerManager: { enabled: false },
    kubeScheduler: { enabled: false },
    kubeEtcd: { enabled: false },
    kubeProxy: { enabled: false },
    // Nobody needs to count Secrets, and who lists them can read them.
    'kube-state-metrics': { collectorsExclude: ['secrets', 'configmaps'] },
    prometheus: {
      serviceAccount: { name: PROMETHEUS_ACCOUNT.serviceAccount, annotations: store?.annotations ?? {} },
      podDisruptionBudget: { enabled: replicas > 1, minAvailable: 1 },
      prometheusSpec: {
        replicas,
        podMonitorSelectorNilUsesHelmValues: false,
        serviceMonitorSelectorNilUsesHelmValues: false,
        ruleSelectorNilUsesHelmValues: false,
        retention: `${addOns.metricsDays}d`,
        // Prometheus stops when its disk is full. The write-ahead log is not in this size.
        retentionSize: `${Math.floor(addOns.metricsGibibytes * 0.8)}GiB`,
        storageSpec: volume(addOns.metricsGibibytes),
        podAntiAffinity: 'soft',
        podAntiAffinityTopologyKey: 'topology.kubernetes.io/zone',
        resources: { requests: { cpu: '250m', memory: '1Gi' }, limits: { memory: '4Gi' } },
        ...(store && { remoteWrite: [{ url: store.url, sigv4: { region } }] }),
      },
    },
    alertmanager: { alertmanagerSpec: { replicas, storage: volume(2) } },
    grafana: store ? { enabled: false } : grafanaValues(),
    ...(!store && { extraManifests: dashboardReaders() }),
  };
}

/** The chart makes the password of the user `admin` once, and keeps it in the Secret `prometheus-grafana`. */
function grafanaValues(): Record<string, unknown> {
  return {
    rbac: { namespaced: true, namespaces: [POD_NAMESPACE], useExistingRole: DASHBOARD_READER },
    sidecar: {
      dashboards: {
        enabled: true,
        label: 'grafana_dashboard',
        searchNamespace: [CHARTS.prometheus.namespace, POD_NAMESPACE],
        resource: 'configmap',
      },
      datasources: { enabled: true, resource: 'configmap' },
    },
  };
}

function dashboardReaders(): Record<string, unknown>[] {
  return [CHARTS.prometheus.namespace, POD_NAMESPACE].map((namespace) => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name: DASHBOARD_READER, namespace },
    rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'watch'] }],
  }));
}

function volume(gibibytes: number): Record<string, unknown> {
  return {
    volumeClaimTemplate: {
      spec: {
        storageClassName: 'gp3',
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: `${gibibytes}Gi` } },
      },
    },
  };
}
