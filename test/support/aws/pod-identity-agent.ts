import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { httpServer } from '../http-server.ts';

/** All sources of the SDK that stand before or beside the agent, so that the machine of the test changes nothing. */
const OTHER_SOURCES = [
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_PROFILE',
  'AWS_ROLE_ARN',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN',
];

/**
 * Stands in for the agent of EKS Pod Identity, on loopback. It gives credentials to whoever sends the token that it
 * wrote last, as the kubelet replaces the token of a pod.
 */
export class PodIdentityAgent implements AsyncDisposable {
  /** When the credentials that it gives expire, in milliseconds since the epoch. */
  expiresAt = 0;
  /** The session token that it gives. */
  sessionToken = '';
  #podToken = '';
  #refused = 0;
  readonly #folder = mkdtempSync(join(tmpdir(), 'pod-identity-'));
  #server: Awaited<ReturnType<typeof httpServer>> | undefined;

  static async start(): Promise<PodIdentityAgent> {
    const agent = new PodIdentityAgent();
    agent.#server = await httpServer((request, response) => agent.#answer(request.headers, response));
    return agent;
  }

  /** Requests with another token than the last. */
  get refused(): number {
    return this.#refused;
  }

  /** The variables that EKS sets in a pod. Undefined stands for a variable that is not set. */
  get variables(): Readonly<Record<string, string | undefined>> {
    const missing = join(this.#folder, 'missing');
    return {
      ...Object.fromEntries(OTHER_SOURCES.map((name) => [name, undefined])),
      AWS_CONFIG_FILE: missing,
      AWS_SHARED_CREDENTIALS_FILE: missing,
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${this.#server?.url}/v1/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: this.#tokenFile,
    };
  }

  /** Replaces the token of the pod, and what the agent gives for the new token. */
  rotate(podToken: string, sessionToken: string): void {
    this.#podToken = podToken;
    this.sessionToken = sessionToken;
    writeFileSync(this.#tokenFile, podToken);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true });
  }

  get #tokenFile(): string {
    return join(this.#folder, 'eks-pod-identity-token');
  }

  #answer(headers: IncomingHttpHeaders, response: ServerResponse): void {
    if (headers.authorization !== this.#podToken) {
      this.#refused += 1;
      response.writeHead(401).end('{"message":"the token of the pod is not known"}');
      return;
    }
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({
        AccessKeyId: 'ASIAEXAMPLE',
        SecretAccessKey: 'secret',
        Token: this.sessionToken,
        Expiration: new Date(this.expiresAt).toISOString(),
      }),
    );
  }
}
