// @ts-expect-error: the library has no types; what it answers is `Node` below.
import parseExpression from 'spdx-expression-parse';

export type LicenceChoice = { readonly license: { readonly id: string } | { readonly name: string } } | { readonly expression: string };

type Node =
  | { readonly license: string; readonly plus?: boolean; readonly exception?: string }
  | { readonly left: Node; readonly conjunction: 'and' | 'or'; readonly right: Node };

/** How CycloneDX writes a licence: an id of the SPDX list, an expression of them, or its name as free text. */
export function toLicence(text: string): LicenceChoice {
  const node = readExpression(text);
  if (node === null) return { license: { name: text } };
  return 'license' in node && node.plus !== true && node.exception === undefined && !node.license.includes('LicenseRef-')
    ? { license: { id: node.license } }
    : { expression: text };
}

/** An SPDX licence expression, or null where the text is none. Long ones are texts: nobody writes them. */
function readExpression(text: string): Node | null {
  if (text.length > 1000 || (text.match(/\(/g)?.length ?? 0) > 50) return null;
  try {
    return (parseExpression as (text: string) => Node)(text);
  } catch {
    return null;
  }
}

/** Which licences are allowed or refused, by their ids; `*` at the end stands for any rest (`GPL-*`). */
export type LicencePolicy = { readonly allow?: readonly string[] | undefined; readonly deny?: readonly string[] | undefined };
export type LicenceVerdict = 'allowed' | 'denied' | 'unknown';

/**
 * What policies say of a licence, all of them together: of `A OR B` the better one, since either may be chosen; of `A AND B`
 * the worse one. A denied licence is denied even where it is also allowed. No licence, or a text that is no expression, is
 * unknown: never allowed. So it is where there is no policy at all.
 */
export function judgeLicence(text: string | null, policies: LicencePolicy | readonly LicencePolicy[]): LicenceVerdict {
  const node = text === null ? null : readExpression(text);
  const all = 'length' in policies ? policies : [policies];
  return node === null || all.length === 0 ? 'unknown' : judge(node, all);
}

const ORDER: Readonly<Record<LicenceVerdict, number>> = { allowed: 0, unknown: 1, denied: 2 };

function judge(node: Node, policies: readonly LicencePolicy[]): LicenceVerdict {
  if ('license' in node) {
    const names = [
      node.license,
      ...(node.plus === true ? [`${node.license}+`] : []),
      ...(node.exception === undefined ? [] : [`${node.license} WITH ${node.exception}`]),
    ];
    // Each policy is asked of the same choice: what one allows and another does not, is not allowed.
    const isAllowed = ({ allow, deny = [] }: LicencePolicy): boolean =>
      !names.some((name) => matches(name, deny)) && (allow === undefined || names.some((name) => matches(name, allow)));
    return policies.every(isAllowed) ? 'allowed' : 'denied';
  }
  const [left, right] = [judge(node.left, policies), judge(node.right, policies)];
  const leftIsBetter = ORDER[left] <= ORDER[right];
  return (node.conjunction === 'or') === leftIsBetter ? left : right;
}

function matches(name: string, patterns: readonly string[]): boolean {
  const lower = name.toLowerCase();
  return patterns.some((pattern) => {
    const wanted = pattern.toLowerCase();
    return wanted.endsWith('*') ? lower.startsWith(wanted.slice(0, -1)) : lower === wanted;
  });
}
