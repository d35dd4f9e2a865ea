import type { Construct } from 'constructs';
import { stringify } from 'yaml';
import { serviceAccount } from './access.ts';
import { ALERT_GROUPS } from './alerts.ts';
import { ComponentChart } from './component-chart.ts';
import { checksums, configFiles } from './config-files.ts';
import { deployment } from './deployment.ts';
import type { Environment } from './environments.ts';
import { httpProbe } from './pod.ts';
import { SCRAPE_TARGETS, type ScrapeTarget } from './scraping.ts';
import { service } from './service.ts';
import { claim } from './volume.ts';

/** Metrics of every component, and the rules over them. For kind: on EKS the cluster's own Prometheus does it. */
export class PrometheusChart extends ComponentChart {
  constructor(scope: Construct, environment: Environment) {
    super(scope, 'prometheus');
    serviceAccount(this, 'prometheus', {
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] }],
    });
    service(this, 'prometheus', { http: 9090 });
    const config = configFiles(this, 'prometheus', {
      'prometheus.yml': configuration(),
      'alerts.yml': stringify({ groups: ALERT_GROUPS }),
    });
    deployment(this, 'prometheus', {
      user: 65534,
      replicas: 1,
      strategy: 'Recreate',
      serviceAccount: 'prometheus',
      apiAccess: true,
      annotations: checksums(config),
      containers: [
        {
          name: 'prometheus',
          image: 'prom/prometheus:v2.53.0',
          args: [
            '--config.file=/etc/prometheus/prometheus.yml',
            '--storage.tsdb.path=/prometheus',
            '--storage.tsdb.retention.size=1GB',
          ],
          ports: { http: 9090 },
          mounts: {
            '/etc/prometheus': { volume: config.volume, readOnly: true },
            '/prometheus': { volume: claim(this, 'prometheus-data', environment, 2) },
          },
          resources: { cpuMillis: 50, cpuLimitMillis: 1_000, memoryMebibytes: 384 },
          startup: httpProbe('/-/healthy', 'http', { periodSeconds: 2, failureThreshold: 60 }),
          readiness: httpProbe('/-/ready', 'http', { periodSeconds: 5, failureThreshold: 2 }),
          liveness: httpProbe('/-/healthy', 'http', { periodSeconds: 10, failureThreshold: 6 }),
        },
      ],
    });
  }
}

function configuration(): string {
  return stringify({
    global: { scrape_interval: '5s', scrape_timeout: '4s', evaluation_interval: '15s' },
    rule_files: ['/etc/prometheus/alerts.yml'],
    scrape_configs: [
      { job_name: 'prometheus', static_configs: [{ targets: ['localhost:9090'] }] },
      ...SCRAPE_TARGETS.map(scrapeJob),
    ],
  });
}

/** Every running pod of the component, with the labels that a PodMonitor would give. */
function scrapeJob({ component, honorLabels }: ScrapeTarget): object {
  const keep = (source: string, regex: string) => ({ action: 'keep', source_labels: [source], regex });
  const copy = (source: string, target: string) => ({ source_labels: [source], target_label: target });
  return {
    job_name: component,
    ...(honorLabels ? { honor_labels: true } : {}),
    kubernetes_sd_configs: [{ role: 'pod', namespaces: { own_namespace: true } }],
    relabel_configs: [
      keep('__meta_kubernetes_pod_label_app_kubernetes_io_name', component),
      keep('__meta_kubernetes_pod_container_port_name', 'http'),
      { action: 'drop', source_labels: ['__meta_kubernetes_pod_phase'], regex: 'Succeeded|Failed' },
      copy('__meta_kubernetes_namespace', 'namespace'),
      copy('__meta_kubernetes_pod_name', 'pod'),
      copy('__meta_kubernetes_pod_container_name', 'container'),
    ],
  };
}
