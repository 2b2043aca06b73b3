import type { Delivered, ForgeEvent } from '../forges/forge-event.ts';
import { translateGithub } from '../github/translate.ts';

/**
 * Webhooks of Gitea, Forgejo and Gogs (https://docs.gitea.com/usage/webhooks) in our words. They write as GitHub does and
 * send GitHub's kind in `X-GitHub-Event` as well; their own headers are read where it is missing.
 */
export function translateGitea(delivered: Delivered): readonly ForgeEvent[] {
  return translateGithub(delivered);
}
