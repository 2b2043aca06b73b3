import { openBlobStore } from './disk.system.ts';

/** Stores blobs whose text is known from their number, in groups and alone, until it is killed. Says so when it has begun. */
const store = await openBlobStore(process.argv[2] ?? '');
const text = (at: number): Buffer => Buffer.from(`blob ${at} `.repeat(1 + (at % 4000)));
for (let at = 0; ; at += 300) {
  const items = Array.from({ length: 300 }, (_, more) => ({ bytes: text(at + more) }));
  await Promise.all([store.putAll(items), store.put(text(at + 7)), store.put(text(at + 8))]);
  process.stdout.write('.');
}
