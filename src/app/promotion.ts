import type { PromotionPorts } from '../artifacts/promotion/promote.work.ts';
import { registries } from '../integrations/registries/promote.http.ts';
import { mayShip } from '../releases/may-ship.api.ts';
import { releaseById } from '../releases/releases.queries.ts';

/** What promotions ask of releases and of registries: the one answer, and the copy. */
export const promotionPorts: PromotionPorts = {
  registry: registries,
  gate: {
    async release(tx, id) {
      const release = await releaseById(tx, id);
      if (release === null) return null;
      const { versionName: version, serviceId, digests, commit } = release;
      return { id, version, serviceId, digests, commit };
    },
    async ask(tx, { release, environment, actor, record }) {
      const answer = await mayShip(tx, { releaseId: release, environmentId: environment, actor, purpose: 'deploy', record });
      const { name, digest } = answer.policy;
      const open = answer.rules.filter((rule) => rule.verdict !== 'allow');
      const reasons = (open.length === 0 ? answer.rules : open).flatMap((rule) => [...rule.reasons]);
      const policy = { uri: `urn:yardmaster:policy:${name}`, digest };
      return { verdict: answer.verdict, reasons, decision: answer.decision, digest: answer.digest, policy };
    },
  },
};
