import { printable } from '../../services/shared/printable.ts';
import { duration } from '../command-line/words.ts';
import type { Desk } from './desk.ts';
import { approvingKeys, isApproved, type JudgedStatement, rejectingKeys } from './judged-statements.ts';
import type { Policy } from './policy.ts';
import { textTable } from './text-table.ts';
import type { VersionView } from './version-view.ts';
import { viewLines } from './view-text.ts';

const HEAD = ['STATEMENT', 'BY', 'KEY', 'AT (UTC)', 'AGE', 'COUNTS'];

/** The version, a table of its statements, and what is missing. */
export function statusText(
  desk: Desk,
  view: VersionView,
  statements: readonly JudgedStatement[],
  policy: Policy,
  keys: number,
): readonly string[] {
  const rows = statements.map((it) => rowOf(it, desk.clock.now()));
  return [
    ...viewLines(desk, view, []).filter((line) => !line.startsWith('  signed')),
    '',
    ...(rows.length === 0 ? [] : [...textTable([HEAD, ...rows]), '']),
    ...statements.flatMap(reasonLine),
    verdict(view, statements, policy, keys),
  ];
}

/** The same for scripts. */
export function statusDocument(
  { model, alias }: Desk,
  { version, digest, card, named, serving }: VersionView,
  statements: readonly JudgedStatement[],
  policy: Policy,
) {
  const approving = approvingKeys(statements);
  const rejectedBy = rejectingKeys(statements).map(({ name }) => name);
  return {
    model,
    version,
    digest,
    ...(card === undefined ? {} : { card }),
    alias,
    alias_version: named ?? null,
    serving,
    statements: statements.map(({ reading, fault }) => ({
      tag: reading.tag,
      ...(reading.kind === 'statement'
        ? {
            hash: reading.hash,
            ...reading.statement,
            keys: reading.signers.map(({ name, id }) => ({ name, id })),
          }
        : {}),
      counts: fault === undefined,
      ...(fault === undefined ? {} : { fault: fault.code, message: printable(fault.message) }),
    })),
    required: policy.required,
    approved_by: approving.map(({ name }) => name),
    rejected_by: rejectedBy,
    approved: rejectedBy.length === 0 && isApproved(approving, policy),
  };
}

/** What nobody signed is not shown as if somebody had. */
function rowOf({ reading, fault }: JudgedStatement, nowMilliseconds: number): readonly string[] {
  const standing = fault === undefined ? 'yes' : `no: ${printable(fault.message, 100)}`;
  if (reading.kind === 'fault') return [reading.tag.slice(0, 20), '-', '-', '-', '-', standing];
  const { kind, weightPercent, actor, at } = reading.statement;
  return [
    weightPercent === undefined ? kind : `${kind} ${weightPercent} %`,
    printable(actor, 40),
    reading.signers.map(({ name }) => name).join(', '),
    at.slice(0, 19).replace('T', ' '),
    duration(Math.max(0, nowMilliseconds - Date.parse(at))),
    standing,
  ];
}

function reasonLine({ reading }: JudgedStatement): readonly string[] {
  if (reading.kind === 'fault') return [];
  const { actor, reason } = reading.statement;
  return [`${printable(actor, 40)}: ${printable(reason, 300)}`];
}

function verdict(
  { version }: VersionView,
  statements: readonly JudgedStatement[],
  policy: Policy,
  keys: number,
): string {
  const { required } = policy;
  if (keys === 0) return 'Without public keys no statement can be checked: give --keys.';
  const names = (found: readonly { readonly name: string }[]) => found.map(({ name }) => name).join(', ');
  const rejecting = rejectingKeys(statements);
  if (rejecting.length > 0) return `Version ${version} is rejected by ${names(rejecting)}.`;
  const approving = approvingKeys(statements);
  const by = approving.length === 0 ? '' : ` (${names(approving)})`;
  if (isApproved(approving, policy)) return `Approved by ${approving.length} of ${required} keys${by}.`;
  const missing = required - approving.length;
  if (missing <= 0) return `Not approved: all keys${by} belong to no person. A person must sign.`;
  return `Not approved: ${approving.length} of ${required} keys${by}. ${missing} more must sign.`;
}
