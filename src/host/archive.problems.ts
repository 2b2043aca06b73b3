import { defineProblem } from '../kernel/problem.ts';

export const unsafeArchive = defineProblem<{ entry: string; why: string }>('archive.unsafe', {
  status: 422,
  sentence: ({ entry, why }) => `The archive is refused: ${JSON.stringify(entry)} ${why}.`,
  remedy: 'Make the archive of plain files, directories and symbolic links that stay inside it.',
});

export const archiveTooLarge = defineProblem<{ what: string; limit: number }>('archive.too-large', {
  status: 413,
  sentence: ({ what, limit }) => `The archive is refused: it has more than ${limit} ${what}.`,
  remedy: 'Pack less, or split it into several archives.',
});

export const unreadableArchive = defineProblem<{ why: string }>('archive.unreadable', {
  status: 422,
  sentence: ({ why }) => `This is no readable tar or tar.gz archive: ${why}.`,
  remedy: 'Give a complete tar archive, plain or compressed with gzip.',
});

export const unpackable = defineProblem<{ path: string; why: string }>('archive.unpackable', {
  status: 422,
  sentence: ({ path, why }) => `${JSON.stringify(path)} can't be packed: ${why}.`,
  remedy: 'Pack only plain files, directories and symbolic links that stay inside what is packed.',
});
