import type { HookRefusal } from '../../kernel/webhook.ts';
import type { Floor } from '../floor.ts';
import { noteRefused } from './hook.store.ts';

/** Reasons of refusal are written down this often. */
const NOTE_MS = 2000;

/** Tells the owner of a hook that something comes and is refused: counted in memory, written now and then. */
export function noteRefusals(floor: Floor): { note(hook: string, why: HookRefusal): void; close(): void } {
  const counts = new Map<string, { count: number; why: HookRefusal }>();
  let timer: NodeJS.Timeout | null = null;
  const write = async (): Promise<void> => {
    timer = null;
    const noted = [...counts];
    counts.clear();
    try {
      await floor.db.tx('*', async (tx) => {
        const at = await tx.now();
        for (const [hook, { count, why }] of noted) await noteRefused(tx, hook, count, why, at);
      });
    } catch (error) {
      floor.log.debug({ err: error }, 'refusals of hooks could not be noted');
    }
  };
  return {
    note(hook, why) {
      const { count } = counts.get(hook) ?? { count: 0 };
      counts.set(hook, { count: count + 1, why });
      timer ??= setTimeout(() => void write(), NOTE_MS).unref();
    },
    close: () => clearTimeout(timer ?? undefined),
  };
}
