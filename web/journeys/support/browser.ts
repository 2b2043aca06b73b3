import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';

/** Debian's Chromium, or the one that YARDMASTER_CHROMIUM names; null where the machine has none. */
export function chromiumPath(): string | null {
  return (
    [process.env['YARDMASTER_CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser'].find(
      (path) => path !== undefined && existsSync(path),
    ) ?? null
  );
}

export async function launch(): Promise<Browser> {
  const executablePath = chromiumPath();
  if (executablePath === null) throw new Error('there is no Chromium here: install the Debian package chromium');
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage', '--force-color-profile=srgb'] });
}

export type View = { readonly width: number; readonly dark: boolean };
export const VIEWS: readonly View[] = [
  { width: 1280, dark: false },
  { width: 1280, dark: true },
  { width: 360, dark: false },
  { width: 360, dark: true },
];

/** A browser of its own for one person: cookies, size and colours. Everything odd that a page does is kept in `oddities`. */
export async function personAt(
  browser: Browser,
  url: string,
  view: View,
): Promise<{ readonly context: BrowserContext; readonly page: Page; readonly oddities: string[] }> {
  const context = await browser.newContext({
    baseURL: url,
    viewport: { width: view.width, height: view.width < 600 ? 740 : 800 },
    colorScheme: view.dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    hasTouch: view.width < 600,
  });
  const page = await context.newPage();
  const oddities: string[] = [];
  page.on('dialog', (dialog) => {
    oddities.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('pageerror', (error) => oddities.push(`an error of the page: ${error.message}`));
  page.on('console', (message) => {
    const text = message.text();
    // A refused request is the server's word, shown by the page; the browser's own line about it says nothing new.
    if (message.type() === 'error' && !text.startsWith('Failed to load resource')) oddities.push(`console: ${text}`);
  });
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol.startsWith('http') && origin !== new URL(url).origin) oddities.push(`a request elsewhere: ${request.url()}`);
  });
  return { context, page, oddities };
}

/** Signs in as a person would type it, but by the API: journeys that are about something else start here. */
export async function signIn(page: Page, email: string, password: string): Promise<void> {
  await page.goto('/sign-in');
  const status = await page.evaluate(
    async (body) =>
      (
        await fetch('/v1/sessions', {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-yardmaster-screen': '1' },
          body: JSON.stringify(body),
        })
      ).status,
    { email, password },
  );
  if (status !== 201) throw new Error(`${email} could not sign in: ${status}`);
}

/** Waits until a page has shown what it asked for: no skeleton, no request under way for a moment. */
export async function settled(page: Page): Promise<void> {
  await page.waitForFunction(() => document.querySelector('main, form') !== null, undefined, { timeout: 15_000 });
  await page
    .waitForFunction(() => document.querySelector('[aria-label="loading"]') === null, undefined, { timeout: 15_000 })
    .catch(() => undefined);
  await page.waitForTimeout(250);
}

/** A picture of the whole page. */
export async function picture(page: Page, folder: string, name: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.png`);
  await page.screenshot({ path, fullPage: true });
  return path;
}

/** What sticks out of the page sideways, in words; empty where nothing does. */
export async function overflow(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const wide = document.documentElement.scrollWidth;
    if (wide <= innerWidth + 1) return [];
    const out = [...document.querySelectorAll('body *')].filter((element) => element.getBoundingClientRect().right > innerWidth + 1);
    return [
      `the page is ${wide} px wide in a window of ${innerWidth} px`,
      ...out.slice(0, 5).map((element) => `${element.tagName.toLowerCase()}.${String(element.getAttribute('class') ?? '').slice(0, 60)}`),
    ];
  });
}
