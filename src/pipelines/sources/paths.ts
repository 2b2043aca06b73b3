/** `file` inside the folder `folder` of a repository; `.` is the root. Both are relative and hold no `..`. */
export function atPath(folder: string, file: string): string {
  return folder === '.' || folder === '' ? file : `${folder.replace(/\/+$/, '')}/${file}`;
}
