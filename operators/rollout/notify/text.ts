import type { TransitionRecord } from '../../../services/shared/agreements/audit-record.ts';
import type { TemplatePlaceholder } from '../../../services/shared/model-deployment/notifications.ts';
import { truncate } from '../decision/truncate.ts';

const TEXT_LENGTH = 3_000;

const VALUES: Readonly<
  Record<TemplatePlaceholder, (record: TransitionRecord) => string | number | undefined>
> = {
  namespace: ({ namespace }) => namespace,
  name: ({ name }) => name,
  model: ({ model }) => model,
  reason: ({ reason }) => reason,
  message: ({ message }) => message,
  phase: ({ phase }) => phase,
  stable: ({ stable }) => stable,
  candidate: ({ candidate }) => candidate,
  weight: ({ weightPercent }) => weightPercent,
  by: ({ by }) => by,
  at: ({ at }) => at,
  sequence: ({ sequence }) => sequence,
};

/** The text of a notification. A value that is absent is `-`. A value is never filled in again. */
export function textOf(template: string, record: TransitionRecord): string {
  const text = template.replaceAll(/\{\{(\w{1,20})\}\}/g, (whole, name) =>
    Object.hasOwn(VALUES, name) ? String(VALUES[name as TemplatePlaceholder](record) ?? '-') : whole,
  );
  return truncate(text, TEXT_LENGTH);
}

/** Slack reads these three characters as links and mentions, and a message may quote a person's text. */
export function slackText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
