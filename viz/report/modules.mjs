// Where viz/report/install.sh has put what comes from npm.
import { createRequire } from 'node:module';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const modules = path.join(root, '.cache/report/node_modules');
if (!fs.existsSync(modules)) {
  throw new Error('viz/report/install.sh has not run: there is no ' + modules);
}
const require = createRequire(path.join(modules, 'here.js'));

/// Loads a package, be it CommonJS or a module.
export async function load(name) {
  return import(require.resolve(name));
}
export const file_of = (name) => require.resolve(name);
