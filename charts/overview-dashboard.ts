import { DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { OVERVIEW, type Panel } from './overview-panels.ts';

/** The overview dashboard as the JSON that Grafana imports. */
export function overviewDashboard(): string {
  const builder = new DashboardBuilder('Loan eligibility: overview')
    .uid('loan-eligibility-overview')
    .tags(['loan-eligibility'])
    .refresh('15s')
    .time({ from: 'now-1h', to: 'now' })
    .timezone('browser');
  for (const [title, panels] of Object.entries(OVERVIEW)) {
    builder.withRow(new RowBuilder(title));
    for (const panel of panels) builder.withPanel(panelBuilder(panel));
  }
  return JSON.stringify(builder.build(), null, 2);
}

function panelBuilder({ title, kind, query, legend, unit }: Panel): StatBuilder | TimeseriesBuilder {
  const panel = kind === 'stat' ? new StatBuilder() : new TimeseriesBuilder();
  return panel
    .title(title)
    .unit(unit)
    .datasource({ type: 'prometheus', uid: 'prometheus' })
    .height(8)
    .span(12)
    .withTarget(new DataqueryBuilder().expr(query).legendFormat(legend));
}
