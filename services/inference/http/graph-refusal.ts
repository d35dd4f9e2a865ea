import type { ScoringError } from '../model/model.ts';

/** Longest reason that an answer quotes. */
const REASON_CHARACTERS = 300;

const NODE = /^Non-zero status code returned while running (\w+) node\b/;

/** Words of onnxruntime about the machine, and not about the values of a request. */
const MACHINE =
  /out of memory|failed to allocate|bad_?alloc|allocat(?:e|ion) (?:memory|failed)|not implemented/i;

/**
 * Why the graph refuses the values of a client, for example an index out of range. Undefined if the machine is at fault.
 * Only a graph without contract is asked: behind a contract every value was validated, so the graph is at fault.
 */
export function graphRefusal(error: ScoringError): string | undefined {
  const message = (error.cause as Error | undefined)?.message ?? '';
  const [, node] = NODE.exec(message) ?? [];
  const [, reason] = message.split('Status Message: ', 2);
  // The part before may hold the name of a node, such as /memory/Gather, which the author of the graph chose.
  if (MACHINE.test(reason ?? message)) return undefined;
  if (node !== undefined) return `the graph refuses the inputs at a node ${node}: ${shown(reason ?? '')}`;
  return /^(Invalid rank|Got invalid dimensions) for input/.test(message)
    ? `the graph refuses the inputs: ${shown(message)}`
    : undefined;
}

function shown(reason: string): string {
  return reason.trim().slice(0, REASON_CHARACTERS);
}
