/**
 * Text that strangers wrote, made inert for Markdown (CommonMark and GitHub's dialect): one line, no formatting, no
 * HTML, no link, no mention. Renderers show the same characters.
 */
export function inertMarkdown(text: string): string {
  return oneLine(text)
    .replace(/[\\`*_{}[\]()<>#|~&!@$^"']/g, '\\$&')
    .replace(/:(?=\/\/)/g, '\\:')
    .replace(/\bwww\./gi, (www) => `${www.slice(0, 3)}\\.`)
    .replace(/^([-+=])/, '\\$1')
    .replace(/^(\d{1,9})([.)])/, '$1\\$2');
}

/** One line of text: no control characters, and none that reorder or hide what is read (bidirectional overrides, zero width). */
export function oneLine(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replace(/[\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/gu, '')
    .replace(/ {2,}/g, ' ')
    .trim();
}
