import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { repositoryRoot } from '../../scripts/stack/paths.ts';
import type { ModelDeployment } from '../../services/shared/model-deployment/model-deployment.ts';
import type { Condition } from '../../services/shared/model-deployment/status.ts';
import { stateIn } from './rollouts-of-all-phases.ts';

const PAGE = 'docs/how-to/use-with-gitops.md';

/** The YAML blocks of the page about GitOps: what people copy. */
export function gitopsBlocks(): readonly unknown[] {
  const text = readFileSync(join(repositoryRoot, PAGE), 'utf8');
  return [...text.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, block = '']) => parse(block));
}

export interface HealthCase {
  readonly name: string;
  readonly object: ModelDeployment;
  readonly argo: 'Healthy' | 'Progressing' | 'Suspended' | 'Degraded';
  readonly flux: 'Current' | 'InProgress' | 'Failed';
  /** With the `current` that waits for the end of a rollout. @default flux */
  readonly fluxThatWaits?: HealthCase['flux'];
}

/** States that the operator stored, and states that follow from them by one condition, with the health of each. */
export function healthCases(states: readonly ModelDeployment[]): readonly HealthCase[] {
  const rolling = { argo: 'Progressing', flux: 'Current', fluxThatWaits: 'InProgress' } as const;
  const waiting = { argo: 'Suspended', flux: 'Current', fluxThatWaits: 'InProgress' } as const;
  const bad = { argo: 'Degraded', flux: 'Failed' } as const;
  const first = ({ status }: ModelDeployment) => status?.stable === undefined;
  const later = ({ status }: ModelDeployment) => status?.stable !== undefined;
  const of = (version: string) => (object: ModelDeployment) => object.status?.failed?.version === version;
  const canary = stateIn(states, 'Canary');
  const stable = stateIn(states, 'Stable');
  return [
    {
      name: 'no version was promoted',
      object: stateIn(states, 'Waiting'),
      argo: 'Progressing',
      flux: 'InProgress',
    },
    {
      name: 'the first version is verified',
      object: stateIn(states, 'Verifying', first),
      argo: 'Progressing',
      flux: 'InProgress',
    },
    { name: 'a version is verified', object: stateIn(states, 'Verifying', later), ...rolling },
    { name: 'a version is in shadow', object: stateIn(states, 'Shadowing'), ...rolling },
    { name: 'a version is in its canary', object: canary, ...rolling },
    { name: 'a version is promoted', object: stateIn(states, 'Promoting', later), ...rolling },
    { name: 'a version is in its bake time', object: stateIn(states, 'Soaking'), ...rolling },
    { name: 'a version is stable', object: stable, argo: 'Healthy', flux: 'Current' },
    ...['3', '4', '5'].map((version) => ({
      name: `version ${version} was refused`,
      object: stateIn(states, 'RolledBack', of(version)),
      ...bad,
    })),
    {
      name: 'the spec has changed',
      object: { ...stable, metadata: { ...stable.metadata, generation: 99 } },
      argo: 'Progressing',
      flux: 'InProgress',
    },
    { name: 'it is suspended', object: { ...canary, spec: { ...canary.spec, suspend: true } }, ...waiting },
    {
      name: 'a version waits for its approval',
      object: stateIn(states, 'AwaitingApproval', later),
      ...waiting,
    },
    {
      name: 'a person holds an approved version',
      object: stateIn(
        states,
        'AwaitingApproval',
        (object) => isTrue('Approved', 'Approved')(object) && isTrue('Held', 'PausedByRequest')(object),
      ),
      ...waiting,
    },
    ...['MinimumDuration', 'AwaitingStepApproval', 'StepPause', 'PausedByRequest'].map((reason) => ({
      name: `a canary is held for ${reason}`,
      object: stateIn(states, 'Canary', isTrue('Held', reason)),
      ...waiting,
    })),
    {
      name: 'a version was given up by a person',
      object: stateIn(states, 'RolledBack', ({ status }) => status?.failed?.reason === 'Aborted'),
      ...bad,
    },
    {
      name: 'a person left a version',
      object: stateIn(states, 'RolledBack', isTrue('BreakGlass', 'LeftByBreakGlass')),
      argo: 'Suspended',
      flux: 'Current',
      fluxThatWaits: 'InProgress',
    },
    {
      name: 'a person holds a version',
      object: stateIn(states, 'RolledBack', isTrue('BreakGlass', 'Pinned')),
      argo: 'Suspended',
      flux: 'Current',
      fluxThatWaits: 'InProgress',
    },
    {
      name: 'no pod serves',
      object: changed(stable, { type: 'Available', status: 'False', reason: 'NoPodAvailable' }),
      ...bad,
    },
    {
      name: 'the API server denies a write',
      object: changed(canary, { type: 'ActionDenied', status: 'True', reason: 'WriteDenied' }),
      ...bad,
    },
    {
      name: 'another client sets the pin',
      object: changed(stable, { type: 'PinContested', status: 'True', reason: 'PinOverwritten' }),
      ...bad,
    },
    {
      name: 'the registry does not answer',
      object: changed(stable, { type: 'RegistryReachable', status: 'False', reason: 'RegistryUnreachable' }),
      argo: 'Healthy',
      flux: 'Current',
    },
  ];
}

function isTrue(type: string, reason: string): (object: ModelDeployment) => boolean {
  return ({ status }) =>
    Boolean(
      status?.conditions?.some((it) => it.type === type && it.status === 'True' && it.reason === reason),
    );
}

/** The object with one condition in place of the condition of that type. */
function changed(
  object: ModelDeployment,
  { type, status, reason }: Pick<Condition, 'type' | 'status' | 'reason'>,
): ModelDeployment {
  const others = object.status?.conditions?.filter((condition) => condition.type !== type) ?? [];
  const lastTransitionTime = '2026-01-01T00:00:00Z';
  const condition = { type, status, reason, message: `because of ${reason}`, lastTransitionTime };
  return { ...object, status: { ...object.status, conditions: [...others, condition] } };
}
