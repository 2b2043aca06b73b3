/**
 * A problem: you asked wrongly, or we can't do it now. One of the three kinds of "no" (the others: a Decision, which
 * is a value, and a bug, which is any other thrown error). It has a permanent code, a sentence, and a remedy, and it
 * becomes problem+json (RFC 9457) on the wire and three lines in a terminal.
 */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: string;
  readonly status: number;
  readonly remedy: string;
  /** Where it is: a JSON pointer, a field, `file:line:column`. */
  readonly place: string | null;
  /** Machine-readable details; never secrets. */
  readonly data: Readonly<Record<string, unknown>>;

  constructor(shape: ProblemShape) {
    super(shape.sentence);
    this.code = shape.code;
    this.status = shape.status;
    this.remedy = shape.remedy;
    this.place = shape.place ?? null;
    this.data = shape.data ?? {};
  }

  get sentence(): string {
    return this.message;
  }
}

export type ProblemShape = {
  readonly code: string;
  readonly status: number;
  readonly sentence: string;
  readonly remedy: string;
  readonly place?: string | null;
  readonly data?: Readonly<Record<string, unknown>>;
};

type Words<Data> = string | ((data: Data) => string);

/** What a `.problems.ts` file says of one problem; the words may use the data given when it is raised. */
export type ProblemWords<Data> = {
  readonly status: number;
  readonly sentence: Words<Data>;
  readonly remedy: Words<Data>;
};

export type ProblemFactory<Data> = ((data: Data, place?: string) => Problem) & { readonly code: string };

/**
 * Declares a problem. `code` is `slice.kebab-code` and permanent. The result makes the error to throw:
 * `throw noSuchService({ name })`.
 */
export function defineProblem<Data extends Readonly<Record<string, unknown>>>(
  code: string,
  words: ProblemWords<Data>,
): ProblemFactory<Data> {
  const say = (text: Words<Data>, data: Data): string => (typeof text === 'string' ? text : text(data));
  const make = (data: Data, place?: string): Problem =>
    new Problem({
      code,
      status: words.status,
      sentence: say(words.sentence, data),
      remedy: say(words.remedy, data),
      place: place ?? null,
      data,
    });
  return Object.assign(make, { code });
}

/** How a problem looks on the wire: RFC 9457 with our `code`, `remedy` and `place` as extension members. */
export type ProblemJson = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly remedy: string;
  readonly place?: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly requestId?: string;
};

/** The problem+json body of `problem`. */
export function toProblemJson(problem: Problem, requestId?: string): ProblemJson {
  return {
    type: `urn:yardmaster:problem:${problem.code}`,
    title: problem.sentence,
    status: problem.status,
    code: problem.code,
    remedy: problem.remedy,
    ...(problem.place === null ? {} : { place: problem.place }),
    ...(Object.keys(problem.data).length === 0 ? {} : { data: problem.data }),
    ...(requestId === undefined ? {} : { requestId }),
  };
}
