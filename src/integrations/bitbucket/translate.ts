import type { Delivered, ForgeEvent } from '../forges/forge-event.ts';
import { at } from '../forges/loose.ts';
import { translateCloud } from './translate-cloud.ts';
import { translateServer } from './translate-server.ts';

/** Webhooks of Bitbucket in our words: Server and Data Center name the kind in the payload, Cloud in a header alone. */
export function translateBitbucket(delivered: Delivered): readonly ForgeEvent[] {
  const server = at(delivered.payload, 'eventKey') !== undefined || delivered.header('x-event-key') === 'diagnostics:ping';
  return server ? translateServer(delivered) : translateCloud(delivered);
}
