import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { parseRolloutConfig } from '../../../operators/rollout/config.ts';
import { Operator } from '../../../operators/rollout/operator.ts';
import { type KubeApiServer, startKubeApiServer } from '../../../scripts/stack/kube-api-server.ts';
import { serveModelDeployments } from '../../../scripts/stack/serve-model-deployments.ts';
import { WAKE_CONFIG_MAP } from '../../../services/shared/agreements/kubernetes-names.ts';
import { systemClock } from '../../../services/shared/clock.ts';
import { KubernetesClient } from '../../../services/shared/kubernetes/kubernetes-client.ts';
import type { KubernetesObject } from '../../../services/shared/kubernetes/objects.ts';
import { createLogger } from '../../../services/shared/logging.ts';
import { createMetricsRegistry } from '../../../services/shared/metrics.ts';
import { ModelRegistry } from '../../../services/shared/mlflow/model-registry.ts';
import {
  type ModelDeployment,
  modelDeploymentPath,
} from '../../../services/shared/model-deployment/model-deployment.ts';
import type { Statement } from '../../../services/shared/statements/statement.ts';
import { AuditMemory } from '../../support/audit-memory.ts';
import { InProcessCluster } from '../../support/in-process-cluster.ts';
import { registerVersion } from '../../support/register-version.ts';
import { digestOf } from '../../support/rollout-world.ts';
import { sharedMlflow } from '../../support/shared-servers.ts';
import { signingPerson } from '../../support/signing-person.ts';
import { until } from '../../support/until.ts';

const logger = createLogger({ component: 'test', level: 'silent' });
const alice = signingPerson('alice');
const bob = signingPerson('bob', 'ed25519');
const mallory = signingPerson('mallory');

type Status = NonNullable<ModelDeployment['status']>;

let api: KubeApiServer;
let mlflowUrl: string;
let client: KubernetesClient;
let registry: ModelRegistry;
const started: { stop(): Promise<void> }[] = [];

beforeAll(async () => {
  api = await startKubeApiServer();
  mlflowUrl = await sharedMlflow();
  client = new KubernetesClient({ kubeConfig: api.kubeConfig });
  registry = new ModelRegistry({ url: mlflowUrl });
  await serveModelDeployments(client);
}, 180_000);

afterEach(async () => {
  for (const part of started.splice(0).reverse()) await part.stop();
}, 60_000);

afterAll(async () => {
  await client?.close();
  await api?.stop();
}, 60_000);

/** A namespace with a played Deployment, a model, and a ModelDeployment that asks for approvals. */
class Scene {
  readonly name: string;
  readonly cluster: InProcessCluster;

  private constructor(name: string) {
    this.name = name;
    const verify = (version: string) => ({ passed: true, digest: digestOf(version) });
    this.cluster = new InProcessCluster({
      client,
      namespace: name,
      modelDeployment: name,
      model: name,
      logger,
      verify,
    });
  }

  static async set(name: string, required: number): Promise<Scene> {
    const scene = new Scene(name);
    await scene.cluster.start();
    started.push(scene.cluster);
    const configMaps = `/api/v1/namespaces/${name}/configmaps`;
    await client.create(configMaps, { metadata: { name: WAKE_CONFIG_MAP } });
    await client.create(configMaps, {
      metadata: { name: 'promotion-keys' },
      data: { 'alice.pem': alice.pem, 'bob.pem': bob.pem },
    } as KubernetesObject);
    await client.create(modelDeploymentPath(name), {
      apiVersion: 'serving.loan-eligibility.dev/v1alpha1',
      kind: 'ModelDeployment',
      metadata: { name },
      spec: {
        model: name,
        registry: { url: mlflowUrl, alias: 'champion', pollSeconds: 1 },
        target: { deployment: 'inference', container: 'inference' },
        approval: { required, publicKeys: { configMap: 'promotion-keys' } },
        soakSeconds: 0,
      },
    } as KubernetesObject);
    const config = parseRolloutConfig({
      POD_NAMESPACE: name,
      POD_NAME: 'rollout-0',
      HTTP_PORT: '0',
      REGISTRY_HOSTS: '127.0.0.1',
    });
    const operator = new Operator({
      auditLog: new AuditMemory(),
      config,
      client,
      clock: systemClock,
      logger,
      metricsRegistry: createMetricsRegistry(),
    });
    started.push(operator);
    void operator.run();
    return scene;
  }

  /** Registers a version and moves the alias to it. */
  async promote(): Promise<string> {
    const version = await registerVersion(mlflowUrl, { name: this.name, files: new Map() });
    await registry.setAlias(this.name, 'champion', version);
    return version;
  }

  async sign(version: string, person = alice, change: Partial<Statement> = {}): Promise<void> {
    const at = new Date().toISOString();
    const subject = { model: this.name, version, digest: digestOf(version), alias: 'champion' };
    const statement = { kind: 'promote' as const, ...subject, actor: person.name, reason: 'tested', at };
    const { key, value } = person.sign({ ...statement, ...change });
    await registry.setVersionTag(this.name, version, key, value);
  }

  async status(): Promise<Status> {
    return (await client.get<ModelDeployment>(modelDeploymentPath(this.name, this.name))).status ?? {};
  }

  /** Waits until the version is held for the reason. */
  async holds(version: string, reason: string): Promise<void> {
    let last: Status = {};
    const held = async () => {
      last = await this.status();
      const approved = last.conditions?.find(({ type }) => type === 'Approved');
      return (
        last.phase === 'AwaitingApproval' &&
        last.candidate?.version === version &&
        approved?.reason === reason
      );
    };
    await until(`version ${version} is held for ${reason}`, held, 60_000).catch((error: Error) => {
      throw new Error(`${error.message}; ${JSON.stringify(last.conditions)}`);
    });
    for (const pod of this.cluster.pods) {
      expect(pod.pinned).not.toBe(version);
      expect(pod.candidate?.version).not.toBe(version);
    }
  }

  serves(version: string): Promise<void> {
    const stable = async () => {
      const { phase, stable } = await this.status();
      return phase === 'Stable' && stable?.version === version;
    };
    return until(`version ${version} serves`, stable, 60_000);
  }
}

describe('on a real API server and a real MLflow', () => {
  test('a version waits until two people signed, and the status says who', async () => {
    const scene = await Scene.set('approval-two', 2);
    const version = await scene.promote();
    await scene.holds(version, 'Unsigned');
    await scene.sign(version, mallory);
    await scene.holds(version, 'UntrustedKey');
    await scene.sign(version, alice, { digest: digestOf('other') });
    await scene.holds(version, 'StatementMismatch');
    await scene.sign(version, alice, { at: '2020-01-01T00:00:00Z' });
    await scene.holds(version, 'StatementExpired');
    await scene.sign(version, alice);
    await scene.holds(version, 'ApprovalIncomplete');
    await scene.sign(version, bob, { reason: 'seen too' });
    await scene.serves(version);
    const { stable, usedStatements, transitions } = await scene.status();
    expect(stable?.approvals).toMatchObject([
      { keys: ['alice'], actor: 'alice', reason: 'tested' },
      { keys: ['bob'], actor: 'bob', reason: 'seen too' },
    ]);
    expect(usedStatements?.hashes).toHaveLength(2);
    expect(transitions?.find(({ reason }) => reason === 'Promoted')?.by).toBe('alice (alice), bob (bob)');
  }, 120_000);

  test('a version that was replaced does not come back by its old statement', async () => {
    const scene = await Scene.set('approval-replay', 1);
    const first = await scene.promote();
    await scene.sign(first);
    await scene.serves(first);
    const second = await scene.promote();
    await scene.sign(second, bob);
    await scene.serves(second);
    await registry.setAlias(scene.name, 'champion', first);
    await scene.holds(first, 'StatementReplayed');
    expect((await scene.status()).stable?.version).toBe(second);
    await scene.sign(first, bob);
    await scene.serves(first);
  }, 120_000);

  test('a key that is taken out of the ConfigMap counts no longer, and without the ConfigMap nothing does', async () => {
    const scene = await Scene.set('approval-keys', 1);
    const keys = `/api/v1/namespaces/${scene.name}/configmaps/promotion-keys`;
    await client.merge(keys, { data: { 'alice.pem': null } });
    const version = await scene.promote();
    await scene.sign(version);
    await scene.holds(version, 'UntrustedKey');
    await client.delete(keys);
    await scene.holds(version, 'KeysUnreadable');
    const data = { 'alice.pem': alice.pem };
    const configMap = { metadata: { name: 'promotion-keys' }, data } as KubernetesObject;
    await client.create(`/api/v1/namespaces/${scene.name}/configmaps`, configMap);
    await scene.serves(version);
  }, 120_000);

  test('a signed rejection refuses, and Events tell why', async () => {
    const scene = await Scene.set('approval-reject', 1);
    const version = await scene.promote();
    await scene.holds(version, 'Unsigned');
    await scene.sign(version, bob, { kind: 'reject', reason: 'unfair' });
    await until('the version is refused', async () => (await scene.status()).failed?.version === version);
    expect((await scene.status()).failed).toMatchObject({ reason: 'PromotionRejected' });
    const events = `/api/v1/namespaces/${scene.name}/events`;
    const { items } = await client.list<KubernetesObject & { reason: string }>(events);
    const reasons = items.map(({ reason }) => reason);
    expect(reasons).toEqual(expect.arrayContaining(['AwaitingApproval', 'Unsigned', 'PromotionRejected']));
  }, 120_000);
});
