import type { getRun } from '../../../../src/contract/pipelines.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';

export type Run = AnswerOf<typeof getRun>;
export type Job = Run['jobs'][number];
