import { EventEmitter } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { Lifecycle } from '../../../services/shared/lifecycle.ts';
import { createLogger } from '../../../services/shared/logging.ts';

class Host extends EventEmitter {
  readonly exited: Promise<number>;
  #resolve: (code: number) => void = () => {};

  constructor() {
    super();
    this.exited = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  exit(code?: number | string | null): never {
    this.#resolve(Number(code));
    return undefined as never;
  }
}

function lifecycle(host: Host): Lifecycle {
  return new Lifecycle({
    logger: createLogger({ component: 'test', level: 'silent' }),
    deadlineMilliseconds: 50,
    host: host as unknown as NodeJS.Process,
  });
}

describe('Lifecycle', () => {
  test('on SIGTERM stops newest first and exits with 0', async () => {
    const host = new Host();
    const subject = lifecycle(host);
    const stopped: string[] = [];
    subject.onStop('server', () => void stopped.push('server'));
    subject.onStop('stream', async () => void stopped.push('stream'));
    host.emit('SIGTERM');
    await expect(host.exited).resolves.toBe(0);
    expect(stopped).toEqual(['stream', 'server']);
    expect(subject.signal.aborted).toBe(true);
  });

  test('a failing step does not keep the others from stopping, and shows in the exit code', async () => {
    const host = new Host();
    const subject = lifecycle(host);
    let stopped = false;
    subject.onStop('first', () => {
      stopped = true;
    });
    subject.onStop('second', () => Promise.reject(new Error('stuck')));
    host.emit('SIGINT');
    await expect(host.exited).resolves.toBe(1);
    expect(stopped).toBe(true);
  });

  test('a fatal error exits with 1', async () => {
    const host = new Host();
    lifecycle(host);
    host.emit('unhandledRejection', new Error('nobody caught me'));
    await expect(host.exited).resolves.toBe(1);
  });

  test('a step that hangs is cut off at the deadline', async () => {
    const host = new Host();
    lifecycle(host).onStop('hangs', () => new Promise<void>(() => {}));
    host.emit('SIGTERM');
    await expect(host.exited).resolves.toBe(1);
  });
});
