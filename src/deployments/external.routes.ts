import { askAdmission as admissionRoute, recordDeployment as recordRoute } from '../contract/record-deployments.ts';
import { mount, type Mounted } from '../platform/http/handler.ts';
import { summaryOf } from './deployments.views.ts';
import type { EnginePort } from './engine.port.ts';
import { askAdmission, reasonsOf } from './external.commands.ts';
import { recordDeployment } from './told.commands.ts';

/** What foreign tools ask and tell of their deployments. */
export function externalRoutes(port: EnginePort): Mounted[] {
  return [
    mount(admissionRoute, async ({ tx, actor, body }) => {
      const { deployment, answer, service } = await askAdmission(tx, port, actor, body);
      const { verdict, intent, notAfter, earliest, decision } = answer;
      const observed = service.observeOnly;
      const go = verdict === 'allow' || observed;
      return { deployment: deployment.id, decision, verdict, go, observed, intent, notAfter, earliest, reasons: reasonsOf(answer) };
    }),
    mount(recordRoute, async ({ tx, actor, body }) => {
      const { url, reason, to, ...ask } = body;
      const told = { ...ask, url: url ?? null, reason: reason ?? null, to: to ?? null };
      const { deployment, fresh } = await recordDeployment(tx, port, actor, told);
      const reasons = deployment.lastAnswer?.reasons.map(({ text }) => text) ?? [];
      return {
        deployment: await summaryOf(tx, deployment),
        fresh,
        decision: deployment.external?.decision as `dec_${string}` | null,
        reasons,
      };
    }),
  ];
}
