// Customers: asks the front of a service over and over, and keeps what each answer was and when.
import { Agent, request } from 'node:http';

const SKUS = ['gear', 'bolt', 'nut', 'rail'];

/** Begins to send about `perSecond` requests a second to `http://127.0.0.1:port/products/...`, until stopped. */
export function customers(port, perSecond) {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const answers = [];
  const ask = () => {
    // At random: a fixed order could fall into step with the router's, and one version would never see one product.
    const path = `/products/${SKUS[Math.floor(Math.random() * SKUS.length)]}`;
    const answer = { at: Date.now(), ok: false, status: 0 };
    answers.push(answer);
    const call = request({ host: '127.0.0.1', port, path, agent, timeout: 10_000 }, (response) => {
      answer.status = response.statusCode;
      answer.ok = response.statusCode === 200;
      response.resume();
    });
    call.on('timeout', () => call.destroy());
    call.on('error', () => undefined);
    call.end();
  };
  const timer = setInterval(ask, 1000 / perSecond);
  return {
    answers,
    stop() {
      clearInterval(timer);
      agent.destroy();
    },
  };
}

/** The seconds from the first bad answer after `since` to the last one, and the counts of all answers in that time. */
export function damage(answers, since) {
  const seen = answers.filter((answer) => answer.at >= since && (answer.ok || answer.status !== 0 || Date.now() - answer.at > 2000));
  const bad = seen.filter((answer) => !answer.ok);
  if (bad.length === 0) return { seconds: 0, failed: 0, total: seen.length };
  return { seconds: (bad.at(-1).at - bad[0].at) / 1000, failed: bad.length, total: seen.length };
}
