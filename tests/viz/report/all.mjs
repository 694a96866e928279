// Runs all tests of the report, in one process and with one browser. Arguments: which files.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const wanted = process.argv.slice(2);
for (const name of fs.readdirSync(here).sort()) {
  if (!name.endsWith('.test.mjs')) continue;
  if (wanted.length > 0 && !wanted.some((word) => name.startsWith(word))) continue;
  await import('./' + name);
}
