import { CfnWorkspace as MetricsWorkspace } from 'aws-cdk-lib/aws-aps';
import { CfnWorkspace as GrafanaWorkspace } from 'aws-cdk-lib/aws-grafana';
import { Policy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { AwsEnvironment } from '../environment-schema.ts';
import { AddOnRole } from './add-on-role.ts';
import { PROMETHEUS_ACCOUNT, type RemoteStore } from './prometheus.ts';

/**
 * Workspaces of Amazon Managed Service for Prometheus and of Amazon Managed Grafana. Prometheus in the cluster still
 * scrapes, evaluates rules and answers the operator and KEDA; it writes all metrics to the workspace.
 */
export class ManagedPrometheus extends Construct {
  readonly store: RemoteStore;
  /** Role of the Prometheus in the cluster. */
  readonly writer: AddOnRole;
  readonly workspaceId: string;
  readonly grafanaEndpoint: string;

  constructor(scope: Construct, environment: AwsEnvironment) {
    super(scope, 'managed-prometheus');
    const metrics = new MetricsWorkspace(this, 'metrics', { alias: environment.name });
    this.writer = new AddOnRole(this, 'writer', {
      environment,
      account: PROMETHEUS_ACCOUNT,
      statements: [new PolicyStatement({ actions: ['aps:RemoteWrite'], resources: [metrics.attrArn] })],
    });
    this.store = {
      url: `${metrics.attrPrometheusEndpoint}api/v1/remote_write`,
      annotations: this.writer.annotations,
    };
    this.workspaceId = metrics.attrWorkspaceId;
    const grafana = new GrafanaWorkspace(this, 'grafana', {
      name: environment.name,
      accountAccessType: 'CURRENT_ACCOUNT',
      authenticationProviders: ['AWS_SSO'],
      permissionType: 'CUSTOMER_MANAGED',
      roleArn: this.#reader(environment, metrics).roleArn,
      dataSources: ['PROMETHEUS'],
    });
    this.grafanaEndpoint = grafana.attrEndpoint;
  }

  #reader({ account }: AwsEnvironment, metrics: MetricsWorkspace): Role {
    const role = new Role(this, 'reader', {
      description: 'Amazon Managed Grafana',
      assumedBy: new ServicePrincipal('grafana.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': account } },
      }),
    });
    new Policy(this, 'reader-policy', {
      policyName: 'rights',
      roles: [role],
      statements: [
        new PolicyStatement({
          actions: [
            'aps:DescribeWorkspace',
            'aps:GetLabels',
            'aps:GetMetricMetadata',
            'aps:GetSeries',
            'aps:QueryMetrics',
          ],
          resources: [metrics.attrArn],
        }),
      ],
    });
    return role;
  }
}
