import type { ApprovalReason } from '../../../services/shared/agreements/condition-reasons.ts';
import type { Approval, CandidateVersion } from '../../../services/shared/model-deployment/status.ts';
import { printable } from '../../../services/shared/printable.ts';
import { standingRejections } from '../../../services/shared/statements/rejections.ts';
import type { StatementReading } from '../../../services/shared/statements/statement.ts';
import type { Rollout, StatementsReading } from './rollout.ts';
import { signerOf } from './signer-name.ts';
import { faultOf, type StatementFault, subjectOf } from './statement-faults.ts';

/** A statement with a trusted signature. */
type Signed = Extract<StatementReading, { kind: 'statement' }>;
/** What a decision about statements needs to know of the rollout. */
type Asked = Pick<Rollout, 'spec' | 'status' | 'now'>;

/** What the signed statements say about a verified version. */
export type Verdict =
  | {
      readonly kind: 'approved';
      /** The statements that count: as few as cover every key, at most 10. */
      readonly approvals: readonly Approval[];
      /** Every statement that would count, so that none of them is left for another time. */
      readonly used: readonly Pick<Approval, 'hash' | 'at'>[];
    }
  | { readonly kind: 'rejected'; readonly message: string }
  | {
      readonly kind: 'held';
      readonly reason: ApprovalReason | 'ApprovalPending';
      readonly message: string;
    };

/** Statements whose faults a message names. */
const NAMED_FAULTS = 4;
const APPROVALS = 10;
const LABEL_CHARACTERS = 26;
const FAULT_CHARACTERS = 250;

/**
 * Whether pods may load the version. `spec.approval` must be there. Only a reading decides: without one nothing changes.
 * A rejection by one trusted key refuses. A statement counts if nothing in `faultOf` speaks against it.
 */
export function approvalOf(
  rollout: Asked,
  reading: StatementsReading | undefined,
  candidate: CandidateVersion,
): Verdict {
  const { version } = candidate;
  if (reading === undefined) {
    return {
      kind: 'held',
      reason: 'ApprovalPending',
      message: `the statements about version ${version} are being read`,
    };
  }
  if (reading.kind === 'unreadable') {
    return { kind: 'held', reason: reading.reason, message: `version ${version} waits: ${reading.message}` };
  }
  const rejected = rejectionOf(rollout, reading, candidate);
  if (rejected !== undefined) return { kind: 'rejected', message: rejected };
  if (reading.unread > 0) {
    const message = `version ${version} (${candidate.digest}) waits: ${unreadMessage(reading.unread)}`;
    return { kind: 'held', reason: 'StatementsUnreadable', message };
  }
  const strange = unknownKeys(rollout, reading);
  if (strange !== undefined) {
    return { kind: 'held', reason: 'KeysUnreadable', message: `version ${version} waits: ${strange}` };
  }
  const faults: StatementFault[] = [];
  const counted: Signed[] = [];
  for (const one of reading.statements) {
    if (one.kind === 'statement' && one.statement.kind !== 'promote') continue;
    const fault = faultOf(rollout, one, candidate);
    if (fault !== undefined) faults.push(fault);
    else if (one.kind === 'statement') counted.push(one);
  }
  const missing = missingOf(rollout, counted, faults);
  if (missing === undefined) {
    const used = counted.map(({ hash, statement }) => ({ hash, at: statement.at }));
    return { kind: 'approved', approvals: fewest(rollout, counted).map(toApproval), used };
  }
  return {
    kind: 'held',
    reason: missing,
    message: heldMessage(rollout, reading, candidate, { counted, faults }),
  };
}

/** Why the version must not serve, in the words of whoever rejected it. A rejection never expires. */
export function rejectionOf(
  rollout: Asked,
  reading: StatementsReading | undefined,
  candidate: CandidateVersion,
): string | undefined {
  if (reading?.kind !== 'read' || candidate.digest === undefined) return undefined;
  const [standing] = standingRejections(reading.statements, subjectOf(rollout, candidate));
  if (standing === undefined) return undefined;
  const { rejected } = standing;
  return `${nameOf(rejected)} rejected the version at ${rejected.statement.at}: ${rejected.statement.reason}`;
}

/** The statements that let a canary go on after a step, and why others do not. */
export interface StepVerdict {
  /** Empty: the pause goes on. */
  readonly approvals: readonly Approval[];
  readonly faults: readonly string[];
}

/**
 * What the statements say about the step with this weight. They count from the start of this canary on, so that an earlier
 * try of the version leaves none. Keys of `automatedKeys` alone let nothing go on.
 */
export function stepVerdict(
  rollout: Asked,
  reading: StatementsReading | undefined,
  candidate: CandidateVersion,
  weightPercent: number,
): StepVerdict {
  if (reading?.kind !== 'read' || rollout.spec.approval === undefined) return { approvals: [], faults: [] };
  const strange = unknownKeys(rollout, reading);
  if (strange !== undefined) return { approvals: [], faults: [strange] };
  const began = candidate.canary?.since ?? candidate.since;
  const counted: Signed[] = [];
  const faults: string[] = [];
  for (const one of reading.statements) {
    if (one.kind !== 'statement' || one.statement.kind !== 'approve-step') continue;
    const { at, weightPercent: weight } = one.statement;
    const label = labelOf(one.tag);
    const fault = faultOf(rollout, one, candidate);
    if (fault !== undefined) faults.push(`${label} ${printable(fault.message, FAULT_CHARACTERS)}`);
    else if (weight !== weightPercent) continue;
    else if (Date.parse(at) >= Date.parse(began)) counted.push(one);
    else faults.push(`${label} is of ${at}, before this canary began at ${began}; sign again`);
  }
  if (hasPerson(rollout, counted)) return { approvals: fewest(rollout, counted).map(toApproval), faults };
  const automated = counted.map(({ tag }) => `${labelOf(tag)} is by no person`);
  return { approvals: [], faults: [...automated, ...faults].slice(0, NAMED_FAULTS) };
}

/** A misspelt key of a job would count as one of a person. Undefined if `automatedKeys` names trusted keys alone. */
function unknownKeys(
  { spec: { approval } }: Asked,
  { keyNames, keyFaults }: Extract<StatementsReading, { kind: 'read' }>,
): string | undefined {
  const unknown = approval?.automatedKeys.filter((name) => !keyNames.includes(name)) ?? [];
  if (approval === undefined || approval.required === 0 || unknown.length === 0) return undefined;
  const names = `spec.approval.automatedKeys names ${unknown.slice(0, NAMED_FAULTS).join(', ')}`;
  const known = keyNames.slice(0, APPROVALS).join(', ');
  const rule = `the ConfigMap ${approval.publicKeys.configMap} has no such key; its keys are ${known}`;
  return [`${names}, and ${rule}`, ...keyFaults.slice(0, 1)]
    .map((fault) => printable(fault, FAULT_CHARACTERS))
    .join('; ');
}

/** One of the tags could be a rejection. */
export function unreadMessage(unread: number): string {
  return `${unread} tags that could be statements are too many to be read; delete those that are no statements`;
}

/** Why the counted statements do not suffice. Undefined if they do. */
function missingOf(
  rollout: Asked,
  counted: readonly Signed[],
  faults: readonly StatementFault[],
): ApprovalReason | undefined {
  const required = rollout.spec.approval?.required ?? 0;
  if (required === 0) return undefined;
  const keys = idsOf(counted).size;
  if (keys >= required) return hasPerson(rollout, counted) ? undefined : 'OnlyAutomatedKeys';
  if (keys > 0) return 'ApprovalIncomplete';
  return PRECEDENCE.find((reason) => faults.some((fault) => fault.reason === reason)) ?? 'Unsigned';
}

/** A fault of a statement by a trusted key says more about what to do. */
const PRECEDENCE = [
  'StatementReplayed',
  'StatementExpired',
  'StatementFromTheFuture',
  'StatementMismatch',
  'UntrustedKey',
  'StatementMalformed',
] as const;

function hasPerson({ spec }: Asked, signed: readonly Signed[]): boolean {
  const automated = new Set(spec.approval?.automatedKeys);
  const signers = signed.flatMap((one) => one.signers);
  return signers.some(({ name }) => !automated.has(name));
}

function idsOf(signed: readonly Signed[]): ReadonlySet<string> {
  return new Set(signed.flatMap(({ signers }) => signers.map(({ id }) => id)));
}

/** The fewest statements that have every key: those of people first, then the earliest. */
function fewest(rollout: Asked, counted: readonly Signed[]): readonly Signed[] {
  const chosen: Signed[] = [];
  const isAutomated = (one: Signed) => Number(!hasPerson(rollout, [one]));
  const time = ({ statement }: Signed) => Date.parse(statement.at);
  for (const one of [...counted].sort((a, b) => isAutomated(a) - isAutomated(b) || time(a) - time(b))) {
    const known = idsOf(chosen);
    if (one.signers.some(({ id }) => !known.has(id))) chosen.push(one);
  }
  return chosen.slice(0, APPROVALS);
}

function toApproval({ hash, signers, statement }: Signed): Approval {
  const { actor, reason, at, card } = statement;
  return { hash, keys: signers.map(({ name }) => name), actor, reason, at, card };
}

function nameOf(signed: Signed): string {
  return signerOf(toApproval(signed));
}

function heldMessage(
  rollout: Asked,
  { keyFaults }: Extract<StatementsReading, { kind: 'read' }>,
  { version, digest }: CandidateVersion,
  { counted, faults }: { readonly counted: readonly Signed[]; readonly faults: readonly StatementFault[] },
): string {
  const required = rollout.spec.approval?.required ?? 0;
  const number = required === 1 ? 'a statement by 1 key' : `statements by ${required} different keys`;
  const by = counted.length === 0 ? 'none' : fewest(rollout, counted).map(nameOf).join(', ');
  const people =
    hasPerson(rollout, counted) || counted.length === 0 ? '' : ', and all of them belong to no person';
  const parts = [
    `version ${version} (${digest}) needs ${number}, and has ${by}${people}`,
    ...faults
      .slice(0, NAMED_FAULTS)
      .map(({ tag, message }) => `${labelOf(tag)} ${printable(message, FAULT_CHARACTERS)}`),
    ...(faults.length > NAMED_FAULTS ? [`${faults.length - NAMED_FAULTS} more statements do not count`] : []),
    ...keyFaults.slice(0, 1),
  ];
  return parts.join('; ');
}

/** Anybody who may write tags chose the name of the tag, and a part of what is said about its value. */
function labelOf(tag: string): string {
  return tag.replaceAll(/[^\x21-\x7E]/g, '?').slice(0, LABEL_CHARACTERS);
}
