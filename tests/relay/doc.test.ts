/** docs/relay.md says what is. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { problems } from '../../src/format/problem.ts';
import { limits } from '../../src/limits.ts';
import { streamLimits } from '../../src/relay/event-hub.ts';
import { defaultRates } from '../../src/relay/rate-limit.ts';
import { readSettings } from '../../src/relay/settings.ts';
import { SqliteStorage } from '../../src/relay/sqlite-storage.ts';
import { contentSecurityPolicy } from '../../src/relay/static.ts';
import { inProcess, TestSpace } from './harness.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
let doc: string;
let source: string;

beforeAll(async () => {
  doc = await readFile(join(root, 'docs', 'relay.md'), 'utf8');
  source = await readFile(join(root, 'src', 'relay', 'settings.ts'), 'utf8');
});

/** The first cell of each row of the tables that have this head. */
function rows(head: string): string[] {
  const [, table = ''] = doc.split(`${head}\n`);
  const lines = table.split('\n').slice(1);
  return lines
    .slice(
      0,
      lines.findIndex((line) => !line.startsWith('|')),
    )
    .map((line) => line.split('|')[1]?.trim() ?? '');
}
const names = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? '');

test('RELAY-10: the page names every setting that is read, with its default', () => {
  const named = rows('| variable | default | what it is |').flatMap(names);
  const read = [...source.matchAll(/environment\.(\w+)/g)].map(([, name]) => name);
  expect(named).toEqual(expect.arrayContaining(read));
  expect(read).toEqual(expect.arrayContaining(named));
  const { port, host, file } = readSettings({}, '/folder');
  expect(doc).toContain(`| \`PORT\` | \`${port}\` |`);
  expect(doc).toContain(`| \`CAIRN_HOST\` | \`${host}\` if`);
  expect(file).toBe('/folder/.cairn/relay.sqlite');
});

test('RELAY-10: the page names every metric, and no other', async () => {
  const relay = await inProcess();
  await TestSpace.on(relay);
  const text = await (await relay.fetch('/metrics')).text();
  const given = [...text.matchAll(/^# TYPE (\w+) /gm)].map(([, name]) => name);
  const named = rows('| metric | |')
    .flatMap(names)
    .map((name) => name.replace(/\{.*/, ''));
  expect(named.sort()).toEqual(given.sort());
});

test('RELAY-9: each code that the page names has the status it says', () => {
  const statuses = new Map<string, number>(Object.entries(problems));
  const [, table = ''] = doc.split('| code | status |');
  let checked = 0;
  for (const line of table.split('\n').slice(2)) {
    if (!line.startsWith('|')) break;
    const [, codes = '', status = ''] = line.split('|');
    for (const code of names(codes)) {
      expect(statuses.get(code), code).toBe(Number(status));
      checked++;
    }
  }
  expect(checked).toBeGreaterThan(12);
});

test('RELAY-7: the limits on the page are those of the code', () => {
  const number = (value: number): string => value.toLocaleString('en');
  for (const said of [
    `${limits.httpBodyBytes / 1024 / 1024} MiB for entries, ${limits.membershipEntryBytes / 1024 / 1024} MiB for a membership entry`,
    `${limits.signedObjectBytes / 1024} KiB for a beacon`,
    `${defaultRates.device.perSecond} a second, ${defaultRates.device.burst} at once |`,
    `${defaultRates.address.perSecond} a second, ${defaultRates.address.burst} at once, for each`,
    `${streamLimits.ofDevice} a device`,
    `${number(streamLimits.ofSpace)} a space, ${number(streamLimits.inAll)} in all; ${streamLimits.bufferedBytes / 1024} KiB`,
  ]) {
    expect(doc).toContain(said);
  }
  expect(contentSecurityPolicy).toContain("connect-src 'self' https: http://localhost:* http://127.0.0.1:*;");
});

test('RELAY-10: the backup that the page gives makes a whole copy of a store in use', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-backup-'));
  const storage = new SqliteStorage(join(folder, 'relay.sqlite'));
  const relay = await inProcess({ storage });
  const space = await TestSpace.on(relay);
  const log = await space.write(space.founder, 20, 3000);
  const block =
    doc
      .split('```sh\n')
      .find((each) => each.startsWith('node --input-type'))
      ?.split('```')[0] ?? '';
  const copy = join(folder, 'backup.sqlite');
  const command = block
    .replace('.cairn/relay.sqlite', join(folder, 'relay.sqlite'))
    .replace('backup.sqlite', copy);
  expect(command).toContain(copy);
  execFileSync('sh', ['-c', command], { cwd: root });
  const restored = new SqliteStorage(copy);
  expect(await restored.readEntries(space.membership.space, log.log, 1, 99, 1e9)).toEqual(log.entries);
  expect(await restored.readEntries(space.membership.space, 0, 1, 99, 1e9)).toEqual(space.membership.entries);
  await restored.close();
  await storage.close();
  await rm(folder, { recursive: true, force: true });
});
