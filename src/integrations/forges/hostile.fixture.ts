/** Names that somebody chose to do harm: for shells, git, SQL, HTML, paths, terminals, logs. Always the same ones for a number. */
const SEEDS: readonly string[] = [
  '$(touch CANARY)',
  '`touch CANARY`',
  ';touch CANARY;',
  '|touch CANARY',
  '&& touch CANARY',
  '--upload-pack=touch CANARY',
  '--exec=touch CANARY',
  '-oProxyCommand=touch CANARY',
  '-c core.sshCommand=touch CANARY',
  'ext::sh -c touch% CANARY',
  'a\ntouch CANARY\n',
  'a\r\nx-injected: 1',
  'refs/heads/../../../../etc/passwd',
  '../../../../etc/passwd',
  '..',
  '.',
  '%2e%2e%2f%2e%2e%2f',
  'a?b=c#d',
  "'; drop table run; --",
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  '{{constructor.constructor("return process")()}}',
  '${process.exit(1)}',
  '\u001b[2J\u001b]0;owned\u0007',
  '\u202egnp.exe',
  '\u0000nul',
  '\ud800lone',
  '__proto__',
  'constructor',
  'a'.repeat(300),
];

/** The first `count` hostile names: the seeds, then pairs of them. */
export function hostileNames(count: number, canary = 'canary'): readonly string[] {
  const names: string[] = [];
  for (let at = 0; names.length < count; at += 1) {
    const round = Math.floor(at / SEEDS.length);
    const one = SEEDS[at % SEEDS.length] ?? '';
    names.push((round === 0 ? one : `${one}${SEEDS[(at * 7 + round) % SEEDS.length] ?? ''}${round}`).replaceAll('CANARY', canary));
  }
  return names;
}
