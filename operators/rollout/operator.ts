import type { Registry as MetricsRegistry } from 'prom-client';
import type { Clock } from '../../services/shared/clock.ts';
import { PrivateAuthorities } from '../../services/shared/credentials/private-authorities.ts';
import { HttpListener } from '../../services/shared/http-listener.ts';
import type { KubernetesClient } from '../../services/shared/kubernetes/kubernetes-client.ts';
import type { Logger } from '../../services/shared/logging.ts';
import { KubernetesCluster } from './cluster/kubernetes-cluster.ts';
import { namespaceUid } from './cluster/namespace-uid.ts';
import { OipProber, type PodProber } from './cluster/pod-prober.ts';
import { TrustedKeys } from './cluster/trusted-keys.ts';
import type { RolloutConfig } from './config.ts';
import { LeaderElector, type LeaderElectorOptions } from './leader-elector.ts';
import { AllowedMetrics } from './measurement/allowed-metrics.ts';
import { PatientMetrics } from './measurement/patient-metrics.ts';
import { RolloutMetrics } from './metrics.ts';
import { Notifier } from './notify/notifier.ts';
import { operatorApp } from './operator-app.ts';
import { Reconciler } from './reconciler.ts';
import type { AuditSink } from './record/audit-sink.ts';
import { auditSinks } from './record/audit-sinks.ts';
import { AuditTrail } from './record/audit-trail.ts';
import { AliasPoll } from './registry/alias-poll.ts';
import { MlflowServers } from './registry/mlflow-servers.ts';
import { PatientRegistry } from './registry/patient-registry.ts';
import { MlflowRegistry } from './registry/registry.ts';
import { StatementPoll } from './registry/statement-poll.ts';
import { VersionTagWriter } from './registry/version-tag-writer.ts';
import { MlflowWebhookRows } from './registry/webhook-rows.ts';
import { type AllowedServers, allowedServers } from './servers/allowed-servers.ts';
import { AuthorisedPost } from './servers/authorised-post.ts';
import { AwsSigner } from './servers/aws-signer.ts';
import { SecretReader } from './servers/secret-reader.ts';
import { ServerCredentials } from './servers/server-credentials.ts';
import { SlowServers } from './servers/slow-servers.ts';
import { webhookReceiver } from './webhook/receiver.ts';
import { WebhookRegistration } from './webhook/registration.ts';
import { WorkQueue } from './work-queue.ts';

const LEASE_TIMES: LeaseTimes = {
  durationMilliseconds: 10_000,
  renewDeadlineMilliseconds: 7_000,
  retryMilliseconds: 2_000,
};
/** Less than the deadline of the whole stop. */
const HTTP_STOP_MILLISECONDS = 15_000;
const CONCURRENCY = 4;
const BACKOFF = { baseMilliseconds: 200, maximumMilliseconds: 30_000 };

type LeaseTimes = Pick<
  LeaderElectorOptions,
  'durationMilliseconds' | 'renewDeadlineMilliseconds' | 'retryMilliseconds'
>;

export interface OperatorOptions {
  readonly config: RolloutConfig;
  readonly client: KubernetesClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metricsRegistry: MetricsRegistry;
  /** @default OipProber */
  readonly prober?: PodProber;
  /** @default LogSink */
  readonly auditLog?: AuditSink;
  /** @default 10 s, 7 s and 2 s */
  readonly leaseTimes?: LeaseTimes;
}

/** One replica. It always runs caches, webhook and probes. It works off the queue only while it leads. */
export class Operator {
  readonly #options: OperatorOptions;
  readonly #metrics: RolloutMetrics;
  readonly #cluster: KubernetesCluster;
  readonly #elector: LeaderElector;
  readonly #queue: WorkQueue;
  readonly #allowed: AllowedServers;
  readonly #secrets: SecretReader;
  readonly #credentials: ServerCredentials;
  readonly #mlflow: MlflowServers;
  readonly #servers: SlowServers;
  readonly #aliases: AliasPoll;
  readonly #statements: StatementPoll;
  readonly #versionTags: VersionTagWriter;
  readonly #audit: AuditTrail;
  readonly #notifier: Notifier;
  readonly #webhooks: WebhookRegistration | undefined;
  readonly #stopping = new AbortController();
  #listener: HttpListener | undefined;
  #stopped: Promise<void> | undefined;
  #leading = false;
  #synced = false;

  constructor(options: OperatorOptions) {
    const { config, client, clock, logger } = options;
    const namespace = config.POD_NAMESPACE;
    this.#options = options;
    this.#metrics = new RolloutMetrics(options.metricsRegistry);
    this.#cluster = new KubernetesCluster({
      client,
      namespace,
      clock,
      logger,
      onChange: (name) => {
        if (!this.#leading) return;
        this.#queue.add(name);
        this.#webhooks?.refresh();
      },
    });
    this.#elector = new LeaderElector({
      client,
      namespace,
      lease: config.LEADER_LEASE,
      identity: config.POD_NAME,
      clock,
      logger,
      ...(options.leaseTimes ?? LEASE_TIMES),
    });
    this.#allowed = allowedServers(config, logger);
    this.#secrets = new SecretReader(client, namespace, clock);
    this.#credentials = new ServerCredentials(this.#secrets, new PrivateAuthorities());
    this.#mlflow = new MlflowServers(this.#allowed.registries, this.#credentials);
    this.#webhooks = this.#registration();
    this.#servers = new SlowServers(clock);
    const registry = new PatientRegistry(new MlflowRegistry(this.#mlflow), this.#servers);
    this.#aliases = new AliasPoll({
      registry,
      clock,
      logger,
      onRead: (name) => this.#queue.add(name),
    });
    this.#statements = new StatementPoll({
      registry,
      keys: new TrustedKeys(client, namespace),
      clock,
      logger,
      onRead: (name) => this.#queue.add(name),
    });
    this.#versionTags = new VersionTagWriter({
      registry,
      clock,
      logger,
      // An error that no registry should throw must raise the alert, as it does in a reconcile.
      onHandled: (result) => {
        if (result === 'error') this.#metrics.reconciles.inc({ result });
      },
    });
    this.#notifier = new Notifier({
      client,
      namespace,
      hosts: this.#allowed.notifications,
      clock,
      logger,
      onResult: (result) => this.#metrics.notifications.inc({ result }),
    });
    this.#audit = this.#auditTrail();
    const reconciler = this.#reconciler();
    this.#queue = new WorkQueue({
      handle: async (name) => {
        if (!this.#elector.isLeader) return undefined;
        const { status } = this.#cluster.modelDeployment(name) ?? {};
        if (status !== undefined) this.#metrics.show(name, status);
        const again = await reconciler.reconcile(name);
        if (again === undefined) this.#metrics.forget(name);
        return again;
      },
      clock,
      logger,
      concurrency: CONCURRENCY,
      lane: (name) => this.#lane(name),
      backoff: BACKOFF,
      onHandled: (result, milliseconds) => {
        this.#metrics.reconciles.inc({ result });
        this.#metrics.reconcileSeconds.observe(milliseconds / 1000);
      },
    });
  }

  /** Runs until `stop`. Rejects if leadership is lost. Then the process must exit. */
  async run(): Promise<void> {
    const { signal } = this.#stopping;
    this.#listener = await this.#listen();
    await this.#cluster.start();
    this.#synced = true;
    await this.#elector.acquire(signal);
    this.#leading = true;
    for (const { metadata } of this.#cluster.modelDeployments()) this.#queue.add(metadata.name);
    // A ModelDeployment may have been deleted while nobody led. A reconcile removes its token.
    for (const name of this.#cluster.wakeNames) this.#queue.add(name);
    this.#webhooks?.start();
    await this.#elector.hold(signal);
  }

  /** Stops all work, then releases the Lease, so that two leaders never act at once. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#stopping.abort(new Error('the operator is stopping'));
    // The listener drains meanwhile. A replica that has stopped leading goes on taking deliveries of the webhook.
    const closed = this.#listener?.close({
      drainMilliseconds: this.#options.config.DRAIN_SECONDS * 1000,
      deadlineMilliseconds: HTTP_STOP_MILLISECONDS,
    });
    const led = this.#leading;
    this.#leading = false;
    await this.#queue.stop();
    await this.#versionTags.stop();
    await this.#audit.stop();
    await this.#notifier.stop();
    if (led) await this.#elector.release();
    // The Lease is released first, because these calls need no leader and MLflow may be slow.
    await Promise.all([this.#aliases.stop(), this.#statements.stop()]);
    await this.#webhooks?.stop();
    await closed;
    await this.#cluster.stop();
  }

  /** Port of the HTTP server. Undefined until `run` listens. */
  get port(): number | undefined {
    return this.#listener?.address?.port;
  }

  #auditTrail(): AuditTrail {
    const { config, clock, logger, auditLog } = this.#options;
    const { auditWrites, auditWaiting, auditGaps } = this.#metrics;
    const sinks = auditSinks(config, auditLog);
    const trail = new AuditTrail({
      sinks,
      clock,
      logger,
      onRecorded: (name) => this.#queue.add(name),
      onTaken: ({ spec }, record) => this.#notifier.take(spec.notifications ?? [], record),
      onWrite: (sink, result) => {
        auditWrites.inc({ sink, result });
        auditWaiting.set({ sink }, trail.depth(sink));
      },
      onGap: (sink, transitions) => auditGaps.inc({ sink }, transitions),
    });
    for (const { name: sink } of sinks) auditWaiting.set({ sink }, 0);
    return trail;
  }

  #reconciler(): Reconciler {
    const { config, clock, logger, prober } = this.#options;
    return new Reconciler({
      cluster: this.#cluster,
      aliases: this.#aliases,
      statements: this.#statements,
      metrics: new PatientMetrics(
        new AllowedMetrics(
          this.#allowed.prometheuses,
          new AuthorisedPost(this.#credentials, new AwsSigner(clock)),
        ),
        this.#servers,
      ),
      prober: prober ?? new OipProber(),
      versionTags: this.#versionTags,
      audit: this.#audit,
      secrets: this.#secrets,
      clock,
      verificationCommand: config.VERIFICATION_COMMAND,
      onTransition: (name, before, after) => {
        const { phase, stable, candidate, failed } = after;
        this.#metrics.transition(name, before, after);
        logger.info({ name, phase, stable, candidate, failed }, 'status changed');
      },
    });
  }

  /** The servers for which a reconcile waits. ModelDeployments with other servers do not wait with it. */
  #lane(name: string): string {
    const { registry, analysis } = this.#cluster.modelDeployment(name)?.spec ?? {};
    return `${registry?.url} ${analysis?.prometheus}`;
  }

  /** Undefined if no webhook is configured. Then aliases are only polled. */
  #registration(): WebhookRegistration | undefined {
    const { config, client, clock, logger } = this.#options;
    const { WEBHOOK_URL: url, WEBHOOK_SECRET: secret } = config;
    if (url === undefined || secret === undefined) return undefined;
    return new WebhookRegistration({
      modelDeployments: () => this.#cluster.modelDeployments(),
      rows: new MlflowWebhookRows({
        servers: this.#mlflow,
        namespace: config.POD_NAMESPACE,
        namespaceUid: () => namespaceUid(client, config.POD_NAMESPACE),
      }),
      allows: (server) => this.#mlflow.allows(server),
      target: { url, secret },
      formerServer: config.MLFLOW_TRACKING_URI,
      clock,
      logger,
    });
  }

  #listen(): Promise<HttpListener> {
    const { config, clock, logger, metricsRegistry } = this.#options;
    const app = operatorApp({
      metricsRegistry,
      metrics: this.#metrics,
      state: () => ({
        synced: this.#synced && !this.#stopping.signal.aborted,
        leading: this.#elector.isLeader,
        cacheAgeMilliseconds: this.#cluster.ageMilliseconds,
        queueDepth: this.#queue.depth,
      }),
      logger,
      webhooks:
        config.WEBHOOK_SECRET === undefined
          ? undefined
          : webhookReceiver({
              secret: config.WEBHOOK_SECRET,
              clock,
              logger,
              modelDeployments: () => this.#cluster.modelDeployments(),
              wake: (name, deliveryId) => this.#cluster.wake(name, deliveryId),
              onDelivery: (result) => this.#metrics.deliveries.inc({ result }),
            }),
    });
    return HttpListener.listen(app, {
      host: config.HTTP_HOST,
      port: config.HTTP_PORT,
      keepAliveMilliseconds: config.HTTP_KEEP_ALIVE_SECONDS * 1000,
    });
  }
}
