import { expect, test } from 'vitest';
import { inboxItem, type inbox } from '../contract/inbox.ts';
import type { z } from 'zod';
import { commandsFor } from './commands/inbox.ts';
import { build } from './main.ts';

type Item = z.infer<typeof inboxItem>;
type Answer = z.infer<(typeof inbox)['answer']>;

const id = (prefix: string): string => `${prefix}_${'a'.repeat(32)}`;
const per = { id: id('per'), name: 'Ann' };
const acts: Item['act'][] = [
  { kind: 'vote', intent: 'sha256:x', version: 1, myself: true, for: [per], commits: 1, authors: 1, also: [] },
  { kind: 'deployment', deployment: id('dep') as never, state: 'failed', retry: true, rollBack: { version: '1.0.0' }, abandon: true },
  { kind: 'break-glass', reason: 'r', ticket: "it's on fire; rm -rf /", asked: [per], needed: 2 },
  { kind: 'verify' },
  { kind: 'tick', version: 1, items: ['Runbook read', '$(reboot)'] },
  { kind: 'waiver', waiver: id('wvr') as never, version: 1, can: 'decide', ticket: 't', owner: per },
  { kind: 'waiver', waiver: id('wvr') as never, version: 1, can: 'pay', ticket: 't', owner: per },
  { kind: 'waiver', waiver: id('wvr') as never, version: 1, can: 'nothing', ticket: 't', owner: per },
  { kind: 'parked', count: 2 },
];
const item = (act: Item['act']): Answer['items'][number] => ({
  id: 'x',
  kind: 'approval',
  title: 't',
  why: 'w',
  otherwise: 'o',
  since: '2026-01-01T00:00:00.000Z',
  due: null,
  service: 'shop',
  environment: 'prod',
  release: { id: id('rel') as never, version: '1.0.0', type: 'standard', digests: [], commit: 'c', schemaChange: 'none', requester: null },
  act,
});

/** A command as a shell splits it: words, and what stands in single or double quotes as one. */
function words(command: string): string[] {
  const parts = command.match(/(?:'[^']*'|\\'|"[^"]*"|[^\s'"])+/g) ?? [];
  return parts.map((part) =>
    part.replaceAll(/'([^']*)'|\\'|"([^"]*)"/g, (whole, single?: string, double?: string) =>
      whole === "\\'" ? "'" : (single ?? double ?? ''),
    ),
  );
}

test('each command that an inbox names is one of ym, with every option that it must have and none that it has not', async () => {
  for (const act of acts) {
    for (const command of commandsFor(item(act))) {
      const [ym, ...rest] = words(command);
      expect(ym).toBe('ym');
      const program = await build(new AbortController().signal, { exit: 0, json: false, printed: false });
      const first = program.commands.find((one) => one.name() === rest[0]);
      expect(first, command).toBeDefined();
      const inner = first?.commands.find((one) => one.name() === rest[1]);
      const found = inner ?? first;
      const given = rest.slice(inner === undefined ? 1 : 2);
      const { operands, unknown } = found?.parseOptions(given) ?? { operands: [], unknown: ['?'] };
      expect(unknown, command).toEqual([]);
      expect(operands, command).toHaveLength(found?.registeredArguments.length ?? -1);
      for (const option of found?.options.filter((one) => one.mandatory) ?? [])
        expect(found?.getOptionValue(option.attributeName()), `${command}: ${option.long}`).toBeDefined();
    }
  }
  expect(acts.map((act) => commandsFor(item(act)).length)).toEqual([4, 4, 1, 1, 2, 2, 1, 0, 1]);
});

test('what an outsider named is one word to the shell, whatever stands in it', () => {
  const [glass] = commandsFor(item(acts[2]!));
  expect(words(glass ?? '')).toContain("it's on fire; rm -rf /");
  const [, tick] = commandsFor(item(acts[4]!));
  expect(words(tick ?? '')).toContain('$(reboot)');
  expect(tick).toContain(`'$(reboot)'`);
});
