import { REQUEST_ANNOTATIONS, REQUESTED_BY } from '../../services/shared/agreements/request-annotations.ts';
import type { ModelDeployment } from '../../services/shared/model-deployment/model-deployment.ts';
import { printable } from '../../services/shared/printable.ts';
import type { CommandInput } from '../command-line/command.ts';
import { UsageError } from '../command-line/usage-error.ts';
import { isoTime } from '../command-line/words.ts';
import type { Desk } from './desk.ts';

/** The status keeps 1,000 characters of a request. Subject and time take the rest. */
const REASON_CHARACTERS = 500;

/** @throws UsageError if it is no line of text */
export function reasonOf(input: CommandInput): string | undefined {
  const reason = input.text('reason')?.trim();
  if (reason === undefined) return undefined;
  if (reason === '' || reason.length > REASON_CHARACTERS || /[\p{Cc}\p{Zl}\p{Zp}]/u.test(reason))
    throw new UsageError(`--reason: give one line of 1 to ${REASON_CHARACTERS} characters`);
  return reason;
}

/** `subject`, the time and the reason. The time makes each value new, because a value acts once. */
export function requestValue(subject: string, reason: string | undefined, now: number): string {
  return [subject, isoTime(now), reason].filter(Boolean).join(' ');
}

/** Who pauses the rollout and why, e.g. `by bob: quarter end`. Undefined: nobody does. */
export function presentPause({ metadata: { annotations = {} } }: ModelDeployment): string | undefined {
  const reason = annotations[REQUEST_ANNOTATIONS.pause];
  if (reason === undefined) return undefined;
  return `by ${printable(annotations[REQUESTED_BY.pause] ?? 'somebody')}: ${printable(reason) || 'no reason given'}`;
}

/** Tells the person what was asked, and how to see what becomes of it. */
export function sayRequested({ screen, deployments }: Desk, name: string, by: string, what: string): void {
  screen.out(`${name}: ${printable(by)} asks to ${what}`);
  screen.say(
    `\`kubectl mdep status ${name} --namespace ${deployments.namespace} --watch\` shows what follows`,
  );
}
