import type { releasePage } from '../../../../src/contract/release-page.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';

export type Release = AnswerOf<typeof releasePage>;
export type Place = Release['environments'][number];
export type Deployed = Release['deployments'][number];

/** First words of the facts after which a release's page is another. */
export const LIVE = [
  'release',
  'approval',
  'deployment',
  'service',
  'environment',
  'freeze',
  'incident',
  'waiver',
  'decision',
  'policy',
  'testsuiterun',
  'artifact',
];

/** The newest deployment of a release to an environment. */
export function newest(page: Release, environment: string): Deployed | undefined {
  return page.deployments.find((one) => one.environment === environment);
}

/** Where somebody's look should fall first: what is under way, then the first place that it has not reached. */
export function placeToShow(page: Release, asked: string): Place | undefined {
  const { environments } = page;
  return (
    environments.find((one) => one.environment === asked) ??
    environments.find((one) => {
      const last = newest(page, one.environment);
      return last !== undefined && last.finishedAt === null;
    }) ??
    environments.find((one) => one.running?.release !== page.release.id) ??
    environments.at(-1)
  );
}
