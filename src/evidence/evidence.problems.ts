import { defineProblem } from '../kernel/problem.ts';

export const noSuchRelease = defineProblem<{ release: string }>('evidence.no-such-release', {
  status: 404,
  sentence: ({ release }) => `No fact is about the release ${release}.`,
  remedy: 'List the releases with `ym release list`, or GET /v1/releases.',
});

export const noSuchNode = defineProblem<{ node: string }>('evidence.no-such-node', {
  status: 404,
  sentence: ({ node }) => `No fact names ${node}.`,
  remedy:
    'A trace starts from the id of a run, artifact, release, approval, deployment or incident, from an artifact digest, or from a full commit id.',
});

export const noSuchFact = defineProblem<{ fact: string }>('evidence.no-such-fact', {
  status: 404,
  sentence: ({ fact }) => `There is no fact ${fact}.`,
  remedy: 'Search facts with GET /v1/facts.',
});

export const noCheckpoint = defineProblem<Record<never, never>>('evidence.no-checkpoint', {
  status: 503,
  sentence: 'The ledger has no signed checkpoint yet.',
  remedy: 'Ask again in a few seconds; the first is signed as soon as something has happened.',
});

export const badCursor = defineProblem<Record<never, never>>('evidence.bad-cursor', {
  status: 400,
  sentence: 'The cursor is none that this list gave.',
  remedy: 'Use the `next` of the previous page as it is, or leave the cursor out to start again.',
});

export const storyTooLong = defineProblem<{ release: string }>('evidence.story-too-long', {
  status: 422,
  sentence: ({ release }) => `The story of ${release} has more parts than one bundle holds.`,
  remedy: 'Ask for the trace of the parts that matter with `ym trace`, and prove single facts with GET /v1/ledger/proof/inclusion.',
});
