import { artifactEvents } from '../artifacts/artifacts.events.ts';
import { catalogEvents } from '../catalog/catalog.events.ts';
import { changeEvents } from '../changes/changes.events.ts';
import { deploymentEvents } from '../deployments/deployments.events.ts';
import { environmentEvents } from '../environments/environments.events.ts';
import { gateEvents } from '../gates/gates.events.ts';
import * as identityEvents from '../identity/identity.events.ts';
import type { EventKind } from '../kernel/event.ts';
import { pipelineEvents } from '../pipelines/pipelines.events.ts';
import { releaseEvents } from '../releases/releases.events.ts';
import { waiverEvents } from '../waivers/waivers.events.ts';

const KINDS: ReadonlyMap<string, string> = new Map(
  [
    ...(Object.values(identityEvents) as EventKind[]),
    ...catalogEvents,
    ...waiverEvents,
    ...pipelineEvents,
    ...artifactEvents,
    ...gateEvents,
    ...environmentEvents,
    ...changeEvents,
    ...releaseEvents,
    ...deploymentEvents,
  ].map((kind) => [kind.type, kind.means]),
);

/** What has happened when a fact of this type is announced, in words; the type itself for one of another part. */
export function meansOf(type: string): string {
  return KINDS.get(type) ?? type;
}
