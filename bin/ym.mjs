#!/usr/bin/env node
import { launch } from './launch.mjs';

await launch(import.meta.url, 'cli/start', (module) => module.cliMain(process.argv.slice(2)));
