import { spawn } from 'node:child_process';
import { createConnection } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../scripts/stack/free-port.ts';
import { isReady, NAMESPACE, podsOf } from './kubectl.ts';
import { waitUntil } from './wait-until.ts';

/** A local port that leads to a pod of a Service. If the pod is deleted, the port leads to another pod. */
export class PortForward implements AsyncDisposable {
  readonly url: string;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;

  private constructor(service: string, servicePort: number, localPort: number) {
    this.url = `http://127.0.0.1:${localPort}`;
    this.#running = this.#keep(service, `${localPort}:${servicePort}`);
  }

  static async open(service: string, servicePort: number): Promise<PortForward> {
    const localPort = await freePort();
    const forward = new PortForward(service, servicePort, localPort);
    await waitUntil(`forwarding to ${service}`, 60, () => connects(localPort));
    return forward;
  }

  async #keep(service: string, ports: string): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await this.#forward(service, ports).catch(() => {});
      await delay(200);
    }
  }

  /** Forwards to one pod until the pod is deleted. `kubectl port-forward` may outlive its pod, and then forwards nothing. */
  async #forward(service: string, ports: string): Promise<void> {
    const pod = (await podsOf(service)).find(isReady)?.metadata.name;
    if (pod === undefined) return;
    const over = new AbortController();
    const signal = AbortSignal.any([this.#stopping.signal, over.signal]);
    const forwarding = ended(['port-forward', `pod/${pod}`, ports], signal);
    const gone = ended(['wait', '--for=delete', `pod/${pod}`, '--timeout=24h'], signal);
    await Promise.race([forwarding, gone]);
    over.abort();
    await Promise.all([forwarding, gone]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }
}

/** Resolves when kubectl ends, with success or not. */
function ended(args: readonly string[], signal: AbortSignal): Promise<void> {
  const child = spawn('kubectl', ['--namespace', NAMESPACE, ...args], { stdio: 'ignore', signal });
  return new Promise((resolve) => {
    child.once('error', () => resolve());
    child.once('close', () => resolve());
  });
}

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
