/** Places of the road that faults wait for: time alone would rarely hit the short ones. */
export const STAGES = ['committed', 'running', 'released', 'approved', 'dev', 'prod'] as const;
export type Stage = (typeof STAGES)[number];

export type Stages = {
  readonly reach: (stage: Stage) => void;
  /** Resolves when the road gets there, or at its end. */
  readonly reached: (stage: Stage) => Promise<void>;
  readonly end: () => void;
};

export function newStages(): Stages {
  const gates = new Map(STAGES.map((stage) => [stage, Promise.withResolvers<void>()]));
  return {
    reach: (stage) => gates.get(stage)?.resolve(),
    reached: async (stage) => await gates.get(stage)?.promise,
    end: () => gates.forEach((gate) => gate.resolve()),
  };
}
