import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { stringify } from 'yaml';
import { ALERT_GROUPS } from './alerts.ts';
import { ComponentChart, componentLabels, NAMESPACE } from './component-chart.ts';
import { checksums, configFiles } from './config-files.ts';
import { deployment } from './deployment.ts';
import type { Environment } from './environment.ts';
import { httpProbe } from './pod.ts';
import { SCRAPE_TARGETS, type ScrapeTarget } from './scraping.ts';
import { service } from './service.ts';
import { THIRD_PARTY_IMAGES } from './third-party-images.ts';
import { NOBODY } from './users.ts';
import { claim } from './volume.ts';

/** Scrapes every component and evaluates the alert rules, for kind. On EKS the cluster's Prometheus does both. */
export class PrometheusChart extends ComponentChart {
  constructor(scope: Construct, environment: Environment) {
    super(scope, 'prometheus');
    service(this, 'prometheus', { http: 9090 });
    for (const { component } of SCRAPE_TARGETS) this.#podAddresses(component);
    const config = configFiles(this, 'prometheus', {
      'prometheus.yml': configuration(),
      'alerts.yml': stringify({ groups: ALERT_GROUPS }),
    });
    deployment(this, 'prometheus', {
      user: NOBODY,
      replicas: 1,
      strategy: 'Recreate',
      annotations: checksums(config),
      containers: [
        {
          name: 'prometheus',
          image: THIRD_PARTY_IMAGES.prometheus,
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

  /** A headless Service whose name resolves to the address of each pod of the component, ready or not. */
  #podAddresses(component: string): void {
    const name = `${component}-pods`;
    new k8s.KubeService(this, name, {
      metadata: { name },
      spec: { clusterIp: 'None', publishNotReadyAddresses: true, selector: componentLabels(component) },
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

/**
 * Finds every pod of the component by DNS, so that Prometheus needs no access to the API server. DNS gives addresses but
 * no pod names. So the inference pods give their names themselves (METRICS_POD_LABEL), because the rollout gates need them.
 */
function scrapeJob({ component, port, honorLabels }: ScrapeTarget): object {
  return {
    job_name: component,
    ...(honorLabels ? { honor_labels: true } : {}),
    dns_sd_configs: [
      { names: [`${component}-pods.${NAMESPACE}.svc`], type: 'A', port, refresh_interval: '5s' },
    ],
    relabel_configs: [{ target_label: 'namespace', replacement: NAMESPACE }],
  };
}
