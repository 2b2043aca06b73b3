import { openTargets } from '../deployments/deployments.queries.ts';
import { saveOpaAnswer } from '../gates/opa.store.ts';
import { opaQuestions } from '../gates/policy/evaluate.ts';
import { isDue } from '../gates/policy/opa.ts';
import type { OpaPlaces } from '../integrations/opa/opa.port.ts';
import { loadInputs } from '../releases/inputs.queries.ts';

/** What whoever asks an OPA sees of releases, gates and deployments. */
export const opaPlaces: OpaPlaces = {
  async questions(tx, releaseId, environmentId) {
    const loaded = await loadInputs(tx, { releaseId, environmentId, purpose: 'deploy', deploymentId: null });
    if (loaded === null || loaded === 'no-environment') return { questions: [], now: await tx.now() };
    const { gates } = loaded.inputs;
    const asked = opaQuestions(gates, loaded.now);
    const due = asked.filter((one) => gates.facts.some((facts) => facts.digest === one.artifact && isDue(one, facts.opa, loaded.now)));
    return { questions: due, now: loaded.now };
  },
  keep: saveOpaAnswer,
  open: openTargets,
};
