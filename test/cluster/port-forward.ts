import { spawn } from 'node:child_process';
import { createConnection } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../scripts/stack/free-port.ts';
import { NAMESPACE } from './kubectl.ts';
import { waitUntil } from './wait-until.ts';

/** A local port that leads to a Service, begun anew whenever the pod behind it goes away. */
export class PortForward implements AsyncDisposable {
  readonly url: string;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;

  private constructor(service: string, servicePort: number, localPort: number) {
    this.url = `http://127.0.0.1:${localPort}`;
    this.#running = this.#keep(['port-forward', `service/${service}`, `${localPort}:${servicePort}`]);
  }

  static async open(service: string, servicePort: number): Promise<PortForward> {
    const localPort = await freePort();
    const forward = new PortForward(service, servicePort, localPort);
    await waitUntil(`forwarding to ${service}`, 60, () => connects(localPort));
    return forward;
  }

  async #keep(args: readonly string[]): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const child = spawn('kubectl', ['--namespace', NAMESPACE, ...args], {
        stdio: 'ignore',
        signal: this.#stopping.signal,
      });
      await new Promise<void>((resolve) => {
        child.once('error', () => resolve());
        child.once('close', () => resolve());
      });
      await delay(200);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }
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
