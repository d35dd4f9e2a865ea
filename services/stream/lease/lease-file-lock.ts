import { once } from 'node:events';
import { type FileHandle, open, rm, stat } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { basename, dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { lockFileOf, removalFileOf } from './lease-file-names.ts';

/** A process whose event loop is busy answers late, but the kernel connects at once. */
const ANSWER_MILLISECONDS = 1_000;
/** macOS allows 103 bytes, Linux 107. */
const LONGEST_SOCKET_PATH_BYTES = 100;
/** Time for another process to remove a socket that a crash left. */
const PAUSE_MILLISECONDS = 50;
/** A removal takes a moment. If it takes longer, its process crashed meanwhile. */
const LONGEST_REMOVAL_MILLISECONDS = 10_000;
const TRIES = 400;
/** Nobody listens: there is no socket, a crash left it, or the file system of the directory has no sockets. */
const NOBODY = new Set([
  'ENOENT',
  'ENOTDIR',
  'ECONNREFUSED',
  'ENOTSOCK',
  'ENOTSUP',
  'EOPNOTSUPP',
  'EINVAL',
  'ENAMETOOLONG',
]);

/** Another process uses the lease file. */
export class LeaseFileInUse extends Error {
  override readonly name = 'LeaseFileInUse';

  constructor(file: string, holder: string) {
    super(
      `${file} is in use by ${holder}: stop that process, or set LEASE_FILE to another file. LEASE_STORE=kubernetes shares the shards between processes`,
    );
  }
}

/**
 * Shows that a process uses the lease file: the process listens on a socket beside that file. The kernel closes the
 * socket when the process ends, however it ends. A crash or a reboot leaves a socket on which nobody listens, which the
 * next process replaces. A process id would be reused, and would mean nothing in another container. The socket works
 * between containers that share a directory of one machine. Between machines, and on a file system without sockets,
 * nobody seems to listen. There the lease store notices the other process when it writes.
 */
export class LeaseFileLock {
  readonly #server: Server;
  readonly #path: SocketPath;

  private constructor(server: Server, path: SocketPath) {
    this.#server = server;
    this.#path = path;
  }

  /**
   * @param holder says who this process is, to the people who read the refusal of another process
   * @throws LeaseFileInUse; another Error if the directory can hold no socket
   */
  static async acquire(file: string, holder: string): Promise<LeaseFileLock> {
    for (let tries = 1; ; tries++) {
      const path = await SocketPath.open(file);
      try {
        return new LeaseFileLock(await listen(path.path, holder), path);
      } catch (error) {
        await path.close();
        if (codeOf(error) !== 'EADDRINUSE' || tries === TRIES) throw error;
      }
      const other = await lockHolder(file);
      if (other !== undefined) throw new LeaseFileInUse(file, other);
      if (!(await removeLeftSocket(file))) await delay(PAUSE_MILLISECONDS);
    }
  }

  async release(): Promise<void> {
    // This removes the socket, too.
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
    await this.#path.close();
  }
}

/** Who uses the lease file, in words. Undefined if nobody does, as far as this machine can tell. */
export async function lockHolder(file: string): Promise<string | undefined> {
  let path: SocketPath | undefined;
  try {
    path = await SocketPath.open(file);
    return await ask(path.path);
  } catch (error) {
    const code = codeOf(error);
    if (code !== undefined && NOBODY.has(code)) return undefined;
    throw new Error(
      `cannot tell whether a process uses ${file}: ${(error as Error).message}. Check the access to ${lockFileOf(file)}`,
      { cause: error },
    );
  } finally {
    await path?.close();
  }
}

/**
 * Removes a socket on which nobody listens. Only one process at a time may do so. Else a slow process would remove the
 * socket of a faster one, which has already replaced the left socket by its own.
 * @returns false if another process is at it
 */
async function removeLeftSocket(file: string): Promise<boolean> {
  const removal = removalFileOf(file);
  try {
    await (await open(removal, 'wx')).close();
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    if ((await ageMilliseconds(removal)) > LONGEST_REMOVAL_MILLISECONDS) await rm(removal, { force: true });
    return false;
  }
  try {
    if ((await lockHolder(file)) === undefined) await rm(lockFileOf(file), { force: true });
    return true;
  } finally {
    await rm(removal, { force: true });
  }
}

/** 0 if there is no such file. */
async function ageMilliseconds(file: string): Promise<number> {
  try {
    return Date.now() - (await stat(file)).mtimeMs;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 0;
    throw error;
  }
}

/** A path of the socket that is short enough for the kernel. */
class SocketPath {
  readonly path: string;
  readonly #directory: FileHandle | undefined;

  private constructor(path: string, directory?: FileHandle) {
    this.path = path;
    this.#directory = directory;
  }

  static async open(leaseFile: string): Promise<SocketPath> {
    const path = lockFileOf(leaseFile);
    if (Buffer.byteLength(path) <= LONGEST_SOCKET_PATH_BYTES) return new SocketPath(path);
    // Linux names an open directory in a few characters. Elsewhere the path stays too long, and is refused as such.
    if (process.platform !== 'linux') return new SocketPath(path);
    const directory = await open(dirname(path), 'r');
    return new SocketPath(`/proc/self/fd/${directory.fd}/${basename(path)}`, directory);
  }

  async close(): Promise<void> {
    await this.#directory?.close();
  }
}

async function listen(path: string, holder: string): Promise<Server> {
  const server = createServer((socket) => {
    // The other side may be gone already. It has learned that this process lives.
    socket.on('error', () => {});
    socket.write(holder, () => socket.destroy());
  });
  server.unref();
  // A person may run the tool, or the next process, as another user.
  server.listen({ path, readableAll: true, writableAll: true });
  await once(server, 'listening');
  // A caller that could not be accepted has seen that this process lives. No process must end over a call.
  server.on('error', () => {});
  return server;
}

/** @throws Error if nobody listens */
function ask(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    let isConnected = false;
    const socket = connect(path);
    socket.setEncoding('utf8');
    socket.setTimeout(ANSWER_MILLISECONDS, () => socket.destroy());
    socket.on('connect', () => {
      isConnected = true;
    });
    socket.on('data', (text: string) => {
      answer += text;
    });
    socket.on('error', (error) => {
      // EAGAIN: so many callers wait that the process must be there.
      if (!isConnected && codeOf(error) !== 'EAGAIN') reject(error);
    });
    socket.on('close', () => resolve(answer === '' ? 'a process that does not answer' : answer));
  });
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
