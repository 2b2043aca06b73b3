import { once, PURPOSES, TRIGGERS, unread, type FoundJob, type FoundPart, type FoundPipeline, type Trigger } from './found.ts';
import { FILE_LIMIT, word } from './loose-yaml.ts';
import { uniqueParts } from './read-github.ts';
import { deployedTo, namesDeployment, toolsIn } from './tools.ts';

type Token = { readonly at: number; readonly kind: 'text' | 'word' | 'sign'; readonly value: string };

/** Words and signs of a Jenkinsfile that are looked at. */
const TOKENS_MOST = 200_000;

/**
 * A Jenkinsfile, declarative or scripted. It is a program in Groovy and is not run: words, texts and braces are
 * scanned, comments left out. Stages, `input`, libraries and what the scripts call are found where they are written
 * plainly; what a program makes of itself can't be seen, and the reading says so.
 */
export function readJenkinsfile(source: string, file: string): FoundPipeline {
  if (source.length > FILE_LIMIT) return unread('jenkins', file, 'it is larger than 1 MB');
  const tokens = scan(source);
  if (tokens.length >= TOKENS_MOST) return unread('jenkins', file, 'it holds too many words');
  const words = tokens.filter(({ kind }) => kind === 'word').map(({ value }) => value);
  if (!words.some((one) => one === 'pipeline' || one === 'node' || one === 'stage' || one === 'library'))
    return unread('jenkins', file, 'it has no pipeline, node or stage');
  const jobs = stagesOf(tokens);
  const libraries = librariesOf(source, tokens);
  return {
    system: 'jenkins',
    file,
    name: file,
    fault: null,
    triggers: triggersOf(new Set(words)),
    jobs,
    environments: once(jobs.flatMap(({ environment }) => environment ?? [])),
    parts: uniqueParts(libraries),
    tools: toolsIn([stripped(source)]),
    unseen: once([
      ...libraries.map(({ what }) => `the shared library ${what}`),
      ...(words.includes('load') ? ['a script that is loaded when it runs'] : []),
      ...(words.includes('node') && !words.includes('pipeline') ? ['what the script decides when it runs'] : []),
    ]),
  };
}

/** One pass, each character once: comments are left out, texts keep what is between their quotes. */
function scan(source: string): Token[] {
  const pattern =
    /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'''[\s\S]*?(?:'''|$)|"""[\s\S]*?(?:"""|$)|'(?:\\.|[^'\\\n])*'?|"(?:\\.|[^"\\\n])*"?|[A-Za-z_@][\w.]*|[{}()]/g;
  const tokens: Token[] = [];
  for (const found of source.matchAll(pattern)) {
    const [text] = found;
    if (text.startsWith('//') || text.startsWith('/*')) continue;
    if (/^['"]/.test(text))
      tokens.push({ at: found.index, kind: 'text', value: text.replaceAll(/^(?:'''|"""|['"])|(?:'''|"""|['"])$/g, '') });
    else tokens.push({ at: found.index, kind: /^[{}()]$/.test(text) ? 'sign' : 'word', value: text });
    if (tokens.length >= TOKENS_MOST) break;
  }
  return tokens;
}

function stripped(source: string): string {
  return source.replaceAll(/(^|\s)\/\/[^\n]*/g, '$1').replaceAll(/\/\*[\s\S]*?(?:\*\/|$)/g, '');
}

/** Stages with the words inside their braces; a stage around stages counts for what is its own. */
function stagesOf(tokens: readonly Token[]): FoundJob[] {
  type Open = { readonly name: string; readonly depth: number; readonly inside: Token[]; parent: boolean };
  const open: Open[] = [];
  const jobs: FoundJob[] = [];
  let depth = 0;
  for (const [index, token] of tokens.entries()) {
    if (token.kind === 'sign' && token.value === '{') depth += 1;
    if (token.kind === 'sign' && token.value === '}') {
      depth -= 1;
      const last = open.at(-1);
      if (last !== undefined && depth < last.depth) {
        open.pop();
        if (!last.parent) jobs.push(stageOf(last.name, last.inside));
      }
    }
    open.at(-1)?.inside.push(token);
    if (token.kind !== 'word' || token.value !== 'stage') continue;
    const name = tokens.slice(index + 1, index + 3).find(({ kind }) => kind === 'text');
    const above = open.at(-1);
    if (name === undefined || open.length > 50) continue;
    if (above !== undefined) above.parent = true;
    open.push({ name: word(name.value) ?? 'stage', depth: depth + 1, inside: [], parent: false });
  }
  // What is not closed is still a stage.
  for (const rest of open.toReversed()) if (!rest.parent) jobs.push(stageOf(rest.name, rest.inside));
  return jobs.slice(0, 500);
}

function stageOf(name: string, inside: readonly Token[]): FoundJob {
  const purposes = once(
    toolsIn(inside.filter(({ kind }) => kind === 'text').map(({ value }) => value)).map(({ purpose }) => purpose),
    PURPOSES,
  );
  const words = new Set(inside.filter(({ kind }) => kind === 'word').map(({ value }) => value));
  const deploys = namesDeployment(name) || purposes.includes('deploy');
  const junit = words.has('junit') && !purposes.includes('test') ? (['test', ...purposes] as const) : purposes;
  return {
    name,
    environment: deploys ? deployedTo(name) : null,
    deploys,
    approval: words.has('input') ? 'an input step' : null,
    purposes: junit,
  };
}

function librariesOf(source: string, tokens: readonly Token[]): FoundPart[] {
  const annotated = [...source.matchAll(/@Library\(\s*\[?((?:\s*['"][^'"\n]{1,200}['"]\s*,?)+)/g)].flatMap((found) =>
    [...(found[1] ?? '').matchAll(/['"]([^'"]+)['"]/g)].map((one) => one[1] ?? ''),
  );
  const called = tokens.flatMap((token, index) =>
    token.kind === 'word' && token.value === 'library'
      ? (tokens.slice(index + 1, index + 3).find(({ kind }) => kind === 'text')?.value ?? [])
      : [],
  );
  return [...annotated, ...called].flatMap((what) => {
    const name = word(what);
    if (name === null) return [];
    const ref = name.split('@')[1];
    return [
      {
        what: name,
        pinned: ref === undefined ? 'none' : /^[0-9a-f]{40}$/.test(ref) ? 'commit' : /^v?\d/.test(ref) ? 'tag' : 'branch',
      } satisfies FoundPart,
    ];
  });
}

function triggersOf(words: ReadonlySet<string>): Trigger[] {
  const found: Trigger[] = ['push'];
  if (words.has('cron')) found.push('schedule');
  if (words.has('upstream')) found.push('called');
  if (words.has('changeRequest')) found.push('merge-request');
  if (words.has('buildingTag') || words.has('tag')) found.push('tag');
  if (words.has('parameters')) found.push('manual');
  if (words.has('GenericTrigger')) found.push('api');
  return once(found, TRIGGERS);
}
