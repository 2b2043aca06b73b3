/** Ids of the SPDX licence list that packages really carry; what is not here is written by name, which is never wrong. */
const IDS = new Set(
  '0BSD AFL-2.1 AFL-3.0 AGPL-3.0-only AGPL-3.0-or-later Apache-2.0 Artistic-2.0 BlueOak-1.0.0 BSD-2-Clause BSD-3-Clause BSD-3-Clause-Clear BSL-1.0 CC-BY-3.0 CC-BY-4.0 CC-BY-SA-4.0 CC0-1.0 EPL-1.0 EPL-2.0 EUPL-1.2 GPL-2.0-only GPL-2.0-or-later GPL-3.0-only GPL-3.0-or-later HPND ISC LGPL-2.1-only LGPL-2.1-or-later LGPL-3.0-only LGPL-3.0-or-later MIT MIT-0 MPL-1.1 MPL-2.0 MS-PL OFL-1.1 PostgreSQL PSF-2.0 Python-2.0 Unicode-3.0 Unicode-DFS-2016 Unlicense UPL-1.0 W3C WTFPL X11 Zlib ZPL-2.1'.split(
    ' ',
  ),
);

export type LicenceChoice = { readonly license: { readonly id: string } | { readonly name: string } } | { readonly expression: string };

/** How CycloneDX writes a licence: a known id, an expression of known ids, or its name as free text. */
export function toLicence(text: string): LicenceChoice {
  if (IDS.has(text)) return { license: { id: text } };
  const words = text.replace(/[()]/g, ' ').trim().split(/\s+/);
  const isExpression =
    words.length > 2 &&
    words.length % 2 === 1 &&
    words.every((word, at) => (at % 2 === 1 ? word === 'OR' || word === 'AND' : IDS.has(word)));
  return isExpression && balanced(text) ? { expression: text } : { license: { name: text } };
}

function balanced(text: string): boolean {
  let depth = 0;
  for (const character of text) {
    if (character === '(') depth += 1;
    if (character === ')' && --depth < 0) return false;
  }
  return depth === 0;
}
