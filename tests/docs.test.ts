/** The TypeScript in the documentation is real: each block compiles as a module of an app and runs to its end. */
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Inside the package, so that `import … from 'cairn'` means this package, as it does for its users. */
const folder = join(root, 'dist', 'docs');

interface Block {
  readonly name: string;
  readonly file: string;
  readonly code: string;
}

function blocksOf(document: string): Block[] {
  const text = readFileSync(join(root, document), 'utf8');
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = ''], at) => ({
    name: `${document}, block ${at + 1}`,
    file: join(folder, `${document.replaceAll('/', '-')}-${at + 1}.ts`),
    code,
  }));
}

const documents = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)];
const blocks = documents.filter((name) => name.endsWith('.md')).flatMap(blocksOf);

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const { file, code } of blocks) writeFileSync(file, code);
writeFileSync(
  join(folder, 'tsconfig.json'),
  JSON.stringify({
    extends: '../../tsconfig.json',
    include: ['*.ts'],
    compilerOptions: { noUnusedLocals: false },
  }),
);

describe('code blocks of the documentation', () => {
  test('the README shows the library in use', () => {
    expect(blocks.map(({ name }) => name)).toContain('README.md, block 1');
  });

  test('every block compiles', async () => {
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const compiled = await promisify(execFile)(process.execPath, [tsc, '--noEmit', '-p', folder]).catch(
      (failed: { stdout?: string }) => failed,
    );
    // What is wrong elsewhere is for `npm run check` to say.
    expect(compiled.stdout?.split('\n').filter((line) => line.includes('docs/'))).toEqual([]);
  });

  test.for(blocks.map((block) => [block.name, block] as const))('%s runs', async ([, { file }]) => {
    await import(/* @vite-ignore */ pathToFileURL(file).href);
  });
});
