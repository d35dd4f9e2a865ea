import type { Job, Pod } from '../../../operators/rollout/cluster/objects.ts';
import type { FlawOf } from './flaw.ts';
import type { SimulatedRegistry } from './simulated-registry.ts';

interface JobSpec {
  readonly template: {
    readonly spec: {
      readonly containers: readonly { readonly env?: readonly { name: string; value?: string }[] }[];
    };
  };
}

/** The verification Jobs. `tick` plays the Job controller and the verification. */
export class SimulatedJobs {
  /** Numbers of the versions that passed. */
  readonly verified = new Set<string>();
  /** Digests of the versions that passed. */
  readonly verifiedDigests = new Set<string>();
  readonly #registry: SimulatedRegistry;
  readonly #flawOf: FlawOf;
  readonly #pods = new Map<string, Pod>();
  #jobs: Job[] = [];

  constructor(registry: SimulatedRegistry, flawOf: FlawOf) {
    this.#registry = registry;
    this.#flawOf = flawOf;
  }

  get unfinished(): number {
    return this.#jobs.filter((job) => job.status === undefined).length;
  }

  list(): readonly Job[] {
    return this.#jobs;
  }

  podsOf(name: string): readonly Pod[] {
    const pod = this.#pods.get(name);
    return pod === undefined ? [] : [pod];
  }

  create(job: Job): void {
    const { name } = job.metadata;
    if (this.#jobs.some(({ metadata }) => metadata.name === name)) return;
    this.#jobs.push({ ...job, metadata: { ...job.metadata, uid: name } });
  }

  delete(name: string): void {
    this.#jobs = this.#jobs.filter(({ metadata }) => metadata.name !== name);
  }

  tick(): void {
    for (const job of this.#jobs) if (job.status === undefined) this.#finish(job);
  }

  #finish(job: Job): void {
    const terminated = this.#verify(job);
    this.#pods.set(job.metadata.name, {
      metadata: {
        name: `${job.metadata.name}-pod`,
        ownerReferences: [
          {
            apiVersion: 'batch/v1',
            kind: 'Job',
            name: job.metadata.name,
            uid: job.metadata.name,
            controller: true,
          },
        ],
      },
      status: { containerStatuses: [{ name: 'verify', state: { terminated } }] },
    });
    const type = terminated.exitCode === 0 ? 'Complete' : 'Failed';
    this.#jobs = this.#jobs.map((other) =>
      other === job ? { ...job, status: { conditions: [{ type, status: 'True' }] } } : other,
    );
  }

  #verify(job: Job) {
    const version = job.metadata.annotations?.['serving.loan-eligibility.dev/version'] ?? '';
    const flaw = this.#flawOf(version);
    const refusal = (reason: string, message: string) => JSON.stringify({ passed: false, reason, message });
    if (this.#registry.mode !== 'answers') return { exitCode: 2 };
    if (flaw === 'comes to no verdict') return { exitCode: 2, message: refusal('X', 'no artifacts') };
    if (flaw === 'crashes verification') return { exitCode: 139, reason: 'Error' };
    const env = environmentOf(job);
    if (this.#missesStableVersion(env)) {
      return { exitCode: 1, message: refusal('StableVersionMissing', 'the stable version is gone') };
    }
    const passed = flaw !== 'refused by verification';
    const digest = this.#registry.digestOf(version, env.get('CANDIDATE_TRACKING_URI') ?? '');
    if (passed) {
      this.verified.add(version);
      this.verifiedDigests.add(digest);
    }
    const result = {
      passed,
      reason: 'GoldenSampleMismatch',
      message: 'off',
      digest,
      runId: `run-${version}`,
    };
    return { exitCode: passed ? 0 : 1, message: JSON.stringify(result) };
  }

  /** True if the Job must compare with a stable version that its registry has no more. */
  #missesStableVersion(env: ReadonlyMap<string, string>): boolean {
    const digest = env.get('STABLE_DIGEST');
    const url = env.get('STABLE_TRACKING_URI');
    const version = env.get('STABLE_VERSION');
    if (digest === undefined || url === undefined || version === undefined) return false;
    if (env.get('REQUIRE_STABLE_CONTRACT') === 'false') return false;
    return this.#registry.digestOf(version, url) !== digest;
  }
}

function environmentOf(job: Job): ReadonlyMap<string, string> {
  const { containers } = (job.spec as JobSpec).template.spec;
  return new Map(
    containers.flatMap(({ env = [] }) => env.map(({ name, value = '' }): [string, string] => [name, value])),
  );
}
