import { defineProblem } from '../kernel/problem.ts';

export const notRegistered = defineProblem<{ state: string }>('runner.not-registered', {
  status: 401,
  sentence: ({ state }) => `This runner is not registered: there is no key in ${state}.`,
  remedy: 'Ask an admin for a registration token and start it once with --registration TOKEN.',
});

export const otherServer = defineProblem<{ url: string; known: string }>('runner.other-server', {
  status: 409,
  sentence: ({ url, known }) => `This runner was registered with ${known}, not with ${url}.`,
  remedy: 'Start it with the address it was registered with, or with another --state folder.',
});

export const keyRefused = defineProblem<{ url: string; code: string }>('runner.key-refused', {
  status: 401,
  sentence: ({ url, code }) => `The server at ${url} refuses this runner's key (${code}).`,
  remedy: 'It was revoked, or belongs to another server: register the runner again with a new token and an empty --state folder.',
});

export const alreadyRuns = defineProblem<{ state: string; pid: number }>('runner.already-runs', {
  status: 409,
  sentence: ({ state, pid }) => `A runner with the state folder ${state} already runs as process ${pid}.`,
  remedy: 'Stop it first, or give each runner its own --state folder.',
});

export const noExecutor = defineProblem<{ why: string }>('runner.no-executor', {
  status: 409,
  sentence: ({ why }) => `This runner can run no steps: ${why}.`,
  remedy: 'Install bubblewrap and allow user namespaces, or allow the host executor with --executor host where the jobs are trusted.',
});

export const wrongBytes = defineProblem<{ expected: string; found: string }>('runner.wrong-bytes', {
  status: 422,
  sentence: ({ expected, found }) => `The server sent bytes with the digest ${found} where ${expected} was asked for.`,
  remedy: "Nothing of them was used. Start the job again; if it stays, the server's blob store is damaged: see `ym doctor`.",
});
