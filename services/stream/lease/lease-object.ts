import { hash } from 'node:crypto';
import { STREAM_PREFIX } from '../../shared/agreements/kubernetes-names.ts';
import type { Lease } from '../../shared/kubernetes/objects.ts';
import { type Checkpoint, formatCheckpoint, parseCheckpoint } from '../checkpoint.ts';
import type { HashRange } from '../client/stream-client.ts';
import type { LeaseEdit } from './lease-edit.ts';
import type { Member, NewMember, ShardLease, StoredLease } from './shard-lease.ts';
import { UnreadableLeaseError } from './unreadable-lease.ts';

const GROUP_LABEL = `${STREAM_PREFIX}/group`;
const ROLE_LABEL = `${STREAM_PREFIX}/role`;
const ACCOUNT = `${STREAM_PREFIX}/account`;
const SHARD_ID = `${STREAM_PREFIX}/shard-id`;
const PARENTS = `${STREAM_PREFIX}/parents`;
const CHECKPOINT = `${STREAM_PREFIX}/checkpoint`;
const HAND_OFF_TO = `${STREAM_PREFIX}/hand-off-to`;
const DRAIN = `${STREAM_PREFIX}/drain`;

/** Identifies the leases of one consumer group on one stream. */
export interface GroupIdentity {
  readonly namespace: string;
  readonly group: string;
  /** Name, also of a stream that is given by ARN: the leases stay if a setting changes from one to the other. */
  readonly stream: string;
  readonly leaseMilliseconds: number;
}

export function groupSelector(identity: GroupIdentity): string {
  return `${GROUP_LABEL}=${groupKey(identity)}`;
}

export function isMember(object: Lease): boolean {
  return object.metadata.labels?.[ROLE_LABEL] === 'member';
}

/** Another version may keep Leases of other roles. A shard's Lease without its role is a shard's Lease still. */
export function isShard(object: Lease): boolean {
  return (object.metadata.labels?.[ROLE_LABEL] ?? 'shard') === 'shard';
}

/** A valid Kubernetes name for any shard id. Shard ids hold capitals (`shardId-0…12`) and may hold underscores. */
export function shardLeaseName(identity: GroupIdentity, shardId: string): string {
  return name(identity, shardId);
}

export function memberLeaseName(identity: GroupIdentity, member: string): string {
  return name(identity, `member-${member}`);
}

/** @param nowMilliseconds since the epoch. Only people read the stored time; no decision depends on it. */
export function shardObject(
  identity: GroupIdentity,
  lease: ShardLease & { readonly version?: string },
  nowMilliseconds: number,
): Lease {
  const annotations = {
    [`${STREAM_PREFIX}/stream`]: identity.stream,
    [SHARD_ID]: lease.shardId,
    [PARENTS]: lease.parents.join(','),
    ...(lease.hashRange === undefined
      ? {}
      : { [`${STREAM_PREFIX}/hash-range`]: formatRange(lease.hashRange) }),
    ...positionAnnotations(lease),
    [`${STREAM_PREFIX}/unclean-ends`]: String(lease.uncleanEnds),
    [`${STREAM_PREFIX}/bytes-per-second`]: String(lease.bytesPerSecond),
    ...(lease.trying === undefined ? {} : { [`${STREAM_PREFIX}/trying`]: lease.trying }),
    [`${STREAM_PREFIX}/released`]: String(lease.released),
    ...(lease.handOffTo === undefined ? {} : { [HAND_OFF_TO]: lease.handOffTo }),
  };
  return {
    ...object(identity, shardLeaseName(identity, lease.shardId), 'shard', annotations, lease.version),
    spec: {
      holderIdentity: lease.owner ?? null,
      leaseDurationSeconds: seconds(identity.leaseMilliseconds),
      renewTime: microTime(nowMilliseconds),
      leaseTransitions: lease.epoch,
    },
  };
}

/** @throws UnreadableLeaseError if a person or another version left a value that leaves the position in doubt */
export function parseShard(object: Lease): StoredLease {
  const { metadata, spec } = object;
  const read = (key: string): string => metadata.annotations?.[`${STREAM_PREFIX}/${key}`] ?? '';
  const shardId = shardIdOf(object);
  return {
    shardId,
    parents: parentsOf(object, shardId),
    hashRange: parseRange(read('hash-range')),
    owner: spec?.holderIdentity || undefined,
    handOffTo: metadata.annotations?.[HAND_OFF_TO] || undefined,
    released: read('released') === 'true',
    epoch: spec?.leaseTransitions ?? 0,
    checkpoint: checkpointOf(object, shardId),
    doneThroughMilliseconds: Date.parse(read('done-through')) || 0,
    createdMilliseconds: Date.parse(read('created')) || 0,
    streamCreatedMilliseconds: Date.parse(read('stream-created')) || 0,
    uncleanEnds: count(read('unclean-ends')),
    trying: read('trying') || undefined,
    bytesPerSecond: count(read('bytes-per-second')),
    version: metadata.resourceVersion ?? '',
    renewal: `${spec?.holderIdentity} ${spec?.leaseTransitions} ${spec?.renewTime}`,
  };
}

/** The name holds the shard id too. So a wrong annotation cannot make one Lease stand for the shard of another. */
function shardIdOf(object: Lease): string {
  const { name, annotations } = object.metadata;
  const shardId = annotations?.[SHARD_ID] ?? '';
  if (shardId === '')
    throw unreadable(object, undefined, SHARD_ID, 'it is missing, and must be the id of the shard');
  if (!name.endsWith(nameEnd(shardId)))
    throw unreadable(
      object,
      undefined,
      SHARD_ID,
      `${JSON.stringify(shardId)} does not fit the name of the Lease`,
    );
  return shardId;
}

/** A shard that waits for itself would never be read. */
function parentsOf(object: Lease, shardId: string): string[] {
  const text = object.metadata.annotations?.[PARENTS] ?? '';
  const parents = text.split(',').filter(Boolean);
  if (parents.includes(shardId))
    throw unreadable(object, shardId, PARENTS, `${JSON.stringify(text)} names the shard itself`);
  return parents;
}

function checkpointOf(object: Lease, shardId: string): Checkpoint {
  const text = object.metadata.annotations?.[CHECKPOINT] ?? '';
  try {
    return parseCheckpoint(text);
  } catch (error) {
    throw unreadable(object, shardId, CHECKPOINT, (error as Error).message);
  }
}

function unreadable(
  { metadata }: Lease,
  shardId: string | undefined,
  annotation: string,
  problem: string,
): UnreadableLeaseError {
  const { name, namespace, resourceVersion = '' } = metadata;
  const command = `kubectl annotate lease ${name} --namespace ${namespace} --overwrite ${annotation}=VALUE`;
  return new UnreadableLeaseError({
    name,
    shardId,
    version: resourceVersion,
    problem: `annotation ${annotation}: ${problem}`,
    repair: `correct it with \`${command}\`. If you delete the Lease instead, its shard begins anew at START_POSITION`,
  });
}

/** A patch that asks the owner of the lease for the shard. It changes nothing else; above all, not the time of renewal. */
export function handOffRequest(member: string, version: string): object {
  return { metadata: { resourceVersion: version, annotations: { [HAND_OFF_TO]: member } } };
}

/** A patch that gives the lease another position. It must not change the time of renewal, which is the owner's sign of life. */
export function positionEdit(edit: LeaseEdit, version: string): object {
  const forgotten = { [`${STREAM_PREFIX}/unclean-ends`]: '0', [`${STREAM_PREFIX}/trying`]: null };
  return {
    metadata: { resourceVersion: version, annotations: { ...positionAnnotations(edit), ...forgotten } },
  };
}

function positionAnnotations(edit: LeaseEdit): Record<string, string> {
  return {
    [CHECKPOINT]: formatCheckpoint(edit.checkpoint),
    [`${STREAM_PREFIX}/done-through`]: formatTime(edit.doneThroughMilliseconds),
    [`${STREAM_PREFIX}/created`]: formatTime(edit.createdMilliseconds),
    [`${STREAM_PREFIX}/stream-created`]: formatTime(edit.streamCreatedMilliseconds),
  };
}

/** A whole number that a person may have edited. 0 if it cannot be read. */
function count(text: string): number {
  const number = Number(text);
  return Number.isSafeInteger(number) && number > 0 ? number : 0;
}

function formatTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

function formatRange({ start, end }: HashRange): string {
  return `${start}-${end}`;
}

function parseRange(text: string): HashRange | undefined {
  const [, start, end] = /^(\d+)-(\d+)$/.exec(text) ?? [];
  return start === undefined || end === undefined ? undefined : { start, end };
}

/** The Lease that notes the account of the stream. It lacks the group's label: earlier versions take all that has it for a shard. */
export function claimObject(identity: GroupIdentity, account: string): Lease {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name: claimName(identity),
      namespace: identity.namespace,
      labels: { [ROLE_LABEL]: 'stream' },
      annotations: { [`${STREAM_PREFIX}/stream`]: identity.stream, [ACCOUNT]: account },
    },
    spec: {},
  };
}

export function claimName(identity: GroupIdentity): string {
  return name(identity, 'stream');
}

/** Undefined if a person removed it. */
export function claimedAccount({ metadata }: Lease): string | undefined {
  return metadata.annotations?.[ACCOUNT] || undefined;
}

export function memberObject(identity: GroupIdentity, member: NewMember, nowMilliseconds: number): Lease {
  const annotations = {
    [`${STREAM_PREFIX}/stream`]: identity.stream,
    [`${STREAM_PREFIX}/revision`]: member.revision,
  };
  return {
    ...object(identity, memberLeaseName(identity, member.name), 'member', annotations, undefined),
    spec: {
      holderIdentity: member.name,
      leaseDurationSeconds: seconds(identity.leaseMilliseconds),
      acquireTime: microTime(member.joinedMilliseconds),
      renewTime: microTime(nowMilliseconds),
    },
  };
}

/** A patch that asks a member to read nothing, or no longer asks it. The member's own writes keep it. */
export function drainRequest(draining: boolean): object {
  return { metadata: { annotations: { [DRAIN]: draining ? 'true' : null } } };
}

export function parseMember({ metadata, spec }: Lease): Member {
  return {
    name: spec?.holderIdentity ?? metadata.name,
    revision: metadata.annotations?.[`${STREAM_PREFIX}/revision`] ?? '',
    joinedMilliseconds: Date.parse(spec?.acquireTime ?? '') || 0,
    draining: metadata.annotations?.[DRAIN] === 'true',
    version: metadata.resourceVersion ?? '',
  };
}

function object(
  identity: GroupIdentity,
  leaseName: string,
  role: 'shard' | 'member',
  annotations: Readonly<Record<string, string>>,
  version: string | undefined,
): Lease {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name: leaseName,
      namespace: identity.namespace,
      labels: { [GROUP_LABEL]: groupKey(identity), [ROLE_LABEL]: role },
      annotations,
      ...(version === undefined ? {} : { resourceVersion: version }),
    },
  };
}

/** A label holds at most 63 characters, but a stream name and a group name hold up to 128 each. */
function groupKey({ group, stream }: GroupIdentity): string {
  return `${slug(group).slice(0, 40)}-${digest(`${group}/${stream}`)}`;
}

function name(identity: GroupIdentity, what: string): string {
  return `${groupKey(identity)}${nameEnd(what)}`;
}

function nameEnd(what: string): string {
  return `-${slug(what).slice(0, 150)}-${digest(what)}`;
}

function slug(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}

function digest(text: string): string {
  return hash('sha256', text).slice(0, 8);
}

function seconds(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds / 1000));
}

/** The format of metav1.MicroTime. */
function microTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('Z', '000Z');
}
