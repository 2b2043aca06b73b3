import { defineProblem } from '../kernel/problem.ts';

export const noSuchDeployment = defineProblem<{ deployment: string }>('deployments.not-found', {
  status: 404,
  sentence: ({ deployment }) => `There is no deployment ${deployment}.`,
  remedy: 'See `ym status` for the deployments that there are.',
});

export const unknownName = defineProblem<{ what: 'agent' | 'service' | 'environment' | 'release'; name: string }>(
  'deployments.unknown-name',
  {
    status: 404,
    sentence: ({ what, name }) => `There is no ${what} ${name}.`,
    remedy: 'Check the spelling; `ym status` names what there is.',
  },
);

export const nothingToRun = defineProblem<{ service: string }>('deployments.nothing-to-run', {
  status: 409,
  sentence: ({ service }) => `${service} has no \`run\` in the catalog, so there is nothing to start.`,
  remedy: 'Add `run` (command, health, portEnv) to the service in yardmaster.yaml and apply it.',
});

export const ambiguousArtifact = defineProblem<{ service: string; names: readonly string[] }>('deployments.ambiguous-artifact', {
  status: 409,
  sentence: ({ service, names }) => `The release has several artifacts (${names.join(', ')}) and none is named ${service}.`,
  remedy: 'Name the artifact that is to be deployed after the service.',
});

export const noAgent = defineProblem<{ agent: string; environment: string }>('deployments.no-agent', {
  status: 409,
  sentence: ({ agent, environment }) => `No agent is registered with the name or label ${agent}, which ${environment} asks for.`,
  remedy: 'Start one: `yardmaster agent --url ... --name ... --registration TOKEN`.',
});

export const olderRelease = defineProblem<{ version: string; running: string; environment: string }>('deployments.older-release', {
  status: 409,
  sentence: ({ version, running, environment }) => `${running} runs in ${environment} and is newer than ${version}.`,
  remedy: 'To go back on purpose use `ym rollback`.',
});

export const abandonedRelease = defineProblem<{ release: string }>('deployments.abandoned-release', {
  status: 409,
  sentence: ({ release }) => `Release ${release} was given up.`,
  remedy: 'Make a new release.',
});

export const alreadyOver = defineProblem<{ deployment: string; state: string }>('deployments.already-over', {
  status: 409,
  sentence: ({ deployment, state }) => `Deployment ${deployment} is over: ${state}.`,
  remedy: 'To undo a deployment that succeeded use `ym rollback`.',
});

export const nothingToGoBackTo = defineProblem<{ service: string; environment: string }>('deployments.nothing-to-go-back-to', {
  status: 409,
  sentence: ({ service, environment }) => `No earlier release of ${service} was verified in ${environment}.`,
  remedy: 'Ship a fix: `ym release` and `ym deploy`.',
});

export const notVerifiedHere = defineProblem<{ release: string; environment: string }>('deployments.not-verified-here', {
  status: 409,
  sentence: ({ release, environment }) => `Release ${release} never ran verified in ${environment}, so it is no way back.`,
  remedy: 'Choose one that did, or leave out `to`.',
});

export const badRegistration = defineProblem('deployments.bad-registration', {
  status: 401,
  sentence: 'This registration token is unknown, used or expired.',
  remedy: 'Make a new one: `ym agent register`.',
});

export const agentNameTaken = defineProblem<{ name: string }>('deployments.agent-name-taken', {
  status: 409,
  sentence: ({ name }) => `There is an agent named ${name} already.`,
  remedy: 'Choose another name; an agent that only restarts keeps its state folder and needs no registration.',
});

export const notATarget = defineProblem<{ release: string; environment: string }>('deployments.not-a-target', {
  status: 409,
  sentence: ({ release, environment }) => `The release ${release} is not meant for ${environment}.`,
  remedy: 'Make a release of the same run with this environment among its targets; votes and checks are then asked for it.',
});

export const notItsAgent = defineProblem<{ service: string; environment: string }>('deployments.not-its-agent', {
  status: 403,
  sentence: ({ service, environment }) => `This agent neither runs ${service} in ${environment}, nor is it the one that the catalog names.`,
  remedy: 'Let the agent that runs the service tell of it; who runs what stands in `ym status`.',
});

export const staleAct = defineProblem<{ act: string }>('deployments.stale-act', {
  status: 409,
  sentence: ({ act }) => `Act ${act} was not given to this agent with this token, or was taken back.`,
  remedy: 'Nothing to do: the agent forgets it and asks for the next.',
});

export const deploymentProblems = [
  noSuchDeployment,
  unknownName,
  nothingToRun,
  ambiguousArtifact,
  noAgent,
  olderRelease,
  abandonedRelease,
  alreadyOver,
  nothingToGoBackTo,
  notVerifiedHere,
  badRegistration,
  agentNameTaken,
  notATarget,
  notItsAgent,
  staleAct,
];

export const deployedElsewhere = defineProblem<{ environment: string }>('deployments.deployed-elsewhere', {
  status: 409,
  sentence: ({ environment }) => `A tool of your own deploys to ${environment}; Yardmaster does not.`,
  remedy:
    'Deploy with that tool and tell it (ym record deployment), or take `deployed-by: external` out of the environment in yardmaster.yaml.',
});

export const onlyObserved = defineProblem<{ service: string }>('deployments.only-observed', {
  status: 409,
  sentence: ({ service }) => `${service} is only observed: Yardmaster judges its deployments and does none.`,
  remedy: 'Deploy as before and tell it (ym record deployment); see the steps to more with ym adopt.',
});

export const weDeploy = defineProblem<{ service: string; environment: string }>('deployments.we-deploy', {
  status: 409,
  sentence: ({ service, environment }) => `Yardmaster itself deploys ${service} to ${environment}, so nobody else can tell of it.`,
  remedy: 'Use ym deploy; or write `deployed-by: external` for the environment, or `observe-only: true` for the service, and apply it.',
});

export const toldOfDeployment = defineProblem<{ deployment: string; state: string; told: string }>('deployments.told-otherwise', {
  status: 409,
  sentence: ({ deployment, state, told }) => `The deployment ${deployment} was told to be ${state} before, and can not be ${told} now.`,
  remedy: 'Tell of another deployment with another id or attempt.',
});

export const noEarlierRelease = defineProblem<{ environment: string }>('deployments.no-earlier-release', {
  status: 409,
  sentence: ({ environment }) => `It is not known which release runs in ${environment} again.`,
  remedy: 'Name it: --to RELEASE.',
});
