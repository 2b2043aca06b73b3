// @ts-expect-error: the library has no types; it answers a node with `license`, or throws.
import parseExpression from 'spdx-expression-parse';

const parse = parseExpression as (text: string) => { readonly license?: string };

/** Whether this is one identifier of SPDX's lists of licenses and exceptions, which is what CycloneDX takes as a license id. */
export function isLicenseId(id: string): boolean {
  if (!/^[A-Za-z0-9.+-]{1,100}$/.test(id)) return false;
  return reads(id) || reads(`MIT WITH ${id}`);
}

function reads(text: string): boolean {
  try {
    return parse(text).license !== undefined;
  } catch {
    return false;
  }
}
