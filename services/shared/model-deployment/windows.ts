import { z } from 'zod';
import { rule, rules } from './rule.ts';

export const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;

const LOCAL_TIME = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d$/;

const localTime = z.string().max(16).regex(LOCAL_TIME);

const allowed = z
  .object({
    days: z
      .array(z.enum(WEEKDAYS))
      .min(1)
      .max(7)
      .optional()
      .describe('Days on which the window begins. If absent, every day.'),
    from: z
      .string()
      .max(5)
      .regex(/^([01]\d|2[0-3]):[0-5]\d$/)
      .describe('Time of day at which the window begins, for example 09:00.'),
    to: z
      .string()
      .max(5)
      .regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/)
      .describe('Time of day at which the window ends, for example 17:00. Before `from`: on the next day.'),
  })
  .meta(rule('self.from != self.to', 'from and to must differ; a whole day is from 00:00 to 24:00'));

const freeze = z
  .object({
    from: localTime.describe('Begin, as a local date and time, for example 2026-12-19T18:00.'),
    to: localTime.describe('End, as a local date and time.'),
    reason: z.string().max(200).optional().describe('Why. The condition Held shows it.'),
  })
  .meta(
    // A date such as 30 February is an error of the conversion, so the API server refuses it too.
    rule(
      "timestamp(self.from + ':00Z') < timestamp(self.to + ':00Z')",
      'from and to must be dates of the calendar, and from must be before to',
    ),
  );

export const windows = z
  .object({
    timeZone: z
      .string()
      .min(1)
      .max(64)
      .regex(/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/)
      .default('UTC')
      .meta({
        description: 'Time zone of all times, by its IANA name, for example Europe/Berlin.',
        ...rules(
          rule(
            "self != 'Local' && timestamp('2026-01-01T00:00:00Z').getHours(self) >= 0",
            'must be the IANA name of a time zone, for example Europe/Berlin',
          ),
        ),
      }),
    allowed: z
      .array(allowed)
      .min(1)
      .max(20)
      .optional()
      .describe('Times in which a rollout may go on. If absent, always.'),
    freezes: z
      .array(freeze)
      .max(50)
      .optional()
      .describe('Times in which no rollout goes on. A freeze outweighs an allowed window.'),
  })
  .describe(
    'When a rollout may go on. Outside of these times it waits: no pod loads another version, and no weight rises. Measurements go on, and a failure still rolls back. Going back to a version that served well does not wait.',
  );

export type Windows = z.output<typeof windows>;
export type AllowedWindow = NonNullable<Windows['allowed']>[number];
export type Freeze = NonNullable<Windows['freezes']>[number];
