import type { Server } from 'node:http';

const IDLE_CHECK_MILLISECONDS = 100;

/**
 * Stops accepting, waits for the requests in progress, and ends the connections that clients keep open. An idle
 * connection ends at once. A busy connection ends with its next answer, because its client would never close it.
 */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.prependListener('request', (_request, response) => response.setHeader('Connection', 'close'));
    // A request that was in progress had promised its client to keep the connection.
    const idleCheck = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MILLISECONDS);
    server.close((error) => {
      clearInterval(idleCheck);
      if (error) reject(error);
      else resolve();
    });
    server.closeIdleConnections();
  });
}
