import { z } from 'zod';
import { instantSchema, nameSchema } from './common.ts';
import { csvOf } from './csv.ts';
import { defineRoute, type Bytes } from './route.ts';

/** The calendar: freezes and windows as they fall, releases, deployments, and the ends of what suspends a rule. */

export const CALENDAR_KINDS = ['freeze', 'window', 'release', 'deployment', 'rollback', 'waiver', 'debt'] as const;
export type CalendarKind = (typeof CALENDAR_KINDS)[number];

/** The longest range that is asked for at once, and how many items one answer holds. */
export const CALENDAR_DAYS = 400;
export const CALENDAR_ITEMS = 2000;

export const calendarItemSchema = z.object({
  /** Stable: the object, and for what comes again the beginning on the wall of its zone. */
  key: z.string(),
  kind: z.enum(CALENDAR_KINDS),
  /** The object it opens to. */
  object: z.string(),
  title: z.string(),
  /** One sentence. */
  detail: z.string(),
  from: z.string(),
  /** Null: it has no known end. The same as `from`: it is a moment. */
  until: z.string().nullable(),
  /** `standing`, `planned`, `past`, or the state of the release, deployment or waiver. */
  state: z.string(),
  service: z.string().nullable(),
  team: z.string().nullable(),
  environment: z.string().nullable(),
  /** Of a freeze or window: the zone it was written in (null: an instant), its rule, what passes, the waivers that suspend it. */
  zone: z.string().nullable(),
  rule: z.string().nullable(),
  exempt: z.array(z.string()),
  overrides: z.array(
    z.object({ waiver: z.string(), service: z.string().nullable(), environment: z.string().nullable(), until: z.string() }),
  ),
  version: z.number().int(),
});
export type CalendarItem = z.infer<typeof calendarItemSchema>;

const kinds = z
  .string()
  .max(100)
  .regex(/^[a-z]+(?:,[a-z]+)*$/)
  .refine((text) => text.split(',').every((kind) => (CALENDAR_KINDS as readonly string[]).includes(kind)), {
    message: `words of ${CALENDAR_KINDS.join(', ')}, with commas between them`,
  });

const filters = {
  service: nameSchema.optional(),
  environment: nameSchema.optional(),
  /** `freeze,release`: only these kinds. */
  kind: kinds.optional(),
};

export const getCalendar = defineRoute({
  method: 'GET',
  path: '/v1/calendar',
  summary: 'What the calendar holds between two instants: freezes and windows as they fall, releases, deployments, ends of waivers',
  access: { kind: 'may', action: 'calendar.read', list: true },
  query: z.strictObject({
    /** Default: the beginning of today in UTC; the range is 400 days at most. */
    from: instantSchema.optional(),
    /** Default: 31 days after `from`. */
    to: instantSchema.optional(),
    ...filters,
  }),
  answer: z.object({
    from: z.string(),
    to: z.string(),
    now: z.string(),
    items: z.array(calendarItemSchema),
    /** Where there was more than one answer holds: said, never left out silently. */
    note: z.string().nullable(),
  }),
});

export const calendarCsv = csvOf(getCalendar);

const ics = { bytes: true, mediaType: 'text/calendar; charset=utf-8', limit: 16 * 1024 * 1024 } as const satisfies Bytes;

export const calendarFeed = defineRoute({
  method: 'GET',
  path: '/v1/calendar.ics',
  summary: 'The calendar as iCalendar (RFC 5545), from 30 days ago to a year ahead; for calendar programs with ?token=',
  access: { kind: 'may', action: 'calendar.read', list: true },
  tokenInAddress: true,
  query: z.strictObject({
    /** A token that may do calendar.read and nothing else: calendar programs can send no header. */
    token: z.string().max(200).optional(),
    ...filters,
  }),
  answer: ics,
});

export const calendarRoutes = [getCalendar, calendarCsv, calendarFeed] as const;
