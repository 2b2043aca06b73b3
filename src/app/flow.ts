import { unmappedAuthors } from '../releases/unmapped.reactions.ts';
import * as catalog from '../catalog/catalog.events.ts';
import * as changes from '../changes/changes.events.ts';
import * as deployments from '../deployments/deployments.events.ts';
import { onNews, onReleaseCreated, onVerified } from '../deployments/deployments.reactions.ts';
import * as environments from '../environments/environments.events.ts';
import { HEARD, onNewsForPeople } from '../comms/comms.reactions.ts';
import * as gates from '../gates/gates.events.ts';
import { recordedSbom } from '../gates/recorded-sbom.reactions.ts';
import { compareRebuilt } from '../artifacts/reproduce/rebuild.reactions.ts';
import { matchSigned } from '../artifacts/advisories/match.reactions.ts';
import * as artifacts from '../artifacts/artifacts.events.ts';
import { watchRepository } from '../pipelines/sources/sync.reactions.ts';
import * as pipelines from '../pipelines/pipelines.events.ts';
import { onReleaseForTickets } from '../integrations/tickets/read.work.ts';
import { newsIsSaid, releaseIsSaid, runIsSaid } from '../integrations/forges/status.work.ts';
import type { Reaction } from '../platform/floor.ts';
import type { Wiring } from '../platform/postgres/transaction.system.ts';
import { changeFollowsApproval, changeFollowsDeployment, votesFollowIntent } from '../releases/releases.reactions.ts';
import * as releases from '../releases/releases.events.ts';
import * as waivers from '../waivers/waivers.events.ts';
import type { FlowLine } from './slice.ts';
import { enginePort } from './slices.ts';

const created = onReleaseCreated(enginePort);
const verified = onVerified(enginePort);

/**
 * Whatever may change the answer that waiting deployments ask for again may change what a commit shows at its forge: it is
 * asked anew there too, unless the release says it itself on the same fact.
 */
function saidAtForges(lines: readonly FlowLine[]): readonly FlowLine[] {
  return lines.map((line) =>
    line.then.includes(onNews) && !line.then.includes(releaseIsSaid) ? { ...line, then: [...line.then, newsIsSaid] } : line,
  );
}

/**
 * Who reacts to what: the whole road, top to bottom, commit to production. An event is news, not permission: every act
 * asks mayShip again. docs/flow.md is generated from this table.
 */
export const flow: readonly FlowLine[] = saidAtForges([
  { when: catalog.serviceCreated, then: [watchRepository], so: 'its repository is watched' },
  {
    when: catalog.serviceChanged,
    then: [watchRepository, votesFollowIntent, onNews],
    so: 'its repository is watched; votes on an intent that changed are told void',
  },
  { when: catalog.environmentModified, then: [votesFollowIntent, onNews], so: 'votes on an intent that changed are told void' },
  { when: catalog.defaultPolicyChanged, then: [votesFollowIntent, onNews], so: 'votes on an intent that changed are told void' },
  { when: gates.policyChanged, then: [votesFollowIntent, onNews], so: 'votes on an intent that changed are told void' },
  { when: pipelines.runQueued, then: [runIsSaid], so: 'its commit shows it at the forge' },
  {
    when: pipelines.runFinished,
    then: [runIsSaid, compareRebuilt],
    so: 'its commit shows it at the forge; what it built again is compared with the first build',
  },
  {
    when: artifacts.artifactSigned,
    then: [recordedSbom, matchSigned, onNews],
    so: 'an SBOM that was recorded before is bound to it; what it is made of is matched with the advisories; what waits for its attestations asks again',
  },
  { when: artifacts.artifactRevoked, then: [onNews], so: 'what waits, or is under way, asks again' },
  {
    when: gates.reportRead,
    then: [recordedSbom, onNews],
    so: 'a recorded SBOM is bound to the recorded builds it speaks for; what waits for a report asks again',
  },
  { when: gates.testsFinished, then: [onNews], so: 'what waits for a test report asks again' },
  { when: artifacts.attestationRecorded, then: [onNews], so: 'what waits for a signed provenance asks again' },
  { when: artifacts.recorderKeyAdded, then: [onNews], so: 'what waits for a trusted signature asks again' },
  { when: artifacts.recorderKeyRevoked, then: [onNews], so: 'what rested on the key asks again' },
  { when: waivers.waiverApproved, then: [onNews], so: 'what was blocked by the rule asks again' },
  { when: waivers.waiverRevoked, then: [onNews], so: 'what the waiver let through asks again' },
  { when: waivers.waiverExpired, then: [onNews], so: 'the rule holds again' },
  { when: waivers.debtPaid, then: [onNews], so: 'releases that the debt blocked ask again' },
  {
    when: releases.releaseCreated,
    then: [onReleaseForTickets, created, unmappedAuthors, releaseIsSaid],
    so: 'its ways back are attached; a continuous release is asked for in its first environments; authors that map to nobody are listed',
  },
  { when: releases.planAttached, then: [votesFollowIntent], so: 'votes on an intent that changed are told void' },
  { when: changes.approvalGiven, then: [changeFollowsApproval, onNews], so: 'the change record follows; what waits asks again' },
  { when: changes.approvalRejected, then: [changeFollowsApproval, onNews], so: 'the change record follows; what waits asks again' },
  { when: changes.approvalWithdrawn, then: [changeFollowsApproval, onNews], so: 'the change record follows; what waits asks again' },
  { when: changes.ticketTold, then: [onNews], so: 'what waits for a ticket asks again' },
  { when: releases.ticketsRead, then: [onNews], so: 'what waits for its tickets asks again' },
  { when: releases.releaseHeld, then: [onNews], so: 'what is under way asks again and holds' },
  { when: releases.releaseHoldEnded, then: [onNews], so: 'what the hold kept waiting asks again' },
  { when: releases.checklistTicked, then: [onNews], so: 'what waits for the checklist asks again' },
  { when: releases.breakGlassOpened, then: [onNews], so: 'what waits asks again' },
  { when: releases.freezeCreated, then: [onNews], so: 'what is under way asks again' },
  { when: releases.freezeChanged, then: [onNews], so: 'what is under way, and what waited for the calendar, asks again' },
  { when: releases.freezeBegan, then: [onNews], so: 'what is under way finishes its wave or goes back' },
  { when: releases.freezeEnded, then: [onNews], so: 'what waited for the end of the freeze goes on' },
  { when: releases.decisionRecorded, then: [releaseIsSaid], so: 'its commit shows the answer at the forge' },
  { when: deployments.deploymentStarted, then: [changeFollowsDeployment], so: 'the change record is implementing' },
  { when: environments.environmentVerified, then: [verified], so: 'a continuous release is asked for in the next environment' },
  { when: environments.environmentBooked, then: [onNews], so: 'what is under way asks again, and waits until the booking ends' },
  { when: environments.bookingEnded, then: [onNews], so: 'what waited for the booking asks again' },
  { when: environments.verificationRevoked, then: [onNews], so: 'waves downstream ask again and stop' },
  {
    when: deployments.deploymentFinished,
    then: [changeFollowsDeployment, onNews, releaseIsSaid],
    so: 'the change record is closed; the next in line begins; the forge gets the release that reached production',
  },
  { when: environments.incidentDetected, then: [onNews], so: 'what is under way asks again' },
  { when: environments.incidentResolved, then: [onNews], so: 'what waited for a healthy environment asks again' },
  ...HEARD.map((when) => ({ when, then: [onNewsForPeople], so: 'who should know is told' })),
]);

/** Every reaction once. */
export const reactions: readonly Reaction[] = [...new Set(flow.flatMap((line) => line.then))];

/** The table as the database layer takes it: event type -> names of reactions. */
export function wiringOf(): Wiring {
  const wiring = new Map<string, string[]>();
  for (const { when, then } of flow) wiring.set(when.type, [...(wiring.get(when.type) ?? []), ...then.map((reaction) => reaction.name)]);
  return wiring;
}
