import type { ByteStream, Contents } from '../model.ts';
import { LIMITS, ReportFault } from '../model.ts';
import { decodeText } from '../text.ts';
import { Scan, severityOf } from './scan.ts';

const COLUMNS = ['Rule', 'Severity', 'Component', 'Line', 'Description', 'Message'];
const SEVERITIES = { BLOCKER: 'critical', CRITICAL: 'high', MAJOR: 'medium', MINOR: 'low', INFO: 'info' } as const;

/**
 * The HTML that sonar-report writes: the rows of its one table of vulnerabilities. Tags are passed over, nothing of it is
 * ever shown as HTML. A page without that table, or whose table does not end, is refused.
 */
export async function readSonarHtml(bytes: ByteStream): Promise<Contents> {
  const parts: string[] = [];
  for await (const part of decodeText(bytes, LIMITS.jsonBytes)) parts.push(part);
  const html = parts.join('');
  const scan = new Scan('sonarqube');
  for (const [rule = '', severity = '', file = '', line = '', description = '', message = ''] of rowsOf(tableOf(html)))
    scan.add({
      rule,
      severity: SEVERITIES[severity.toUpperCase() as keyof typeof SEVERITIES] ?? severityOf(severity),
      message: message === '' ? description : message,
      file,
      line: /^\d{1,9}$/.test(line) ? Number(line) : null,
    });
  return scan.contents;
}

function tableOf(html: string): string {
  let from = html.indexOf('Detail of the Detected');
  while (from >= 0) {
    const head = html.indexOf('<thead', from);
    const body = html.indexOf('<tbody', head);
    const end = html.indexOf('</tbody>', body);
    if (head < 0 || body < 0 || end < 0) break;
    const names = cellsOf(html.slice(head, body), 'th');
    if (COLUMNS.every((name, index) => names[index] === name)) return html.slice(body, end);
    from = end;
  }
  throw new ReportFault('the page has no table of vulnerabilities that ends');
}

function rowsOf(table: string): string[][] {
  return table
    .split(/<tr(?=[\s>])/)
    .slice(1)
    .map((row) => cellsOf(row, 'td'))
    .filter((cells) => cells.length >= COLUMNS.length);
}

function cellsOf(text: string, tag: 'td' | 'th'): string[] {
  return text
    .split(tag === 'td' ? /<td(?=[\s>])/ : /<th(?=[\s>])/)
    .slice(1)
    .map((cell) => plain(cell.slice(cell.indexOf('>') + 1).split(`</${tag}>`, 1)[0] ?? ''));
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function plain(html: string): string {
  const text = html
    .replace(/<[^>]{0,4000}>/g, ' ')
    .replace(/&(?:#(\d{1,6})|(amp|lt|gt|quot|apos));/g, (_, code: string | undefined, name: string | undefined) =>
      code === undefined ? (ENTITIES[name ?? ''] ?? '') : String.fromCodePoint(Math.min(Number(code), 0x10ffff)),
    );
  return text.replace(/\s+/g, ' ').trim();
}
