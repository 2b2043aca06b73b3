import { AsyncLocalStorage } from 'node:async_hooks';

/** What every log line says beside its own words: which request or job it belongs to, and the facts that came of it. */
export type LogContext = { readonly requestId?: string; readonly job?: string; readonly facts: string[] };

const storage = new AsyncLocalStorage<LogContext>();

/** Runs `work` so that every log line in it carries `context`. */
export function within<Result>(context: LogContext, work: () => Promise<Result>): Promise<Result> {
  return storage.run(context, work);
}

/** Notes a fact that was committed in the present request or job. */
export function noteFact(id: string): void {
  storage.getStore()?.facts.push(id);
}

/** The fields for a log line; without facts, which only the closing line names. */
export function contextFields(): Record<string, string> {
  const context = storage.getStore();
  if (context === undefined) return {};
  return {
    ...(context.requestId === undefined ? {} : { requestId: context.requestId }),
    ...(context.job === undefined ? {} : { job: context.job }),
  };
}
