import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../src/prepare.mjs';
import { readStatic, type StaticFiles } from '../../src/relay/static.ts';

/** Real builds of the app that differ in their name alone, each as the files that a server would serve. */
export async function appBuilds<Name extends string>(
  ...names: readonly Name[]
): Promise<(name: Name) => StaticFiles> {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-builds-'));
  // Started from a test or not, a build is a build for production.
  const { NODE_ENV: _, VITEST: __, ...env } = process.env;
  try {
    const script = join(root, 'tests', 'e2e', 'builds.mjs');
    await promisify(execFile)(process.execPath, [script, folder, ...names], { cwd: root, env });
    const builds = new Map(names.map((name) => [name, readStatic(join(folder, name))]));
    return (name) => {
      const files = builds.get(name);
      if (files === undefined || files.size === 0) throw new Error(`There is no build ${name}`);
      return files;
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
