import { defineProblem } from '../kernel/problem.ts';

export const gitFailed = defineProblem<{ command: string; why: string }>('git.failed', {
  status: 502,
  sentence: ({ command, why }) => `git ${command} failed: ${why}`,
  remedy: 'Check that the repository exists, that its address is right and that this machine may read it.',
});

export const gitMissing = defineProblem('git.missing', {
  status: 503,
  sentence: 'The program git was not found on this machine.',
  remedy: 'Install git (version 2.30 or newer) and make sure that it is in the PATH.',
});

export const gitTimeout = defineProblem<{ command: string; ms: number }>('git.timeout', {
  status: 504,
  sentence: ({ command, ms }) => `git ${command} took longer than ${ms} ms and was stopped.`,
  remedy: 'Check the connection to the repository, or try again.',
});

export const gitTooMuch = defineProblem<{ command: string; limit: number }>('git.too-much-output', {
  status: 413,
  sentence: ({ command, limit }) => `git ${command} printed more than ${limit} bytes.`,
  remedy: 'Ask for less: a smaller range, or a smaller file.',
});

export const noSuchRef = defineProblem<{ ref: string }>('git.no-such-ref', {
  status: 404,
  sentence: ({ ref }) => `The repository has no branch, tag or commit "${ref}".`,
  remedy: 'Check the name, and that the commit has been pushed.',
});

export const badRef = defineProblem<{ ref: string }>('git.bad-ref', {
  status: 400,
  sentence: ({ ref }) => `"${ref}" can't be the name of a branch, tag or commit.`,
  remedy: 'Give a name that git check-ref-format accepts, or a full commit id.',
});

export const badRepositoryUrl = defineProblem<{ url: string; why: string }>('git.bad-url', {
  status: 400,
  sentence: ({ url, why }) => `"${url}" can't be a repository's address: ${why}.`,
  remedy: 'Give an URL with https, ssh, http or file, without a password, or an absolute path.',
});

export const tooManyCommits = defineProblem<{ limit: number }>('git.too-many-commits', {
  status: 413,
  sentence: ({ limit }) => `There are more than ${limit} commits to read.`,
  remedy: 'Tag the version that users have, or ask from a later point.',
});

export const shallowHistory = defineProblem<{ what: string }>('git.shallow-history', {
  status: 400,
  sentence: ({ what }) => `This repository is a shallow clone, and what it lacks decides: ${what}.`,
  remedy: 'Fetch the rest: git fetch --unshallow --tags (in GitHub Actions: actions/checkout with fetch-depth: 0).',
});

export const notAllowed = defineProblem<{ host: string }>('git.not-allowed', {
  status: 403,
  sentence: ({ host }) => `${host} does not let us read this repository.`,
  remedy: 'Connect the forge with a credential that may read it (`ym connect add`, then `ym connect check`).',
});

export const noSuchRepository = defineProblem<{ host: string }>('git.no-such-repository', {
  status: 404,
  sentence: ({ host }) => `${host} has no such repository, or does not show it to us.`,
  remedy: 'Check its address; a private one needs a connection to the forge whose credential may read it.',
});

export const repositoryMoved = defineProblem<{ host: string }>('git.moved', {
  status: 409,
  sentence: ({ host }) => `${host} sends us on to another address of this repository, and we don't follow.`,
  remedy: 'It was renamed or moved: set its new address in the service.',
});

export const mirrorTooLarge = defineProblem<{ limit: number }>('git.mirror-too-large', {
  status: 413,
  sentence: ({ limit }) => `The repository takes more than ${limit} bytes on disk.`,
  remedy: 'Raise YARDMASTER_GIT_MIRROR_LIMIT where the disk has room for it, or take large files out of its history.',
});
