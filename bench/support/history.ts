import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { run } from './instance.ts';

/** A repository of `commits` commits and `tags` version tags at `dir`, made with git fast-import: the same each time. */
export async function makeHistory(dir: string, commits: number, tags: number): Promise<void> {
  await run('git', ['init', '-q', '--bare', '-b', 'main', dir], { PATH: process.env['PATH'] ?? '' });
  const child = spawn('git', ['-C', dir, 'fast-import', '--quiet'], { stdio: ['pipe', 'inherit', 'inherit'] });
  const ended = once(child, 'close');
  const every = Math.max(1, Math.floor(commits / Math.max(1, tags)));
  const version = { major: 1, minor: 0, patch: 0 };
  for (let at = 1; at <= commits; at += 1) {
    const merge = at > 20 && at % 50 === 0;
    const seconds = 1_500_000_000 + at * 600;
    const text = merge ? `Merge branch 'topic-${at}'` : messageOf(at);
    // Of every fifty commits the three before the last stand on a branch of their own, which the last one merges.
    const from = at === 1 ? '' : merge ? `from :${at - 4}\nmerge :${at - 1}\n` : `from :${at - 1}\n`;
    const file = `M 100644 inline file-${at % 100}\n${data(String(at))}`;
    let entry = `commit refs/heads/main\nmark :${at}\nauthor A <a@example.org> ${seconds} +0000\ncommitter A <a@example.org> ${seconds} +0000\n${data(text)}${from}${file}\n`;
    if (tags > 0 && at % every === 0 && at < commits) {
      const next = raise(version, at);
      const name = `v${next.major}.${next.minor}.${next.patch}`;
      entry +=
        at % 2 === 0
          ? `tag ${name}\nfrom :${at}\ntagger A <a@example.org> ${seconds} +0000\n${data(name)}`
          : `reset refs/tags/${name}\nfrom :${at}\n\n`;
    }
    if (!child.stdin.write(entry)) await once(child.stdin, 'drain');
  }
  child.stdin.end();
  await ended;
  await run('git', ['-C', dir, 'repack', '-adq'], { PATH: process.env['PATH'] ?? '' });
  await run('git', ['-C', dir, 'pack-refs', '--all'], { PATH: process.env['PATH'] ?? '' });
}

const TYPES = ['feat', 'fix', 'fix', 'chore', 'docs', 'fix', 'refactor', 'test', 'perf', 'ci', 'feat', 'build'] as const;
const SCOPES = ['', '(api)', '(cart)', '', '(deps)'] as const;

function messageOf(at: number): string {
  if (at % 61 === 0) return `Tidy up number ${at}`;
  const breaking = at % 997 === 0;
  const header = `${TYPES[at % TYPES.length]}${SCOPES[at % SCOPES.length]}${breaking ? '!' : ''}: change number ${at} of what people use`;
  const body = at % 3 === 0 ? `\n\nWhy it was changed, in a sentence that is as long as such sentences are.\n\nCloses #${at}` : '';
  return `${header}${body}${breaking ? '\n\nBREAKING CHANGE: callers of it do it otherwise now' : ''}\n`;
}

function raise(version: { major: number; minor: number; patch: number }, at: number): { major: number; minor: number; patch: number } {
  if (at % 1000 === 0) Object.assign(version, { major: version.major + 1, minor: 0, patch: 0 });
  else if (at % 40 === 0) Object.assign(version, { minor: version.minor + 1, patch: 0 });
  else version.patch += 1;
  return version;
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}\n`;
}
