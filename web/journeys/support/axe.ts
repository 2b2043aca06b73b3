import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const AGAIN_MS = 500;

type Violation = {
  readonly id: string;
  readonly impact: string | null;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
};

/**
 * What axe-core finds serious or critical on the page as it stands, in words (WCAG 2.0 to 2.2, A and AA). The page's own
 * policy lets no foreign script in, so that it comes by the driver, not by the page.
 */
export async function seriousFindings(page: Page): Promise<string[]> {
  const first = await findings(page);
  if (first.length === 0) return [];
  // A live page may be drawn anew while it is looked at, which mixes two states: what is wrong is wrong the next time too.
  await page.waitForTimeout(AGAIN_MS);
  const second = await findings(page);
  return first.filter((one) => second.includes(one));
}

async function findings(page: Page): Promise<string[]> {
  await page.evaluate(source);
  const violations = await page.evaluate(async () => {
    const axe = (globalThis as unknown as { axe: { run(context: unknown, options: unknown): Promise<{ violations: unknown[] }> } }).axe;
    const result = await axe.run(document, {
      runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] },
    });
    return result.violations;
  });
  return (violations as Violation[])
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, impact, help, nodes }) =>
        `${impact} ${id}: ${help}: ${nodes
          .slice(0, 3)
          .map((node) => node.html.slice(0, 160))
          .join(' | ')}`,
    );
}
