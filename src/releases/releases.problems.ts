import { defineProblem } from '../kernel/problem.ts';

export const noSuchRelease = defineProblem<{ release: string }>('releases.no-such-release', {
  status: 404,
  sentence: ({ release }) => `There is no release ${release}.`,
  remedy: 'List releases with `ym release list` or GET /v1/releases.',
});
export const noSuchEnvironment = defineProblem<{ environment: string }>('releases.no-such-environment', {
  status: 404,
  sentence: ({ environment }) => `There is no environment ${environment}, or this release isn’t meant for it.`,
  remedy: 'See the release’s targets with GET /v1/releases/{release}.',
});
export const noSuchDecision = defineProblem<{ decision: string }>('releases.no-such-decision', {
  status: 404,
  sentence: ({ decision }) => `There is no decision ${decision}.`,
  remedy: 'List the decisions about a release with GET /v1/releases/{release}/decisions.',
});
export const noSuchFreeze = defineProblem<{ freeze: string }>('releases.no-such-freeze', {
  status: 404,
  sentence: ({ freeze }) => `There is no freeze ${freeze}.`,
  remedy: 'List freezes with GET /v1/freezes.',
});
export const noRun = defineProblem<{ service: string }>('releases.no-run', {
  status: 409,
  sentence: ({ service }) => `No run of ${service} that succeeded and yielded an artifact fits what you named.`,
  remedy: 'Name a run of this service that succeeded, or run its pipeline on this commit first.',
});
export const runNotReleasable = defineProblem<{ run: string; why: string }>('releases.run-not-releasable', {
  status: 409,
  sentence: ({ run, why }) => `The run ${run} can’t be released: ${why}.`,
  remedy: 'Release a run that succeeded, is of this service and yielded an artifact.',
});
export const noHistory = defineProblem<{ service: string }>('releases.no-history', {
  status: 409,
  sentence: ({ service }) => `The history of ${service} can’t be read: the catalog names no repository that is watched.`,
  remedy: 'Give the service a repository in yardmaster.yaml and apply it.',
});
export const versionTaken = defineProblem<{ version: string }>('releases.version-taken', {
  status: 409,
  sentence: ({ version }) => `There is a release ${version} of this service already.`,
  remedy: 'Leave the version out to get the next one, or name another.',
});
export const abandoned = defineProblem<{ release: string }>('releases.abandoned', {
  status: 409,
  sentence: ({ release }) => `The release ${release} was given up.`,
  remedy: 'Make a new release.',
});
export const alreadyHeld = defineProblem<{ release: string }>('releases.already-held', {
  status: 409,
  sentence: ({ release }) => `The release ${release} is held already.`,
  remedy: 'Nothing to do; end the hold with `ym release resume` when it may go on.',
});
export const notHeld = defineProblem<{ release: string }>('releases.not-held', {
  status: 409,
  sentence: ({ release }) => `Nobody holds the release ${release}.`,
  remedy: 'Nothing to do.',
});
export const noSuchItem = defineProblem<{ item: string; items: readonly string[] }>('releases.no-such-item', {
  status: 404,
  sentence: ({ item }) => `The checklist has no item “${item}”.`,
  remedy: ({ items }) => (items.length === 0 ? 'This environment asks for no checklist.' : `Its items: ${items.join('; ')}.`),
});
export const personNeeded = defineProblem('releases.person-needed', {
  status: 403,
  sentence: 'Only a person can do this, not a bot or a machine.',
  remedy: 'Use a person’s own account or token.',
});
export const badWindow = defineProblem<{ why: string }>('releases.bad-window', {
  status: 400,
  sentence: ({ why }) => `This window can’t be: ${why}`,
  remedy: 'Give an RFC 5545 rule such as FREQ=WEEKLY;BYDAY=FR, a local start, minutes, and an IANA time zone.',
});
export const windowOver = defineProblem('releases.window-over', {
  status: 400,
  sentence: 'This window is over already, so that it would change nothing.',
  remedy: 'Give an end that lies ahead.',
});
export const freezeIsOver = defineProblem<{ freeze: string }>('releases.freeze-is-over', {
  status: 409,
  sentence: ({ freeze }) => `The freeze ${freeze} has been ended already.`,
  remedy: 'Nothing to do.',
});
export const staleFreeze = defineProblem<{ version: number }>('releases.stale-freeze', {
  status: 409,
  sentence: 'Somebody changed this freeze since you looked at it.',
  remedy: 'Read it again and try with its version.',
});
export const secondPersonNeeded = defineProblem<{ needed: number }>('releases.second-person-needed', {
  status: 409,
  sentence: 'You have asked for this break-glass already; another person has to.',
  remedy: ({ needed }) => `The policy asks for ${needed} different persons.`,
});
export const unknownService = defineProblem<{ service: string }>('releases.unknown-service', {
  status: 404,
  sentence: ({ service }) => `There is no service ${service}.`,
  remedy: 'List services with `ym services` or GET /v1/services.',
});

export const releaseProblems = [
  noSuchRelease,
  noSuchEnvironment,
  noSuchDecision,
  noSuchFreeze,
  noRun,
  runNotReleasable,
  noHistory,
  versionTaken,
  abandoned,
  alreadyHeld,
  notHeld,
  noSuchItem,
  personNeeded,
  badWindow,
  windowOver,
  freezeIsOver,
  staleFreeze,
  secondPersonNeeded,
  unknownService,
];
