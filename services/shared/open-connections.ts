import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** A connection that never sent a byte. Its first request may be on its way. */
const SILENT_MILLISECONDS = 250;
/** A kept connection, or half a header: the client may pause between two requests. */
const KEPT_MILLISECONDS = 1_000;
/** Half a body: its client has begun to send, and a lost packet may come again only after a second. */
const BODY_MILLISECONDS = 2_000;

interface Connection {
  /** Answers that are owed, oldest first. More than one if the client pipelines. */
  readonly answers: Set<ServerResponse>;
  bytesRead: number;
  /** When bytes last arrived or an answer was last owed, as far as the checks saw. */
  activeAt: number;
}

/**
 * The connections of a server and the answers that it owes. Node's own `closeIdleConnections` is not enough for a
 * stop: it keeps connections that never sent a request, and ends kept connections whose client is about to send.
 */
export class OpenConnections {
  readonly #connections = new Map<Socket, Connection>();
  #announcesClose = false;

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      this.#connections.set(socket, { answers: new Set(), bytesRead: -1, activeAt: 0 });
      socket.once('close', () => this.#connections.delete(socket));
    });
    server.prependListener('request', ({ socket }, response) => {
      const answers = this.#connections.get(socket)?.answers;
      if (answers === undefined) return;
      answers.add(response);
      response.on('close', () => answers.delete(response));
      if (this.#announcesClose) announceClose(answers);
    });
  }

  get size(): number {
    return this.#connections.size;
  }

  /** From now on the last answer on each connection says `Connection: close`, and Node closes after it. */
  announceClose(): void {
    this.#announcesClose = true;
    for (const { answers } of this.#connections.values()) announceClose(answers);
  }

  /** Sees which connections are active. Call it in short intervals. */
  observe(now: number): void {
    for (const [socket, connection] of this.#connections) {
      const { bytesRead } = socket;
      if (bytesRead === connection.bytesRead && !owesAnswer(connection)) continue;
      connection.bytesRead = bytesRead;
      connection.activeAt = now;
    }
  }

  /** Ends the connections on which the server has waited long enough for its client. */
  endQuiet(now: number): void {
    for (const [socket, connection] of this.#connections) {
      if (now - connection.activeAt >= waitFor(connection)) socket.destroy();
    }
  }

  endAll(): void {
    for (const socket of this.#connections.keys()) socket.destroy();
  }
}

/** Time for which the server waits for the client's next byte. */
function waitFor({ bytesRead, answers }: Connection): number {
  if (bytesRead === 0) return SILENT_MILLISECONDS;
  return answers.size === 0 ? KEPT_MILLISECONDS : BODY_MILLISECONDS;
}

/** True if the next step is the server's: it has all of a request. Half a body may never be completed. */
function owesAnswer({ answers }: Connection): boolean {
  for (const { req } of answers) if (req.complete) return true;
  return false;
}

/** An answer that says close is the last one of its connection, so earlier answers must not say it. */
function announceClose(answers: ReadonlySet<ServerResponse>): void {
  const last = [...answers].at(-1);
  for (const answer of answers) {
    if (answer.headersSent) continue;
    if (answer === last) answer.setHeader('Connection', 'close');
    else answer.removeHeader('Connection');
  }
}
