import { z } from 'zod';

/** What somebody did in Slack, read from a body whose signature was verified (https://docs.slack.dev/interactivity). */
export type Done =
  | {
      readonly kind: 'pressed';
      readonly act: Act;
      readonly value: string;
      readonly user: string;
      readonly channel: string | null;
      readonly trigger: string;
    }
  | { readonly kind: 'said'; readonly act: Act; readonly value: string; readonly reason: string; readonly user: string }
  | { readonly kind: 'asked'; readonly words: readonly string[]; readonly user: string }
  | { readonly kind: 'nothing' };
export type Act = 'approve' | 'reject' | 'hold';

const id = z.string().regex(/^[A-Z0-9]{1,30}$/);
const act = z.enum(['approve', 'reject', 'hold']);
const value = z.string().max(2000);

const pressed = z.object({
  type: z.literal('block_actions'),
  user: z.object({ id }),
  trigger_id: z.string().max(300),
  channel: z.object({ id }).optional(),
  actions: z
    .array(z.object({ action_id: z.string().max(255), value: value.optional() }))
    .min(1)
    .max(10),
});
const said = z.object({
  type: z.literal('view_submission'),
  user: z.object({ id }),
  view: z.object({
    callback_id: act,
    private_metadata: value,
    state: z.object({ values: z.object({ reason: z.object({ text: z.object({ value: z.string().max(4000).nullable() }) }) }) }),
  }),
});

/** Reads a body; what it does not know is nothing, and null is what could not be read. */
export function readDone(body: Uint8Array): Done | null {
  let form: URLSearchParams;
  try {
    form = new URLSearchParams(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return null;
  }
  const payload = form.get('payload');
  if (payload === null) return readCommand(form);
  let json: unknown;
  try {
    json = JSON.parse(payload);
  } catch {
    return null;
  }
  const click = pressed.safeParse(json);
  if (click.success) {
    const { actions, user, channel, trigger_id: trigger } = click.data;
    const known = act.safeParse(actions[0]?.action_id);
    if (!known.success) return { kind: 'nothing' };
    return { kind: 'pressed', act: known.data, value: actions[0]?.value ?? '', user: user.id, channel: channel?.id ?? null, trigger };
  }
  const form2 = said.safeParse(json);
  if (form2.success) {
    const { view, user } = form2.data;
    return {
      kind: 'said',
      act: view.callback_id,
      value: view.private_metadata,
      reason: view.state.values.reason.text.value?.trim() ?? '',
      user: user.id,
    };
  }
  return { kind: 'nothing' };
}

function readCommand(form: URLSearchParams): Done | null {
  const user = id.safeParse(form.get('user_id'));
  const text = form.get('text');
  if (!user.success || form.get('command') === null || text === null || text.length > 3000) return null;
  return { kind: 'asked', words: text.trim().split(/\s+/), user: user.data };
}

const voteValue = z.strictObject({
  r: z.string().regex(/^rel_[0-9a-f]{32}$/),
  e: z.string().max(63),
  i: z.string().max(100),
  v: z.number().int(),
});
const holdValue = z.strictObject({ r: z.string().regex(/^rel_[0-9a-f]{32}$/), v: z.number().int() });

export type Vote = { readonly release: string; readonly environment: string; readonly intent: string; readonly version: number };

/** What a button carries: what was seen when it was shown. Null for anything else. */
export function voteOf(text: string): Vote | null {
  const read = voteValue.safeParse(jsonOf(text));
  return read.success ? { release: read.data.r, environment: read.data.e, intent: read.data.i, version: read.data.v } : null;
}

export function holdOf(text: string): { readonly release: string; readonly version: number } | null {
  const read = holdValue.safeParse(jsonOf(text));
  return read.success ? { release: read.data.r, version: read.data.v } : null;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** `stop everything|environment X|team X|service X TICKET WHY...`; null for anything else. */
export function stopOf(words: readonly string[]): {
  readonly scope: { readonly environment?: string; readonly team?: string; readonly service?: string };
  readonly ticket: string;
  readonly reason: string;
} | null {
  const [what, ...rest] = words;
  const named = what === 'environment' || what === 'team' || what === 'service';
  if (!named && what !== 'everything') return null;
  const [name, ticket, ...why] = named ? rest : ['', ...rest];
  if (name === undefined || ticket === undefined || ticket.length > 200 || why.length === 0) return null;
  if (named && !/^[a-z0-9][a-z0-9-]{0,62}$/.test(name)) return null;
  return { scope: named ? { [what]: name } : {}, ticket, reason: why.join(' ') };
}
