import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { HelmChart, type ICluster, KubernetesManifest } from 'aws-cdk-lib/aws-eks-v2';
import type { Construct, IDependable } from 'constructs';
import { POD_NAMESPACE } from '../access/trust.ts';
import { AddOnRole } from '../add-ons/add-on-role.ts';
import { CHARTS, type PinnedChart } from '../add-ons/charts.ts';
import { externalSecretsValues } from '../add-ons/external-secrets.ts';
import { kedaValues } from '../add-ons/keda.ts';
import { loadBalancerControllerValues, loadBalancerRights } from '../add-ons/load-balancer-controller.ts';
import { ManagedPrometheus } from '../add-ons/managed-prometheus.ts';
import {
  NODE_AUTOSCALER_ACCOUNT,
  nodeAutoscalerRights,
  nodeAutoscalerValues,
} from '../add-ons/node-autoscaler.ts';
import { prometheusValues } from '../add-ons/prometheus.ts';
import { reachExistingCluster } from '../cluster/reachable-cluster.ts';
import type { AwsEnvironment } from '../environment-schema.ts';
import { scalesNodes } from '../names.ts';
import { type VpcOwner, vpcOf } from '../vpc.ts';
import { PartStack } from './part-stack.ts';

export interface AddOnsStackProps {
  /** The stack of the VPC. Undefined if the VPC exists. */
  readonly network: VpcOwner | undefined;
  /** The new cluster. Undefined if the cluster exists. */
  readonly cluster: ICluster | undefined;
}

/** Software that the cluster needs and that is not ours: each by Helm, unless the cluster has it. */
export class AddOnsStack extends PartStack {
  readonly #vpc: IVpc;
  readonly #cluster: ICluster;
  readonly #ready: readonly IDependable[];

  constructor(scope: Construct, environment: AwsEnvironment, props: AddOnsStackProps) {
    super(scope, environment, 'add-ons');
    const { addOns, cluster } = environment;
    this.#vpc = vpcOf(this, environment, props.network);
    const { cluster: reached, ready } =
      cluster.kind === 'existing'
        ? reachExistingCluster(this, cluster, this.#vpc)
        : { cluster: props.cluster, ready: [] };
    if (!reached) throw new Error('a new cluster needs the cluster stack');
    this.#cluster = reached;
    this.#ready = [...ready, this.#makeNamespace(ready)];
    if (addOns.keda === 'helm') this.#install('keda', CHARTS.keda, kedaValues(environment));
    if (addOns.prometheus !== 'own') this.#installPrometheus(environment);
    if (addOns.externalSecrets === 'helm')
      this.#install('external-secrets', CHARTS.externalSecrets, externalSecretsValues(environment));
    if (scalesNodes(environment)) this.#installNodeAutoscaler(environment);
    if (addOns.loadBalancerController === 'helm') this.#installLoadBalancerController(environment);
  }

  /** Add-ons get rights in the namespace of the system alone, so it comes first. It outlives the add-ons. */
  #makeNamespace(ready: readonly IDependable[]): KubernetesManifest {
    const namespace = new KubernetesManifest(this, 'namespace', {
      cluster: this.#cluster,
      manifest: [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: POD_NAMESPACE } }],
      // Without a label for pruning, no update of this stack deletes the namespace.
      prune: false,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    namespace.node.addDependency(...ready);
    return namespace;
  }

  #installPrometheus(environment: AwsEnvironment): void {
    if (environment.addOns.prometheus === 'helm') {
      this.#install('prometheus', CHARTS.prometheus, prometheusValues(environment));
      return;
    }
    const managed = new ManagedPrometheus(this, environment);
    this.#install(
      'prometheus',
      CHARTS.prometheus,
      prometheusValues(environment, managed.store),
      managed.writer,
    );
    this.tell({ MetricsWorkspace: managed.workspaceId, GrafanaEndpoint: managed.grafanaEndpoint });
  }

  #installNodeAutoscaler(environment: AwsEnvironment): void {
    const { namespace } = CHARTS.nodeAutoscaler;
    const role = new AddOnRole(this, 'node-autoscaler-role', {
      environment,
      account: { namespace, serviceAccount: NODE_AUTOSCALER_ACCOUNT },
      statements: nodeAutoscalerRights(environment),
      wildcards: 'AWS lets these calls name no resource, or a tag limits them to the groups of this cluster.',
    });
    const values = nodeAutoscalerValues(environment, role.annotations);
    this.#install('node-autoscaler', CHARTS.nodeAutoscaler, values, role);
  }

  #installLoadBalancerController(environment: AwsEnvironment): void {
    const role = new AddOnRole(this, 'load-balancer-controller-role', {
      environment,
      account: {
        namespace: CHARTS.loadBalancerController.namespace,
        serviceAccount: 'aws-load-balancer-controller',
      },
      statements: loadBalancerRights(environment),
      wildcards:
        'The policy is that of the authors of the controller. Tags limit what it changes to what it made for this cluster.',
    });
    const { vpcId } = this.#vpc;
    const values = loadBalancerControllerValues(environment, { vpcId, annotations: role.annotations });
    this.#install('load-balancer-controller', CHARTS.loadBalancerController, values, role);
  }

  /** @param needs what gives its pods AWS rights: EKS gives rights only to pods that start later */
  #install(
    release: string,
    { chart, repository, version, namespace }: PinnedChart,
    values: Record<string, unknown>,
    ...needs: readonly IDependable[]
  ): void {
    const installed = new HelmChart(this, release, {
      cluster: this.#cluster,
      release,
      chart,
      repository,
      version,
      namespace,
      createNamespace: namespace !== 'kube-system',
      values,
      wait: true,
      // A release that fails is taken back, so that the next deployment can try again.
      atomic: true,
      timeout: Duration.minutes(14),
    });
    installed.node.addDependency(...this.#ready, ...needs);
  }
}
