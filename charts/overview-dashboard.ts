import { DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';

interface Panel {
  readonly title: string;
  readonly kind: 'stat' | 'timeseries';
  /** PromQL, and how each of its series is called. */
  readonly query: string;
  readonly legend: string;
  readonly unit: string;
}

/** Every row and panel of the Overview. The cluster test runs each query against the live Prometheus. */
export const OVERVIEW: Readonly<Record<string, readonly Panel[]>> = {
  'Which model decides': [
    {
      title: 'Pods by model version',
      kind: 'stat',
      query: 'count by (model_version, role) (inference_model_info)',
      legend: 'version {{model_version}} {{role}}',
      unit: 'none',
    },
    {
      title: 'Decisions by version and role',
      kind: 'timeseries',
      query: 'sum by (model_version, role) (rate(inference_decisions_total[1m]))',
      legend: 'version {{model_version}} {{role}}',
      unit: 'reqps',
    },
    {
      title: 'Share of approvals',
      kind: 'timeseries',
      query:
        'sum by (model_version) (rate(inference_decisions_total{decision="true"}[10m])) / sum by (model_version) (rate(inference_decisions_total[10m]))',
      legend: 'version {{model_version}}',
      unit: 'percentunit',
    },
    {
      title: 'Agreement of the candidate in shadow',
      kind: 'timeseries',
      query:
        'sum by (model_version) (rate(inference_shadow_comparisons_total{agreement="agree"}[10m])) / sum by (model_version) (rate(inference_shadow_comparisons_total[10m]))',
      legend: 'version {{model_version}}',
      unit: 'percentunit',
    },
  ],
  Stream: [
    {
      title: 'Lag of the shard furthest behind',
      kind: 'timeseries',
      query: 'max(kinesis_lag_milliseconds)',
      legend: 'lag',
      unit: 'ms',
    },
  ],
};

/** The dashboard as Grafana imports it. */
export function overviewDashboard(): string {
  const builder = new DashboardBuilder('Loan eligibility: overview')
    .uid('loan-eligibility-overview')
    .tags(['loan-eligibility'])
    .refresh('15s')
    .time({ from: 'now-1h', to: 'now' })
    .timezone('browser')
    .tooltip(1);
  for (const [title, panels] of Object.entries(OVERVIEW)) {
    builder.withRow(new RowBuilder(title));
    for (const panel of panels) builder.withPanel(panelBuilder(panel));
  }
  return JSON.stringify(builder.build(), null, 2);
}

function panelBuilder({ title, kind, query, legend, unit }: Panel): StatBuilder | TimeseriesBuilder {
  const target = new DataqueryBuilder().expr(query).legendFormat(legend);
  const source = { type: 'prometheus', uid: 'prometheus' };
  const panel = kind === 'stat' ? new StatBuilder() : new TimeseriesBuilder();
  return panel.title(title).unit(unit).datasource(source).height(8).span(6).withTarget(target);
}
