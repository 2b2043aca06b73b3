import type { Sweeper, Task } from '../platform/floor.ts';
import { rematchTask } from './advisories/match.reactions.ts';
import { scrubSweeper, scrubTask } from './scrub.reactions.ts';
import { signSweeper, signTask } from './sign.reactions.ts';

/** Everything that this slice does in the background. */
export const artifactTasks: readonly Task[] = [signTask, scrubTask, rematchTask];
export const artifactSweepers: readonly Sweeper[] = [signSweeper, scrubSweeper];
