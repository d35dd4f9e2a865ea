import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type KubeApiServer, startKubeApiServer } from '../../../../scripts/stack/kube-api-server.ts';
import { PodProcess } from '../../../chaos/pod-process.ts';
import { ConsumerWorld, numbered } from '../../../support/stream/consumer-world.ts';
import { until } from '../../../support/until.ts';

// Real processes on a real Kubernetes API server. A process that ends is started again under its name, as a kubelet does.
let api: KubeApiServer;

beforeAll(async () => {
  api = await startKubeApiServer();
}, 3_600_000);
afterAll(() => api?.stop());

class Pods implements AsyncDisposable {
  readonly #start: (name: string) => PodProcess;
  readonly #pods: Map<string, PodProcess>;
  readonly #kubelet: NodeJS.Timeout;
  starts = 0;

  constructor(world: ConsumerWorld, group: string, names: readonly string[]) {
    this.#start = (name) => {
      this.starts++;
      return new PodProcess({
        name,
        directory: world.directory,
        kinesisUrl: world.fake.url,
        kubeConfigFile: api.kubeConfigFile,
        namespace: 'default',
        group,
        leaseSeconds: 2,
        program: 'test/support/stream/deadly-pod.ts',
        environment: { BATCH_SIZE: '10' },
      });
    };
    this.#pods = new Map(names.map((name) => [name, this.#start(name)]));
    this.#kubelet = setInterval(() => this.#restart(), 100);
  }

  #restart(): void {
    for (const [name, pod] of this.#pods) if (!pod.running) this.#pods.set(name, this.#start(name));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#kubelet);
    await Promise.all([...this.#pods.values()].map((pod) => pod.stop()));
  }
}

describe('a record that ends its pods', () => {
  test.each(['abort', 'exit', 'hold'])(
    '(%s) becomes one dead letter, and the group decides everything else',
    async (deed) => {
      await using world = await ConsumerWorld.start({ shards: 4 });
      const poison = `a/${deed}`;
      const texts = ['a', 'b', 'c', 'd', 'e', 'f'].flatMap((key) => numbered(key, 20));
      world.put(...texts.slice(0, 60), poison, ...texts.slice(60));
      await using pods = new Pods(world, `poison-${deed}`, ['pod-r1-1', 'pod-r1-2']);
      const isDone = () =>
        new Set(world.texts('rejects')).size > 0 && world.distinctTexts().length === texts.length;
      await until('everything is decided or rejected', isDone, 100_000);
      expect(world.distinctTexts().toSorted()).toEqual(texts.toSorted());
      const letters = world.echoes('rejects').map(({ text, code }) => `${text} ${code}`);
      expect(new Set(letters)).toEqual(new Set([`${poison} poison`]));
      if (deed !== 'hold') expect(pods.starts).toBeGreaterThan(2);
    },
    120_000,
  );
});
