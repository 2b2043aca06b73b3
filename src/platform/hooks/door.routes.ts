import * as contract from '../../contract/hooks.ts';
import type { Floor } from '../floor.ts';
import { mount, type Mounted } from '../http/handler.ts';
import type { LeanDoor } from '../http/lean.system.ts';
import { openIntake, type Intake } from './intake.system.ts';

const intakes = new WeakMap<Floor, Intake>();

/** The one intake of a floor: what comes by any road shares its transactions. */
export function intakeOf(floor: Floor): Intake {
  let intake = intakes.get(floor);
  if (intake === undefined) intakes.set(floor, (intake = openIntake(floor)));
  return intake;
}

/** The doors of hooks as routes; the lean doors take the same requests with less on the way. */
export const doorRoutes: readonly Mounted[] = contract.doorRoutes.map((route) =>
  mount(route, async ({ floor, params, headers, body, encrypted }) =>
    intakeOf(floor).take({
      hook: params.hook,
      headers: Object.fromEntries(headers),
      body: new Uint8Array(await new Response(body).arrayBuffer()),
      encrypted,
    }),
  ),
);

/** What the addresses of all of them begin with. */
export const LEAN_PREFIX = '/v1/hooks/';

/** The same doors for deliveries in numbers. */
export const leanDoors: readonly LeanDoor[] = contract.doorRoutes.map(({ method, path, body, status }) => ({
  route: `${method} ${path}`,
  pattern: new RegExp(`^${path.replace('{hook}', '(hok_[0-9a-f]{32})')}$`),
  limit: body.limit,
  status,
  take: (floor, hook, request) => intakeOf(floor).take({ hook, ...request }),
}));
