/**
 * Whether `name` matches a glob: `*` is anything but `/`, `**` anything, `?` one character but `/`; all else is itself.
 * Time grows with pattern length times name length, never worse: patterns come from strangers.
 */
export function matchesGlob(pattern: string, name: string): boolean {
  const tokens = tokensOf(pattern);
  let reach = closure(tokens, new Set([0]));
  for (const sign of name) {
    const next = new Set<number>();
    for (const at of reach) {
      const token = tokens[at];
      if (token === undefined) continue;
      if (token.kind === 'any' || (token.kind === 'some' && sign !== '/')) next.add(at);
      else if ((token.kind === 'one' && sign !== '/') || (token.kind === 'sign' && token.sign === sign)) next.add(at + 1);
    }
    if (next.size === 0) return false;
    reach = closure(tokens, next);
  }
  return reach.has(tokens.length);
}

/** Whether the last pattern that speaks of `name` is not a `!` one. No pattern speaks: false. */
export function matchesAny(patterns: readonly string[], name: string): boolean {
  let answer = false;
  for (const pattern of patterns) {
    const not = pattern.startsWith('!');
    if (answer === not && matchesGlob(not ? pattern.slice(1) : pattern, name)) answer = !not;
  }
  return answer;
}

type Token = { readonly kind: 'any' | 'some' | 'one' } | { readonly kind: 'sign'; readonly sign: string };

function tokensOf(pattern: string): readonly Token[] {
  const tokens: Token[] = [];
  const signs = [...pattern];
  for (let at = 0; at < signs.length; at++) {
    const sign = signs[at] ?? '';
    if (sign === '*' && signs[at + 1] === '*') {
      tokens.push({ kind: 'any' });
      // `a/**/b` also matches `a/b`: the slash after it belongs to it.
      if (signs[at + 2] === '/' && (at === 0 || signs[at - 1] === '/')) at += 1;
      at += 1;
    } else if (sign === '*') tokens.push({ kind: 'some' });
    else tokens.push(sign === '?' ? { kind: 'one' } : { kind: 'sign', sign });
  }
  return tokens;
}

// A star may stand for nothing, so its successor is reachable with it.
function closure(tokens: readonly Token[], from: ReadonlySet<number>): Set<number> {
  const all = new Set(from);
  for (const at of all) {
    const kind = tokens[at]?.kind;
    if (kind === 'any' || kind === 'some') all.add(at + 1);
  }
  return all;
}
