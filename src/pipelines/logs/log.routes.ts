import * as contract from '../../contract/logs.ts';
import type { Floor } from '../../platform/floor.ts';
import { mount, type Mounted } from '../../platform/http/handler.ts';
import { followLines } from './log-lines.views.ts';
import { searchLog } from './log-search.views.ts';
import { openLog, type LogSource } from './log-source.views.ts';

/** Logs by line, searched, and whole. */
export const logRoutes: readonly Mounted[] = [
  mount(contract.readLines, async ({ floor, actor, params, query, signal }) =>
    followLines(floor, actor.org, { ...query, job: params.job, waitMs: query.wait * 1000 }, signal),
  ),
  mount(contract.searchLog, async ({ floor, actor, params, query, signal }) =>
    searchLog(floor, actor.org, { ...query, job: params.job }, signal),
  ),
  mount(contract.downloadLog, async ({ floor, actor, params, query }) => {
    const source = await openLog(floor, actor.org, params.job, query.attempt);
    return { stream: streamOf(floor, source), fileName: `${params.job}-${source.attempt}.log` };
  }),
];

/** The bytes as the reader takes them: never more than one piece in memory. */
function streamOf(floor: Floor, source: LogSource): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const bytes = at < source.bytes ? await source.read(at) : Buffer.alloc(0);
          at += bytes.length;
          if (bytes.length === 0) controller.close();
          else controller.enqueue(bytes);
        } catch (error) {
          floor.log.warn({ err: error }, 'a download of a log was cut short');
          controller.error(error);
        }
      },
    },
    { highWaterMark: 1 },
  );
}
