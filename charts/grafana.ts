import type { Construct } from 'constructs';
import { stringify } from 'yaml';
import { ComponentChart } from './component-chart.ts';
import { checksums, configFiles } from './config-files.ts';
import { deployment } from './deployment.ts';
import type { Environment } from './environment.ts';
import { overviewDashboard } from './overview-dashboard.ts';
import { httpProbe } from './pod.ts';
import { prometheusUrl } from './scraping.ts';
import { GRAFANA_SECRET } from './secrets.ts';
import { service } from './service.ts';
import { THIRD_PARTY_IMAGES } from './third-party-images.ts';
import { GRAFANA_USER } from './users.ts';
import { emptyDir, secretVolume } from './volume.ts';

const DASHBOARDS = '/etc/dashboards';
const ADMIN = '/etc/grafana-admin';

/** Grafana with the overview dashboard already loaded, for kind. On EKS the cluster's Grafana shows it. */
export class GrafanaChart extends ComponentChart {
  constructor(scope: Construct, environment: Environment) {
    super(scope, 'grafana');
    service(this, 'grafana', { http: 3000 });
    const dashboards = configFiles(this, 'grafana-dashboards', { 'overview.json': overviewDashboard() });
    const sources = configFiles(this, 'grafana-sources', { 'prometheus.yaml': dataSource(environment) });
    const providers = configFiles(this, 'grafana-providers', { 'files.yaml': dashboardProvider() });
    deployment(this, 'grafana', {
      user: GRAFANA_USER,
      replicas: 1,
      strategy: 'Recreate',
      annotations: checksums(dashboards, sources, providers),
      containers: [
        {
          name: 'grafana',
          image: THIRD_PARTY_IMAGES.grafana,
          environment: {
            GF_SECURITY_ADMIN_PASSWORD__FILE: `${ADMIN}/admin-password`,
            GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH: `${DASHBOARDS}/overview.json`,
            GF_ANALYTICS_REPORTING_ENABLED: 'false',
            GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
            GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: 'false',
          },
          ports: { http: 3000 },
          mounts: {
            [ADMIN]: { volume: secretVolume('admin', GRAFANA_SECRET, ['admin-password']), readOnly: true },
            [DASHBOARDS]: { volume: dashboards.volume, readOnly: true },
            '/etc/grafana/provisioning/datasources': { volume: sources.volume, readOnly: true },
            '/etc/grafana/provisioning/dashboards': { volume: providers.volume, readOnly: true },
            '/var/lib/grafana': { volume: emptyDir('data', 256) },
            '/tmp': { volume: emptyDir('tmp', 64) },
          },
          resources: { cpuMillis: 20, cpuLimitMillis: 1_000, memoryMebibytes: 256 },
          startup: httpProbe('/api/health', 'http', { periodSeconds: 2, failureThreshold: 60 }),
          readiness: httpProbe('/api/health', 'http', { periodSeconds: 5, failureThreshold: 2 }),
          liveness: httpProbe('/api/health', 'http', { periodSeconds: 10, failureThreshold: 6 }),
        },
      ],
    });
  }
}

function dataSource(environment: Environment): string {
  return stringify({
    apiVersion: 1,
    datasources: [
      {
        name: 'Prometheus',
        uid: 'prometheus',
        type: 'prometheus',
        url: prometheusUrl(environment),
        access: 'proxy',
        isDefault: true,
      },
    ],
  });
}

function dashboardProvider(): string {
  return stringify({
    apiVersion: 1,
    providers: [{ name: 'files', type: 'file', allowUiUpdates: false, options: { path: DASHBOARDS } }],
  });
}
