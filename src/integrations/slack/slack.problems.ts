import { defineProblem } from '../../kernel/problem.ts';

export const connectionFailed = defineProblem<{ error: string }>('slack.refused', {
  status: 502,
  sentence: ({ error }) => `Slack answers ${error}.`,
  remedy: 'Give the connection a bot token that is good, with the scopes that docs/guide/mail-and-chat.md names.',
});
