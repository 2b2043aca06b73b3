import { bend } from './road/check.ts';
import { everybodyWell, killAll } from './road/faults.ts';
import { makeInstance } from './road/instance.ts';
import { goBack, ship } from './road/ship.ts';
import { newStages } from './road/stages.ts';

/** Who checks the checker? A road with one fault, a freeze and a way back; then outside/bend.mjs bends what was read of it in every way it knows. */
export const campaign = {
  name: 'checker',
  async run(seed: number): Promise<void> {
    const instance = await makeInstance(1);
    let keep = true;
    try {
      await ship(instance, `c${seed}a`);
      await killAll(instance, [{ how: 'kill', stage: null, afterMs: 0, who: ['server-1'], awayMs: 0, againMs: null }], newStages());
      await ship(instance, `c${seed}b`, { freezeMs: 1500 });
      await goBack(instance, `c${seed}a`);
      await everybodyWell(instance);
      await bend(instance);
      keep = false;
    } finally {
      await instance.close(keep);
    }
  },
};
