import { Agent, type Dispatcher } from 'undici';

/** More CAs than this are in use only for the moment of a rotation. */
const MAXIMUM = 10;

/** Connections to servers whose certificates come from a private CA. Each CA has its own connections. */
export class PrivateAuthorities {
  readonly #agents = new Map<string, Agent>();

  /** Undefined for the CAs of the system. */
  connections(pem: string | undefined): Dispatcher | undefined {
    if (pem === undefined) return undefined;
    const agent = this.#agents.get(pem) ?? new Agent({ connect: { ca: pem } });
    this.#agents.delete(pem);
    this.#agents.set(pem, agent);
    const [oldest] = this.#agents;
    if (oldest !== undefined && this.#agents.size > MAXIMUM) {
      this.#agents.delete(oldest[0]);
      void oldest[1].close();
    }
    return agent;
  }
}
