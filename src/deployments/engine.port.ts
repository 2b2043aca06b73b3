import type { openArtifact } from '../artifacts/open.api.ts';
import type { mayShip } from '../releases/may-ship.api.ts';

/**
 * What the engine asks of slices to its left at every act. Lifecycle: `mayShip` is asked in the transaction that writes
 * the act, right before it; `openArtifact` when the agent fetches the bytes. The program gives the real ones; tests that
 * are about the engine alone give answers of their own.
 */
export type EnginePort = { readonly mayShip: typeof mayShip; readonly openArtifact: typeof openArtifact };
