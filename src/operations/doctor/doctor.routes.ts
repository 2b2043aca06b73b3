import { getDoctor } from '../../contract/doctor.ts';
import { mount, type Mounted } from '../../platform/http/handler.ts';
import { diagnose } from './doctor.system.ts';

/** `ym doctor` asks a server for what only it can see. */
export const doctorRoutes: readonly Mounted[] = [mount(getDoctor, async ({ floor }) => ({ findings: await diagnose(floor) }))];
