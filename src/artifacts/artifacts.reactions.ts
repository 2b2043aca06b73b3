import type { Sweeper, Task } from '../platform/floor.ts';
import { contentsSweeper, contentsTask, rematchTask } from './advisories/match.reactions.ts';
import { scrubSweeper, scrubTask } from './scrub.reactions.ts';
import { signSweeper, signTask } from './sign.reactions.ts';

/** Everything that this slice does in the background. */
export const artifactTasks: readonly Task[] = [signTask, scrubTask, rematchTask, contentsTask];
export const artifactSweepers: readonly Sweeper[] = [signSweeper, scrubSweeper, contentsSweeper];
