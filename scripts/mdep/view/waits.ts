import { CHAMPION_ALIAS, SYSTEM_NAME } from '../../../services/shared/agreements/kubernetes-names.ts';
import { REQUEST_ANNOTATIONS } from '../../../services/shared/agreements/request-annotations.ts';
import type { ModelDeployment } from '../../../services/shared/model-deployment/model-deployment.ts';
import type { Condition } from '../../../services/shared/model-deployment/status.ts';

/** What holds the rollout although nothing failed. */
export interface Wait {
  readonly reason: string;
  readonly message: string;
  /** Absent: the object does not say since when. */
  readonly since?: string;
  /** Commands that end it. Empty: it ends by itself, or the message says what to do. */
  readonly next: readonly string[];
}

export function waitsOf(object: ModelDeployment): Wait[] {
  const { metadata, spec, status = {} } = object;
  const conditions = status.conditions ?? [];
  const pause = metadata.annotations?.[REQUEST_ANNOTATIONS.pause];
  const held = conditions.find(({ type, status: is }) => type === 'Held' && is === 'True');
  const unapproved = conditions.find(({ type, status: is }) => type === 'Approved' && is !== 'True');
  // A version that was left shows as the refused version.
  const pinned = conditions.find(({ reason, status: is }) => reason === 'Pinned' && is === 'True');
  return [
    ...(spec.suspend ? [suspended(metadata.name)] : []),
    ...(pinned ? [waitOf(pinned, [unpin(metadata.name)])] : []),
    ...(status.phase === 'AwaitingApproval' && unapproved ? [waitOf(unapproved, signCommands(object))] : []),
    ...(held ? [waitOf(held, commandsFor(held.reason, metadata.name))] : []),
    ...(pause !== undefined && held?.reason !== 'PausedByRequest' ? [paused(object, pause)] : []),
  ];
}

/** The commands by which a person signs for the version that waits: as the first person, or after somebody else. */
export function signCommands({ spec, status }: ModelDeployment): string[] {
  const { version = 'VERSION' } = status?.candidate ?? {};
  const approved = status?.conditions?.find(({ type }) => type === 'Approved');
  const about = [
    ...(spec.model === SYSTEM_NAME ? [] : [`--model ${quoted(spec.model)}`]),
    ...(spec.registry.alias === CHAMPION_ALIAS ? [] : [`--alias ${spec.registry.alias}`]),
  ];
  const command = (...words: string[]) => `make promote PROMOTE="${[...words, ...about].join(' ')}"`;
  const verb = approved?.reason === 'ApprovalIncomplete' ? 'approve' : 'sign';
  return [command('status', version), command(verb, version, '--reason TEXT')];
}

/** A person copies the command into a shell, and whoever made the object chose the name. */
function quoted(name: string): string {
  if (/^[\w.-]+$/.test(name)) return name;
  return /^[\p{L}\p{N} ._-]+$/u.test(name) ? `'${name}'` : 'MODEL';
}

function waitOf({ reason, message, lastTransitionTime }: Condition, next: readonly string[]): Wait {
  return { reason, message, since: lastTransitionTime, next };
}

function commandsFor(reason: string, name: string): string[] {
  if (reason === 'PausedByRequest') return [`kubectl mdep resume ${name}`];
  if (reason === 'AwaitingStepApproval') return [`kubectl mdep approve ${name}`];
  return [];
}

function unpin(name: string): string {
  return `kubectl patch mdep ${name} --type=json --patch='[{"op": "remove", "path": "/spec/pin"}]'`;
}

function suspended(name: string): Wait {
  const patch = `--type=merge --patch='{"spec": {"suspend": false}}'`;
  return {
    reason: 'Suspended',
    message: 'spec.suspend is true, so the operator changes nothing',
    next: [`kubectl patch mdep ${name} ${patch}`],
  };
}

/** The operator holds nothing yet. */
function paused({ metadata, status }: ModelDeployment, reason: string): Wait {
  const when =
    status?.candidate === undefined ? 'the next rollout will wait' : 'the operator has not acted on it yet';
  return {
    reason: 'PausedByRequest',
    message: `${when}: ${reason || 'no reason given'}`,
    next: [`kubectl mdep resume ${metadata.name}`],
  };
}
