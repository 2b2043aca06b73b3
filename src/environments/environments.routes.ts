import { environmentById, mustEnvironment, mustService } from '../catalog/catalog.queries.ts';
import * as contract from '../contract/environments.ts';
import { badRequest } from '../platform/platform.problems.ts';
import type { Tx } from '../platform/floor.ts';
import { mount } from '../platform/http/handler.ts';
import type { DeploymentLookup } from './deployment-lookup.port.ts';
import { book, endBooking } from './booking.commands.ts';
import { bookingView, bookingViews } from './booking.views.ts';
import { verificationsOf } from './environments.queries.ts';
import { createHook, endHook, takeIncidentDelivery } from './hook.commands.ts';
import { recordIncident as recordIncidentRoute } from '../contract/record-others.ts';
import { linkIncident, openIncident, recordIncident, resolveIncident } from './incident.commands.ts';
import { incidentView, incidentViews } from './incident.views.ts';
import { revokeVerifications } from './verification.api.ts';
import type { Verification } from './verification.ts';
import { verifyAsPerson } from './verify.commands.ts';

/** The HTTP side of environments. `deployments` tells which deployments exist. */
export function environmentSliceRoutes(deployments: DeploymentLookup) {
  return [...verificationRoutes(), ...bookingRoutes(), ...incidentRoutes(deployments), ...hookRoutes(deployments)];
}

function verificationRoutes() {
  return [
    mount(contract.verifyByPerson, async ({ tx, actor, params, body }) => {
      const [service, environment] = await place(tx, body.service, params.environment);
      const { verdict, note, release } = body;
      return verificationAnswer(
        await verifyAsPerson(tx, actor, { service, environment, verdict, note: note ?? null, release: release ?? null }),
      );
    }),
    mount(contract.revokeVerification, async ({ tx, actor, params, body }) => {
      const [service, environment] = await place(tx, body.service, params.environment);
      const revoked = await revokeVerifications(tx, actor, {
        serviceId: service.id,
        environmentId: environment.id,
        releaseId: body.release,
        reason: body.reason,
      });
      return { revoked };
    }),
    mount(contract.listVerifications, async ({ tx, params, query }) => {
      const [service, environment] = await place(tx, query.service, params.environment);
      return { items: (await verificationsOf(tx, service.id, environment.id, query.release)).map(verificationAnswer) };
    }),
  ];
}

function bookingRoutes() {
  return [
    mount(contract.bookEnvironment, async ({ tx, actor, params, body }) => {
      const environmentId = (await mustEnvironment(tx, params.environment)).id;
      const serviceId = body.service === undefined ? null : (await mustService(tx, body.service)).id;
      const { reason, from, until } = body;
      return bookingView(tx, (await book(tx, actor, { environmentId, serviceId, reason, from: from ?? null, until })).id);
    }),
    mount(contract.listBookings, async ({ tx, query, visible }) => {
      const seen = await visible();
      return { items: await bookingViews(tx, { environment: query.environment ?? null, services: seen === 'all' ? null : [...seen] }) };
    }),
    mount(contract.endBooking, async ({ tx, actor, params, must }) => {
      const ended = await endBooking(tx, actor, params.booking, async ({ environmentId }) =>
        must('freeze.write', { environment: (await environmentById(tx, environmentId))?.name ?? '' }),
      );
      return bookingView(tx, ended.id);
    }),
  ];
}

function incidentRoutes(deployments: DeploymentLookup) {
  return [
    mount(contract.openIncident, async ({ tx, actor, body }) => {
      const serviceId = body.service === undefined ? null : (await mustService(tx, body.service)).id;
      const environmentId = body.environment === undefined ? null : (await mustEnvironment(tx, body.environment)).id;
      const { severity, title, description, startedAt } = body;
      const input = {
        serviceId,
        environmentId,
        severity,
        title,
        description: description ?? null,
        startedAt: startedAt ?? null,
        deployments: body.deployments,
      };
      return incidentView(tx, (await openIncident(tx, actor, deployments, input)).id);
    }),
    mount(recordIncidentRoute, async ({ tx, actor, body }) => {
      const { service, environment, system, id, url = null, description = null, startedAt = null, resolvedAt = null, ...said } = body;
      const serviceId = (await mustService(tx, service)).id;
      const environmentId = (await mustEnvironment(tx, environment)).id;
      const input = { ...said, serviceId, environmentId, description, startedAt, resolvedAt, of: { system, id, url } };
      const told = await recordIncident(tx, actor, deployments, input);
      return { incident: await incidentView(tx, told.id), fresh: told.fresh };
    }),
    mount(contract.linkIncident, async ({ tx, actor, params, body }) => {
      await linkIncident(tx, actor, deployments, params.incident, body.deployments);
      return incidentView(tx, params.incident);
    }),
    mount(contract.resolveIncident, async ({ tx, actor, params, body }) => {
      await resolveIncident(tx, actor, params.incident, body.resolvedAt ?? null);
      return incidentView(tx, params.incident);
    }),
    mount(contract.getIncident, async ({ tx, params }) => incidentView(tx, params.incident)),
    mount(contract.listIncidents, async ({ tx, query, visible }) => {
      const seen = await visible();
      const { state, service, environment, limit } = query;
      const items = await incidentViews(tx, {
        state: state ?? null,
        service: service ?? null,
        environment: environment ?? null,
        services: seen === 'all' ? null : [...seen],
        after: query.cursor === undefined ? null : readCursor(query.cursor),
        limit: limit + 1,
      });
      const last = items.length > limit ? items[limit - 1] : undefined;
      return { items: items.slice(0, limit), next: last === undefined ? null : `${last.detectedAt}~${last.id}` };
    }),
  ];
}

function hookRoutes(deployments: DeploymentLookup) {
  return [
    mount(contract.createIncidentHook, async ({ tx, actor, body }) => createHook(tx, actor, body.name)),
    mount(contract.revokeIncidentHook, async ({ tx, actor, params }) => {
      await endHook(tx, actor, params.hook);
      return { revoked: true as const };
    }),
    mount(contract.incidentHook, async ({ floor, params, body, headers }) => {
      const signed = {
        timestamp: headers.get('x-yardmaster-timestamp'),
        delivery: headers.get('x-yardmaster-delivery'),
        signature: headers.get('x-yardmaster-signature-256'),
      };
      return takeIncidentDelivery(floor, deployments, {
        hook: params.hook,
        headers: signed,
        body: new Uint8Array(await new Response(body).arrayBuffer()),
      });
    }),
  ];
}

const CURSOR = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z)~(inc_[0-9a-f]{32})$/;

function readCursor(cursor: string): { detectedAt: string; id: string } {
  const [, detectedAt, id] = CURSOR.exec(cursor) ?? [];
  if (detectedAt === undefined || id === undefined)
    throw badRequest({ errors: [{ place: 'query.cursor', message: 'not a cursor that this list gave' }] });
  return { detectedAt, id };
}

async function place(tx: Tx, service: string, environment: string) {
  return [await mustService(tx, service), await mustEnvironment(tx, environment)] as const;
}

function verificationAnswer(word: Verification) {
  const { id, releaseId: release, deploymentId: deployment, check, verdict, by, at, revoked } = word;
  return { id, release, deployment, check, verdict, by, at, revoked };
}
