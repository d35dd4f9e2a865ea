import type { Clock } from '../../../services/shared/clock.ts';
import type { ModelDeployment } from '../../../services/shared/model-deployment/model-deployment.ts';
import { Refusal } from '../../command-line/usage-error.ts';
import { ApiTrouble } from '../../kubernetes/api-trouble.ts';
import type { ModelDeployments } from '../model-deployments.ts';

/** Time before a connection that ended is made anew. */
const RECONNECT_MILLISECONDS = 1_000;

export interface Sight {
  readonly object: ModelDeployment;
  /** Why the object may have changed since. Undefined while the connection stands. */
  readonly trouble: string | undefined;
}

interface Following {
  readonly deployments: ModelDeployments;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * The object at first, and after each change. A broken connection is a sight too, and is made anew.
 * @throws Refusal once the object is deleted; ApiTrouble if the person may not watch; the reason of the signal
 */
export async function* follow(
  first: ModelDeployment,
  { deployments, clock, signal }: Following,
): AsyncGenerator<Sight> {
  let object = first;
  for (;;) {
    yield { object, trouble: undefined };
    let trouble = '';
    try {
      for await (const change of deployments.changes(object, signal)) {
        if (change === 'deleted') throw new Refusal(`${first.metadata.name} was deleted`);
        object = change;
        yield { object, trouble: undefined };
      }
    } catch (error) {
      if (isEnd(error) || signal.aborted) throw error;
      trouble = (error as Error).message;
    }
    object = yield* again(object, trouble, { deployments, clock, signal });
  }
}

/** The object after a connection has ended, with a sight for each attempt that fails. */
async function* again(
  object: ModelDeployment,
  ended: string,
  { deployments, clock, signal }: Following,
): AsyncGenerator<Sight, ModelDeployment> {
  for (let trouble = ended; ; ) {
    if (trouble !== '') yield { object, trouble };
    await clock.sleep(RECONNECT_MILLISECONDS, signal);
    try {
      return await deployments.one(object.metadata.name, signal);
    } catch (error) {
      if (isEnd(error) || signal.aborted) throw error;
      trouble = (error as Error).message;
    }
  }
}

/** Whether no later attempt can succeed: the object is gone, or the person may not watch it. */
function isEnd(error: unknown): boolean {
  return error instanceof Refusal || (error instanceof ApiTrouble && error.status === 403);
}
