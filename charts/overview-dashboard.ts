import {
  DashboardBuilder,
  DatasourceVariableBuilder,
  RowBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { OVERVIEW, type Panel } from './overview-panels.ts';

/** A person whose Grafana has several Prometheus servers chooses between them at the top of the dashboard. */
const DATASOURCE = 'datasource';

/** The overview dashboard as the JSON that Grafana imports. */
export function overviewDashboard(): string {
  const builder = new DashboardBuilder('Loan eligibility: overview')
    .uid('loan-eligibility-overview')
    .tags(['loan-eligibility'])
    // It is generated, so a change in the browser would be lost.
    .readonly()
    .withVariable(new DatasourceVariableBuilder(DATASOURCE).label('Data source').type('prometheus'))
    .refresh('15s')
    .time({ from: 'now-1h', to: 'now' })
    .timezone('browser');
  for (const [title, panels] of Object.entries(OVERVIEW)) {
    builder.withRow(new RowBuilder(title));
    for (const panel of panels) builder.withPanel(panelBuilder(panel));
  }
  return JSON.stringify(builder.build(), null, 2);
}

function panelBuilder(panel: Panel): StatBuilder | TimeseriesBuilder {
  const builder = panel.kind === 'stat' ? new StatBuilder() : new TimeseriesBuilder();
  return builder
    .title(panel.title)
    .description(panel.description)
    .unit(panel.unit)
    .datasource({ type: 'prometheus', uid: `$${DATASOURCE}` })
    .height(8)
    .span(12)
    .withTarget(target(panel));
}

/** A stat panel shows what is true now: over a range it would also show every series that has ended since. */
function target({ kind, query, legend }: Panel): DataqueryBuilder {
  const builder = new DataqueryBuilder().expr(query).legendFormat(legend);
  return kind === 'stat' ? builder.instant() : builder.range();
}
