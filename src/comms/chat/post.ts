import { oneLine, type Message } from '../notice.ts';
import { slackText, type SlackMessage } from './living.ts';

/** News as a post for Slack: all that others wrote is plain text. */
export function slackPost(message: Message, publicUrl: string): SlackMessage {
  const text = [message.subject, ...message.lines]
    .map((line) => oneLine(line, 1000))
    .join('\n')
    .slice(0, 2900)
    .toWellFormed();
  return {
    text: slackText(oneLine(message.subject, 1000)),
    blocks: [
      { type: 'section', text: { type: 'plain_text', text, emoji: false } },
      {
        type: 'actions',
        elements: [
          {
            type: 'button',
            action_id: 'open',
            text: { type: 'plain_text', text: 'Open', emoji: false },
            url: `${publicUrl}${message.link}`,
          },
        ],
      },
    ],
  };
}

/** News as an Adaptive Card 1.4 for a Teams workflow webhook: runs of text know no markup. */
export function teamsPost(message: Message, publicUrl: string): unknown {
  const line = (text: string, bold: boolean): unknown => ({
    type: 'RichTextBlock',
    inlines: [{ type: 'TextRun', text: oneLine(text, 1000), ...(bold ? { weight: 'Bolder' } : {}) }],
  });
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          fallbackText: oneLine(message.subject, 500),
          body: [line(message.subject, true), ...message.lines.slice(0, 10).map((text) => line(text, false))],
          actions: [{ type: 'Action.OpenUrl', title: 'Open', url: `${publicUrl}${message.link}` }],
        },
      },
    ],
  };
}
