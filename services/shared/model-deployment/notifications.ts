import { z } from 'zod';
import { NOT_BLANK, rule, rules } from './rule.ts';

/** What the operator fills in where a template has `{{name}}`. The API server refuses any other name. */
const TEMPLATE_PLACEHOLDERS = [
  'namespace',
  'name',
  'model',
  'reason',
  'message',
  'phase',
  'stable',
  'candidate',
  'weight',
  'by',
  'at',
  'sequence',
] as const;

export type TemplatePlaceholder = (typeof TEMPLATE_PLACEHOLDERS)[number];

/** What people usually want to hear of: a wait for them, and each end. */
const USUAL = ['AwaitingApproval', 'AwaitingStepApproval', 'Promoted', 'RolledBack', 'Pinned'];

const entry = () =>
  z
    .string()
    .regex(/^[-._a-zA-Z0-9]+$/)
    .max(253);

const notification = z.object({
  name: z
    .string()
    .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)
    .max(63)
    .describe('Name of the notification in the log.'),
  type: z
    .enum(['webhook', 'slack'])
    .describe('webhook: posts the whole record as JSON. slack: posts the text to an incoming webhook.'),
  secret: z
    .object({
      name: z
        .string()
        .regex(/^[a-z0-9]+(?:-+[a-z0-9]+)*(?:\.[a-z0-9]+(?:-+[a-z0-9]+)*)*$/)
        .max(253)
        .describe('Name of the Secret. The Role of the operator lists the names that it may read.'),
      key: entry().describe('Entry that holds the URL. Its host must be in NOTIFICATION_HOSTS.'),
      signingKey: entry()
        .optional()
        .describe('Entry with which a webhook is signed by HMAC. Absent: it is not signed.'),
    })
    .describe('Secret in the same namespace that holds the URL.'),
  on: z
    .array(z.string().regex(/^[A-Z][A-Za-z]{1,59}$/))
    .min(1)
    .max(40)
    .default(USUAL)
    .describe(
      'Reasons of the transitions that are told. By default waits for people, and the ends of rollouts.',
    ),
  template: z
    .string()
    .min(1)
    .max(1000)
    .default('{{namespace}}/{{name}}: {{reason}}: {{message}} (by {{by}})')
    .meta({
      description: `Text of the notification, with the placeholders ${TEMPLATE_PLACEHOLDERS.map((name) => `{{${name}}}`).join(', ')}.`,
      ...rules(
        rule(NOT_BLANK, 'must not be blank'),
        rule(
          `!self${TEMPLATE_PLACEHOLDERS.map((name) => `.replace('{{${name}}}', ' ')`).join('')}.contains('{{')`,
          `must not contain another placeholder than ${TEMPLATE_PLACEHOLDERS.map((name) => `{{${name}}}`).join(', ')}`,
        ),
      ),
    }),
});

export const notifications = z
  .array(notification)
  .max(5)
  .meta({
    description: 'Who is told of transitions. A notification that fails holds no rollout.',
    ...rule('self.all(a, self.exists_one(b, b.name == a.name))', 'each notification needs a name of its own'),
  });

export type Notification = z.output<typeof notification>;
