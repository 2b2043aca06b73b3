import * as contract from '../../contract/hooks.ts';
import type { Floor } from '../floor.ts';
import type { LeanDoor } from '../http/lean.system.ts';
import { mount, type Mounted } from '../http/handler.ts';
import { openIntake, type Intake } from './intake.system.ts';
import type { Taker } from './taker.port.ts';

const intakes = new WeakMap<Floor, Intake>();

/** The one intake of a floor: what comes by any road shares its transactions. */
export function intakeOf(floor: Floor, takers: readonly Taker[]): Intake {
  let intake = intakes.get(floor);
  if (intake === undefined) intakes.set(floor, (intake = openIntake(floor, takers)));
  return intake;
}

/** The doors of hooks as routes; `lean.system.ts` takes the same requests with less on the way. */
export function doorRoutes(takers: readonly Taker[]): readonly Mounted[] {
  return contract.doorRoutes.map((route) =>
    mount(route, async ({ floor, params, headers, body, encrypted }) =>
      intakeOf(floor, takers).take({
        hook: params.hook,
        headers: Object.fromEntries(headers),
        body: new Uint8Array(await new Response(body).arrayBuffer()),
        encrypted,
      }),
    ),
  );
}

/** The same doors for deliveries in numbers. */
export function leanDoors(takers: readonly Taker[]): readonly LeanDoor[] {
  return contract.doorRoutes.map(({ method, path, body, status }) => ({
    route: `${method} ${path}`,
    pattern: new RegExp(`^${path.replace('{hook}', '(hok_[0-9a-f]{32})')}$`),
    limit: body.limit,
    status,
    take: (floor, hook, request) => intakeOf(floor, takers).take({ hook, ...request }),
  }));
}
