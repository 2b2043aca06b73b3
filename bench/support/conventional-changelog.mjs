// The whole changelog of a repository by conventional-changelog with its conventional-commits preset: its parser and its
// choice of commits, and the writer's own texts (those of this preset are for an older writer).
import { ConventionalChangelog } from 'conventional-changelog';
import createPreset from 'conventional-changelog-conventionalcommits';
const { parser, writer, commits } = await createPreset();
const own = Object.fromEntries(Object.entries(writer).filter(([name]) => !/template|partial/i.test(name)));
const generator = new ConventionalChangelog(process.argv[2]).config({ parser, writer: own, commits }).options({ releaseCount: 0 });
for await (const part of generator.write()) process.stdout.write(part);
