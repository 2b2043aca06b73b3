/** This many wrong passwords (or codes) for an address within the window, and further tries are refused. */
export const TRIES = 8;
export const TRIES_WINDOW_MS = 15 * 60_000;

/** As many from one address (of IPv6: one /64), whatever accounts they were for: an office behind one address stays below. */
export const NETWORK_TRIES = 100;
