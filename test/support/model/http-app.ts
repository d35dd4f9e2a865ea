import { DecisionService } from '../../../services/inference/decision/decision-service.ts';
import { createApp } from '../../../services/inference/http/app.ts';
import { Dependencies, type Heartbeat } from '../../../services/inference/http/probes.ts';
import { messageClasses } from '../../../services/shared/http/message-classes.ts';
import { HttpListener } from '../../../services/shared/http-listener.ts';
import { type DecisionStackOptions, decisionStack } from './decision-stack.ts';

export interface HttpAppOptions extends DecisionStackOptions {
  /** @default a free port */
  readonly port?: number;
  /** @default none */
  readonly allowedOrigins?: readonly string[];
}

/** The HTTP API on loopback, with models that the test chooses. */
export async function httpApp(options: HttpAppOptions = {}) {
  const stack = decisionStack(options);
  const dependencies = new Dependencies();
  const heartbeats: Heartbeat[] = [];
  const app = createApp({
    ...stack,
    serviceVersion: '1.2.3',
    allowedOrigins: options.allowedOrigins ?? [],
    service: new DecisionService(stack),
    dependencies,
    heartbeats,
  });
  let received = 0;
  const listener = await HttpListener.listen(
    (request, response) => {
      received++;
      app(request, response);
    },
    {
      host: '127.0.0.1',
      port: options.port ?? 0,
      keepAliveMilliseconds: 75_000,
      messages: messageClasses(app),
    },
  );
  const url = `http://127.0.0.1:${listener.address?.port}`;
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
  // The client of the tests keeps connections, and is not about to use them.
  const close = async () => void (await listener.close({ drainMilliseconds: 0, deadlineMilliseconds: 0 }));
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
