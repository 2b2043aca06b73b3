import type { ActResult } from '../contract/agent.ts';
import { chooseRouter, type AgentOptions } from './agent.run.ts';
import { breakGlassRollback, type BreakGlass } from './break-glass.work.ts';
import { askAgent, noAgentThere } from './door.work.ts';
import { lockState } from './identity.disk.ts';
import { openYard } from './yard.work.ts';

/**
 * `yardmaster agent rollback`: goes back on this machine without the server. The agent that runs here is asked to do it;
 * where none runs, this process does it in its place. The server is told by the agent as soon as it can be reached.
 */
export async function rollbackOnMachine(
  options: { readonly state: string; readonly router: AgentOptions['router'] },
  ask: BreakGlass,
): Promise<ActResult> {
  try {
    return (await askAgent(options.state, '/rollback', ask)) as ActResult;
  } catch (error) {
    if (!noAgentThere(error)) throw error;
  }
  const release = lockState(options.state);
  const hand = await openYard(options.state, chooseRouter(options.router, options.state));
  try {
    return await breakGlassRollback(options.state, hand, ask);
  } finally {
    await hand.close();
    release();
  }
}
