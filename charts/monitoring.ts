import { PodMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PodMonitor';
import { PrometheusRule } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { HTTP_PATHS } from '../services/shared/agreements/http-paths.ts';
import { ALERT_GROUPS } from './alerts.ts';
import { ComponentChart, componentLabels } from './component-chart.ts';
import { overviewDashboard } from './overview-dashboard.ts';
import { SCRAPE_TARGETS } from './scraping.ts';
import { thirdPartyObject } from './third-party-object.ts';

/** PodMonitors, alert rules and dashboards for a cluster that runs Prometheus and Grafana by their operators. */
export class MonitoringChart extends ComponentChart {
  constructor(scope: Construct) {
    super(scope, 'monitoring');
    for (const { component, honorLabels } of SCRAPE_TARGETS) {
      const monitor = new PodMonitor({
        metadata: { name: component },
        spec: {
          selector: { matchLabels: componentLabels(component) },
          podMetricsEndpoints: [
            { port: 'http', path: HTTP_PATHS.metrics, honorLabels: honorLabels ?? false },
          ],
        },
      });
      thirdPartyObject(this, `pod-monitor-${component}`, monitor);
    }
    const rule = new PrometheusRule({
      metadata: { name: 'loan-eligibility' },
      spec: { groups: ALERT_GROUPS.map((group) => ({ ...group, rules: [...group.rules] })) },
    });
    thirdPartyObject(this, 'prometheus-rule', rule);
    new k8s.KubeConfigMap(this, 'dashboards', {
      metadata: { name: 'loan-eligibility-dashboards', labels: { grafana_dashboard: '1' } },
      data: { 'loan-eligibility-overview.json': overviewDashboard() },
    });
  }
}
