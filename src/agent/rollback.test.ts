import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { endGroup } from './proc.linux.ts';
import { rollbackOnMachine } from './rollback.run.ts';
import { builtinRouter } from './router/builtin.process.ts';
import { actOf, folder, hit, logLines, packService, startOrder } from './testing.fixture.ts';
import { openDoor } from './door.work.ts';
import { openYard, type Yardhand } from './yard.work.ts';

const root = folder();
afterAll(() => root.remove());
const v1 = await packService(root.path, 'one');
const v2 = await packService(root.path, 'two');
const ask = { service: 'shop', environment: 'prod', reason: 'it is on fire', operator: 'ada' };

/** Brings version 1, then version 2, as deployments would. */
async function twoVersions(state: string): Promise<Yardhand> {
  const hand = await openYard(state, builtinRouter(join(state, 'router')));
  await hand.perform(actOf(startOrder('old', v1.digest, '1.0.0')), v1.fetch);
  await hand.perform(actOf({ phase: 'weigh', weights: [{ instance: 'old', weight: 100 }], observe: false }), null);
  await hand.perform(actOf(startOrder('new', v2.digest, '2.0.0'), 2), v2.fetch);
  await hand.perform(actOf({ phase: 'weigh', weights: [{ instance: 'new', weight: 100 }], observe: false }, 2), null);
  await hand.perform(actOf({ phase: 'stop', instances: ['old'], drainMs: 1000 }, 2), null);
  return hand;
}

async function clear(state: string): Promise<void> {
  const hand = await openYard(state, builtinRouter(join(state, 'router')));
  for (const slot of hand.yard.slots.all()) for (const one of slot.instances) if (one.process !== null) await endGroup(one.process, 1000);
  await hand.yard.router.stop();
  await hand.close();
}

test.each([
  ['with an agent that runs', true],
  ['without one', false],
])(
  'goes back from its own copy, without the server, %s',
  async (_, running) => {
    const state = join(root.path, `glass-${running}`);
    const hand = await twoVersions(state);
    const port = hand.picture('prod/shop')?.frontPort ?? 0;
    const close = running
      ? await openDoor(
          state,
          hand,
          () => undefined,
          async () => undefined,
        )
      : null;
    if (!running) await hand.close();
    expect(await rollbackOnMachine({ state, router: 'builtin' }, ask)).toMatchObject({ outcome: 'succeeded' });
    expect(await hit(port)).toEqual({ status: 200, body: '1.0.0' });
    const glass = logLines(state).filter((line) => line['breakGlass'] === true);
    expect(glass.map((line) => `${String(line['event'])} ${String(line['phase'])}`)).toEqual([
      'begin start',
      'end start',
      'begin weigh',
      'end weigh',
      'begin stop',
      'end stop',
    ]);
    // The report waits for the server.
    expect(readdirSync(join(state, 'break-glass'))).toHaveLength(1);
    close?.();
    if (running) await hand.close();
    await clear(state);
  },
  30_000,
);

test('with nothing to go back to it says so and changes nothing', async () => {
  const state = join(root.path, 'nothing');
  const hand = await openYard(state, builtinRouter(join(state, 'router')));
  await hand.perform(actOf(startOrder('only', v1.digest, '1.0.0')), v1.fetch);
  await hand.close();
  await expect(rollbackOnMachine({ state, router: 'builtin' }, ask)).rejects.toMatchObject({ code: 'agent.no-way-back' });
  await clear(state);
}, 600_000);
