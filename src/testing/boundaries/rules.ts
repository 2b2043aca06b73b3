/** A source file as the rules see it. Paths are relative to `src/`, with `/`. */
export type SourceFile = { readonly path: string; readonly text: string; readonly imports: readonly Import[] };
export type Import = { readonly from: string; readonly typeOnly: boolean };

export const SLICES = [
  'identity',
  'catalog',
  'waivers',
  'pipelines',
  'artifacts',
  'gates',
  'environments',
  'changes',
  'releases',
  'deployments',
] as const;
export const OBSERVERS = ['evidence', 'metrics', 'insights', 'comms', 'operations', 'yard'] as const;
/** Vendors: they see ports and events of slices, and no slice sees them; app/ introduces them. */
const INTEGRATIONS = 'integrations';
const ALL_SLICES: readonly string[] = [...SLICES, ...OBSERVERS, INTEGRATIONS];
const SLICE_SUFFIXES = [
  'events',
  'problems',
  'store',
  'queries',
  'views',
  'commands',
  'reactions',
  'routes',
  'api',
  'port',
  'work',
  'test',
];

/** What each part of the house may import besides itself. Slices are decided by their order instead. */
const MAY: Readonly<Record<string, readonly string[]>> = {
  kernel: [],
  contract: ['kernel'],
  host: ['kernel', 'contract'],
  platform: ['kernel', 'contract', 'host'],
  runner: ['kernel', 'contract', 'host'],
  agent: ['kernel', 'contract', 'host'],
  cli: ['kernel', 'contract', 'host', 'runner', ...ALL_SLICES],
};

/** The first folder of a path: `releases/calendar/freeze.ts` -> `releases`. */
export function partOf(path: string): string {
  return path.split('/')[0] ?? '';
}

/** The dotted suffix of a file, or null for a plain one: `release.store.ts` -> `store`. */
export function suffixOf(path: string): string | null {
  const name = (path.split('/').at(-1) ?? '').replace(/\.ts$/, '');
  const parts = name.split('.');
  return parts.length > 1 ? (parts.at(-1) ?? null) : null;
}

/** Every broken rule of one file, in words. */
export function brokenRules(file: SourceFile): string[] {
  const part = partOf(file.path);
  if (part === 'app' || part === 'testing' || suffixOf(file.path) === 'test') return [];
  return [...suffixRule(file), ...file.imports.flatMap((one) => importRule(file, one)), ...purity(file), ...sqlRule(file)];
}

function suffixRule(file: SourceFile): string[] {
  const suffix = suffixOf(file.path);
  if (suffix === null || !ALL_SLICES.includes(partOf(file.path))) return [];
  const vendors = partOf(file.path) === INTEGRATIONS && ['http', 'fixture'].includes(suffix);
  const known = SLICE_SUFFIXES.includes(suffix) || suffix === 'system' || vendors;
  return known ? [] : [`${file.path}: ".${suffix}" is no suffix of a slice; use one of .${SLICE_SUFFIXES.join(' .')}`];
}

function importRule(file: SourceFile, { from, typeOnly }: Import): string[] {
  const [mine, theirs] = [partOf(file.path), partOf(from)];
  const say = (why: string): string[] => [`${file.path} imports ${from}: ${why}`];
  if (theirs === 'app') return say('nothing imports app/; what a slice needs from elsewhere it declares as a .port');
  if (theirs === 'testing') return say('product code never imports testing/');
  if (mine === theirs)
    return plainImportsDotted(file, from, typeOnly) ? say('a plain file is pure and imports only plain files, .events and .problems') : [];
  const allowed = MAY[mine];
  if (allowed !== undefined) {
    if (!allowed.includes(theirs)) return say(`${mine}/ may import only ${allowed.length === 0 ? 'nothing of ours' : allowed.join(', ')}`);
    if (mine === 'cli' && ALL_SLICES.includes(theirs) && suffixOf(from) !== null) return say('cli/ may import only plain files of slices');
    return plainImportsDotted(file, from, typeOnly) ? say('a plain file is pure and imports only plain files') : [];
  }
  return sliceRule(file, from, typeOnly, say);
}

function sliceRule(file: SourceFile, from: string, typeOnly: boolean, say: (why: string) => string[]): string[] {
  const [mine, theirs] = [partOf(file.path), partOf(from)];
  if (theirs === INTEGRATIONS) return say('no slice imports a vendor; declare a .port and let app/ join them');
  if (mine === INTEGRATIONS) return integrationRule(from, typeOnly, say);
  if (plainImportsDotted(file, from, typeOnly)) return say('a plain file is pure and imports only plain files, .events and types');
  if (['kernel', 'contract', 'host', 'platform'].includes(theirs)) return [];
  if ((OBSERVERS as readonly string[]).includes(theirs)) return say('observers are imported by nobody');
  if (!(OBSERVERS as readonly string[]).includes(mine) && SLICES.indexOf(theirs as never) > SLICES.indexOf(mine as never)) {
    return suffixOf(from) === 'events'
      ? []
      : say(`${theirs}/ stands to the right of ${mine}/; declare a .port and let app/wire.ts join them`);
  }
  const suffix = suffixOf(from);
  if (suffix === null || ['events', 'queries', 'api'].includes(suffix)) return [];
  if (suffix === 'port' && typeOnly) return [];
  return say(`.${suffix} files are private to their slice`);
}

function integrationRule(from: string, typeOnly: boolean, say: (why: string) => string[]): string[] {
  if (['kernel', 'contract', 'host', 'platform'].includes(partOf(from))) return [];
  const suffix = suffixOf(from);
  return suffix === null || suffix === 'events' || (suffix === 'port' && typeOnly)
    ? []
    : say('integrations/ sees plain files, .events and the types of .port of slices');
}

function plainImportsDotted(file: SourceFile, from: string, typeOnly: boolean): boolean {
  const strict = partOf(file.path) === 'kernel' || partOf(file.path) === 'contract' || ALL_SLICES.includes(partOf(file.path));
  if (!strict || suffixOf(file.path) !== null || typeOnly) return false;
  const suffix = suffixOf(from);
  return suffix !== null && suffix !== 'events' && suffix !== 'problems';
}

const IMPURE = [
  [/\bDate\.now\(/, 'reads the clock (Date.now)'],
  [/\bnew Date\(\s*\)/, 'reads the clock (new Date())'],
  [/\bMath\.random\(/, 'reads randomness'],
  [/\bprocess\.(?!versions)/, 'reads the process'],
  [/\bfetch\(/, 'does I/O (fetch)'],
  [/from 'node:(?!crypto'|buffer'|assert'|string_decoder')/, 'imports a module of Node that does I/O'],
  [/\b(?:randomBytes|randomUUID|randomInt)\b/, 'reads randomness'],
] as const;

/** Plain files of kernel, contract and slices read no clock, randomness, environment or file: `now` and `actor` are parameters. */
function purity(file: SourceFile): string[] {
  const part = partOf(file.path);
  const checked = suffixOf(file.path) === null && (part === 'kernel' || part === 'contract' || ALL_SLICES.includes(part));
  if (!checked) return [];
  const code = withoutComments(file.text);
  return IMPURE.filter(([pattern]) => pattern.test(code)).map(
    ([, why]) => `${file.path} is a plain file and ${why}; pass it as a parameter, or move this to a dotted file`,
  );
}

const SQL = /`\s*(?:with\s+\w+\s+as|select\s|insert\s+into\s|update\s+\w+\s+set|delete\s+from\s)/i;
const SQL_HOMES = ['store', 'queries', 'views', 'api', 'system'];

function sqlRule(file: SourceFile): string[] {
  const part = partOf(file.path);
  const broken: string[] = [];
  const suffix = suffixOf(file.path);
  const code = withoutComments(file.text);
  if (
    ALL_SLICES.includes(part) &&
    SQL.test(code) &&
    (suffix === null || !SQL_HOMES.includes(suffix)) &&
    /\b(?:query|one|maybe|write)\b[^`]{0,200}`\s*(?:select|insert|update|delete|with)\s(?!1 from)/i.test(code)
  ) {
    broken.push(`${file.path} holds SQL: it belongs into .store, .queries or .views`);
  }
  if (/(?<![.\w])now\(\)(?!:)/.test(code)) {
    broken.push(`${file.path} uses now() in SQL, which is the transaction's start; ask tx.now() after the locks`);
  }
  return broken;
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|[^:'"`])\/\/[^\n]*/g, '$1');
}
