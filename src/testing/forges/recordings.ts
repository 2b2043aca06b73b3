import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import type { Translate } from '../../integrations/forges/forge-event.ts';
import { looksFor, type Look } from '../../integrations/forges/look.ts';
import { forges } from '../../integrations/forge-list.system.ts';

const CORPUS = join(process.env['YARDMASTER_CORPUS'] ?? join(import.meta.dirname, '../../../../shared/corpus'), 'webhooks');

/** A recorded payload of a forge, with the kind that its header named. */
export type Recording = {
  readonly vendor: string;
  readonly file: string;
  readonly kind: string | null;
  readonly body: Buffer;
  /** What it asks to look at. */
  readonly looks: readonly Look[];
};

/** Where the recordings of each vendor lie, and how the name of a file says the kind. */
const PLACES: readonly (readonly [vendor: string, folder: string, kind: (file: string) => string | null])[] = [
  ['github', 'octokit+webhooks/payload-examples/api.github.com', (file) => dirname(file)],
  ['github', 'jenkins-x+go-scm/scm/driver/github/testdata/webhooks', alikeKind],
  ['github', 'go-playground+webhooks/testdata/github', (file) => basename(file, '.json').replaceAll('-', '_')],
  ['gitea', 'jenkins-x+go-scm/scm/driver/gitea/testdata/webhooks', alikeKind],
  ['gitea', 'go-playground+webhooks/testdata/gitea', (file) => playedKind(basename(file, '.json'))],
  ['gitea', 'go-playground+webhooks/testdata/gogs', (file) => playedKind(basename(file, '.json'))],
  ['gitlab', 'jenkins-x+go-scm/scm/driver/gitlab/testdata/webhooks', () => null],
  ['gitlab', 'go-playground+webhooks/testdata/gitlab', () => null],
  ['bitbucket', 'jenkins-x+go-scm/scm/driver/bitbucket/testdata/webhooks', cloudKind],
  ['bitbucket', 'go-playground+webhooks/testdata/bitbucket', cloudKind],
  ['bitbucket-server', 'jenkins-x+go-scm/scm/driver/stash/testdata/webhooks', () => null],
  ['bitbucket-server', 'go-playground+webhooks/testdata/bitbucket-server', () => null],
  ['azure', 'jenkins-x+go-scm/scm/driver/azure/testdata/webhooks', () => null],
  ['azure', 'go-playground+webhooks/testdata/azuredevops', () => null],
];

function alikeKind(file: string): string {
  const name = basename(file, '.json');
  if (/comment/.test(name)) return 'issue_comment';
  if (/^(?:pr|pull_request)_/.test(name)) return 'pull_request';
  if (/_create/.test(name)) return 'create';
  if (/_delete/.test(name)) return 'delete';
  return name.replace(
    /^(push|label|issues|installation|check_run|check_suite|release|deployment_status|deployment|fork|repository|status).*$/,
    '$1',
  );
}

/** `pull-request-label-event` is a `pull_request`. */
function playedKind(name: string): string {
  const [, what = name] =
    /^(pull-request-review|pull-request|issue-comment|issues?|create|delete|fork|release|repository|push)(?:-|$)/.exec(name) ?? [];
  const kind = /comment/.test(name) ? 'issue_comment' : what.replaceAll('-', '_');
  return kind === 'issue' ? 'issues' : kind === 'pull_request_review' ? 'pull_request_review' : kind;
}

function cloudKind(file: string): string {
  const name = basename(file, '.json')
    .replaceAll('-', '_')
    .replace(/^pull_request/, 'pr');
  const [, what = ''] =
    /^pr_(created|updated|fulfilled|merged|declined|approval_removed|comment_created|comment_updated|comment_deleted)/.exec(name) ?? [];
  const words: Readonly<Record<string, string>> = { merged: 'fulfilled', declined: 'rejected', approval_removed: 'unapproved' };
  if (what !== '') return `pullrequest:${words[what] ?? what}`;
  return /push/.test(name) ? 'repo:push' : name.replace(/^repo_/, 'repo:').replace(/^issue_/, 'issue:');
}

/** Every recorded payload of every forge that we speak, in a fixed order; none where the corpus is not there. */
export function recordings(): readonly Recording[] {
  return PLACES.flatMap(([vendor, folder, kind]) => {
    const at = join(CORPUS, folder);
    const translate = forges.get(vendor)?.translate;
    if (!existsSync(at) || translate === undefined) return [];
    return (readdirSync(at, { recursive: true }) as string[])
      .filter((file) => file.endsWith('.json'))
      .sort()
      .map((file) => read(vendor, at, file, kind(file), translate));
  });
}

function read(vendor: string, at: string, file: string, kind: string | null, translate: Translate): Recording {
  const body = readFileSync(join(at, file));
  const header = (name: string): string | null => (['x-github-event', 'x-event-key'].includes(name) ? kind : null);
  const looks = looksFor(translate({ header, payload: JSON.parse(body.toString('utf8')) as unknown }));
  return { vendor, file: relative(CORPUS, join(at, file)), kind, body, looks };
}

/** The repositories that recordings speak of, each once, by their lower-case paths. */
export function pathsOf(all: readonly Recording[]): ReadonlyMap<string, string> {
  const paths = all.flatMap(({ looks }) => looks.flatMap(({ repository }) => (repository === null ? [] : [repository])));
  return new Map(paths.map((path) => [path.toLowerCase(), path]));
}
