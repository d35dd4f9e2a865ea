import type { Server } from 'node:http';
import type { RequestHandler } from 'express';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/** A registry with the process's own metrics (CPU, memory, event loop lag, garbage collection). */
export function createRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}

/** Makes series in `registry`, their labels known to the type. */
export function metricFactory(registry: Registry) {
  const registers = [registry];
  return {
    counter<Label extends string>(name: string, help: string, ...labelNames: Label[]) {
      return new Counter({ name, help, labelNames, registers });
    },
    gauge<Label extends string>(name: string, help: string, ...labelNames: Label[]) {
      return new Gauge({ name, help, labelNames, registers });
    },
  };
}

/** Answers a Prometheus scrape with the registry's text format. */
export function metricsHandler(registry: Registry): RequestHandler {
  return async (_request, response) => {
    response.set('Content-Type', registry.contentType).send(await registry.metrics());
  };
}

const IDLE_CHECK_MILLISECONDS = 100;

/**
 * Stops accepting, waits for requests under way and ends kept connections: an idle one at once, a busy one with its
 * next answer, as its client would never let go of it.
 */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.prependListener('request', (_request, response) => response.setHeader('Connection', 'close'));
    // What was under way promised its client to keep the connection.
    const idleCheck = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MILLISECONDS);
    server.close((error) => {
      clearInterval(idleCheck);
      if (error) reject(error);
      else resolve();
    });
    server.closeIdleConnections();
  });
}
