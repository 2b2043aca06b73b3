// Loaded before a program: when it ends, says on stderr the most memory that it held, in MiB.
import { writeSync } from 'node:fs';
process.on('exit', () => writeSync(2, `\npeak ${(process.resourceUsage().maxRSS / 1024).toFixed(1)}\n`));
