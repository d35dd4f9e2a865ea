import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { DecisionService } from '../../../services/inference/decision/decision-service.ts';
import { createApp } from '../../../services/inference/http/app.ts';
import { Dependencies, type Heartbeat } from '../../../services/inference/http/probes.ts';
import { closeServer } from '../../../services/shared/close-server.ts';
import { type DecisionStackOptions, decisionStack } from './decision-stack.ts';

export interface HttpAppOptions extends DecisionStackOptions {
  /** @default a free port */
  readonly port?: number;
}

/** The HTTP API on loopback, with models that the test chooses. */
export async function httpApp(options: HttpAppOptions = {}) {
  const stack = decisionStack(options);
  const dependencies = new Dependencies();
  const heartbeats: Heartbeat[] = [];
  const app = createApp({
    ...stack,
    serviceVersion: '1.2.3',
    service: new DecisionService(stack),
    dependencies,
    heartbeats,
  });
  const server = app.listen(options.port ?? 0, '127.0.0.1');
  let received = 0;
  server.on('request', () => received++);
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const call = async (path: string, init?: RequestInit) => {
    const response = await fetch(url + path, init);
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) };
  };
  const post = (path: string, body: unknown) =>
    call(path, {
      method: 'POST',
      body: typeof body === 'string' || body instanceof Uint8Array ? Buffer.from(body) : JSON.stringify(body),
    });
  const close = () => closeServer(server);
  return {
    ...stack,
    app,
    url,
    call,
    post,
    /** Requests so far. */
    received: () => received,
    dependencies,
    heartbeats,
    close,
    [Symbol.asyncDispose]: close,
  };
}
