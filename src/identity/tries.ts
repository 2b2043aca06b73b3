/** This many wrong passwords (or codes) for an address within the window, and further tries are refused. */
export const TRIES = 8;
export const TRIES_WINDOW_MS = 15 * 60_000;
