import type { AnswerOf } from '../../../../src/contract/route.ts';
import type { serviceOverview } from '../../../../src/contract/yard.ts';

export type Overview = AnswerOf<typeof serviceOverview>;
export type Cell = NonNullable<Overview['row']['cells'][number]>;

/** First words of the facts after which a service's page is another. */
export const LIVE = ['service', 'environment', 'release', 'deployment', 'pipelinerun', 'incident', 'waiver', 'secret', 'hook', 'change'];
