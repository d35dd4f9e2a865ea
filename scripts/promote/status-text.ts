import { printable } from '../../services/shared/printable.ts';
import type { TrustedKey } from '../../services/shared/statements/envelope.ts';
import { count, duration, listed } from '../command-line/words.ts';
import type { Desk } from './desk.ts';
import {
  approvingKeys,
  isApproved,
  type JudgedStatement,
  type JudgedTags,
  rejectingKeys,
} from './judged-statements.ts';
import type { Policy } from './policy.ts';
import { textTable } from './text-table.ts';
import type { VersionView } from './version-view.ts';
import { shownStatements, unshownLines, versionLines } from './view-text.ts';

const TAG_CHARACTERS = 20;
const HEAD = ['STATEMENT', 'BY', 'KEY', 'AT (UTC)', 'AGE', 'COUNTS'];

/** The version, a table of its statements, and what is missing. */
export function statusText(
  desk: Desk,
  view: VersionView,
  judged: JudgedTags,
  policy: Policy,
  keys: readonly TrustedKey[],
): readonly string[] {
  const shown = shownStatements(judged);
  const rows = shown.map((it) => rowOf(it, desk.clock.now()));
  const strangers = policy.automated.filter((name) => !keys.some((key) => key.name === name));
  return [
    ...versionLines(desk, view),
    '',
    ...(rows.length === 0 ? [] : [...textTable([HEAD, ...rows]), '']),
    ...shown.flatMap(reasonLine),
    ...unshownLines(judged),
    ...(strangers.length === 0 || keys.length === 0
      ? []
      : [
          `The automated key ${listed(strangers)} is no key here. If it is none in the cluster either, the operator holds every version.`,
        ]),
    verdict(view, judged, policy, keys),
  ];
}

/** The same for scripts. */
export function statusDocument(
  { model, alias }: Desk,
  { version, digest, files, card, problems, named, serving, followers }: VersionView,
  { statements, unread }: JudgedTags,
  policy: Policy,
) {
  const approving = approvingKeys(statements);
  const rejectedBy = rejectingKeys(statements).map(({ name }) => name);
  return {
    model,
    version,
    digest,
    files_checked: files?.areThoseOfTag ?? false,
    problems: problems.map((problem) => printable(problem, 500)),
    ...(card === undefined ? {} : { card }),
    alias,
    alias_version: named ?? null,
    serving,
    rollouts:
      followers.kind === 'unknown'
        ? null
        : followers.objects.map(({ metadata: { namespace, name } }) => ({ namespace, name })),
    ...(followers.kind === 'unknown' ? { rollouts_unknown: printable(followers.why, 500) } : {}),
    statements: statements.map(({ reading, fault, inUseBy }) => ({
      tag: reading.tag,
      ...(reading.kind === 'statement'
        ? {
            hash: reading.hash,
            ...reading.statement,
            keys: reading.signers.map(({ name, id }) => ({ name, id })),
          }
        : {}),
      counts: fault === undefined,
      ...(inUseBy === undefined ? {} : { in_use_by: inUseBy }),
      ...(fault === undefined ? {} : { fault: fault.code, message: printable(fault.message) }),
    })),
    unread_tags: unread,
    required: policy.required,
    approved_by: approving.map(({ name }) => name),
    rejected_by: rejectedBy,
    approved: rejectedBy.length === 0 && unread === 0 && isApproved(approving, policy),
  };
}

/** What nobody signed is not shown as if somebody had. */
function rowOf({ reading, fault, inUseBy }: JudgedStatement, nowMilliseconds: number): readonly string[] {
  const counts = inUseBy === undefined ? 'yes' : `yes: in use by ${inUseBy}`;
  const standing = fault === undefined ? counts : `no: ${printable(fault.message, 120)}`;
  if (reading.kind === 'fault') return [printable(reading.tag, TAG_CHARACTERS), '-', '-', '-', '-', standing];
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
  { statements, unread }: JudgedTags,
  policy: Policy,
  keys: readonly TrustedKey[],
): string {
  const { required } = policy;
  if (keys.length === 0) return 'Without public keys no statement can be checked: give --keys.';
  const names = (found: readonly { readonly name: string }[]) => found.map(({ name }) => name).join(', ');
  const rejecting = rejectingKeys(statements);
  if (rejecting.length > 0) return `Version ${version} is rejected by ${names(rejecting)}.`;
  const approving = approvingKeys(statements);
  const by = approving.length === 0 ? '' : ` (${names(approving)})`;
  if (unread > 0) return 'Not approved: too many tags could not be read.';
  if (required === 0) return `No statement is demanded. Signed by ${count(approving.length, 'key')}${by}.`;
  if (isApproved(approving, policy))
    return approving.length > required
      ? `Approved by ${approving.length} keys${by}, and ${required} must sign.`
      : `Approved by ${approving.length} of ${required} keys${by}.`;
  const missing = required - approving.length;
  if (missing <= 0) return `Not approved: all keys${by} belong to no person. A person must sign.`;
  return `Not approved: ${approving.length} of ${required} keys${by}. ${missing} more must sign.`;
}
