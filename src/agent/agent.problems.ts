import { defineProblem } from '../kernel/problem.ts';

export const wrongBytes = defineProblem<{ expected: string; found: string }>('agent.wrong-bytes', {
  status: 409,
  sentence: ({ expected, found }) => `The artifact's bytes are ${found}, not ${expected}; nothing was started.`,
  remedy: 'Nothing to do here: the server is told. Check the artifact store for damaged or exchanged bytes.',
});

export const notRegistered = defineProblem<{ state: string }>('agent.not-registered', {
  status: 401,
  sentence: ({ state }) => `This agent has no key in ${state}.`,
  remedy: 'Start it once with --registration and a token from `ym agent register`.',
});

export const alreadyRunning = defineProblem<{ pid: number }>('agent.already-running', {
  status: 409,
  sentence: ({ pid }) => `Another agent (process ${pid}) already works with this state folder.`,
  remedy: 'Stop it, or give this one a folder of its own with --state.',
});

export const noWayBack = defineProblem<{ service: string; environment: string }>('agent.no-way-back', {
  status: 409,
  sentence: ({ service, environment }) => `This machine keeps no earlier version of ${service} for ${environment}.`,
  remedy: 'Deploy a good release through the server.',
});

export const keyRefused = defineProblem<{ url: string; code: string }>('agent.key-refused', {
  status: 401,
  sentence: ({ url, code }) => `The server at ${url} refuses this agent's key (${code}). What it runs goes on.`,
  remedy: 'It was revoked, or belongs to another server: register the agent again, then remove identity.json from its --state folder.',
});

export const notConfirmed = defineProblem<{ what: string }>('agent.not-confirmed', {
  status: 428,
  sentence: ({ what }) => `This would stop ${what}.`,
  remedy: 'Nothing was stopped. Say --yes to do it.',
});

export const stillRuns = defineProblem<{ pids: readonly number[] }>('agent.still-runs', {
  status: 500,
  sentence: ({ pids }) => `Not everything ended: ${pids.join(', ')} still run.`,
  remedy: 'Look at these processes; repeat the command as the user they belong to.',
});

export const noAgentState = defineProblem<{ state: string }>('agent.no-state', {
  status: 404,
  sentence: ({ state }) => `${state} is no state folder of an agent.`,
  remedy: 'Name the folder that the agent was started with as --state.',
});
