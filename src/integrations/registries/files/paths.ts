/** Whether `text` can be a path below a store's address: segments of letters, digits, dots, dashes, pluses and underscores. */
export function isPath(text: string): boolean {
  return text.length <= 500 && text.split('/').every((one) => /^[A-Za-z0-9._+~@-]+$/.test(one) && !/^\.+$/.test(one));
}

/** A name as one segment of such a path; what no store takes becomes a dash. */
export function segmentOf(name: string): string {
  const text = name.replaceAll(/[^A-Za-z0-9._+~@-]+/g, '-').slice(0, 200);
  return /^\.*$/.test(text) ? 'unnamed' : text;
}

/** `app` 1.4.2 of a tar.gz as `app-1.4.2.tar.gz`; a name with an ending keeps it. */
export function fileNameOf(name: string, version: string | null): string {
  const [, base = name, ending = '.tar.gz'] = /^(.+?)((?:\.tar)?\.[A-Za-z][A-Za-z0-9]{0,9})$/.exec(name) ?? [];
  return segmentOf(`${base}${version === null ? '' : `-${version}`}${ending}`);
}
