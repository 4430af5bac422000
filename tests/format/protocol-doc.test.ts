/** Reads the vectors out of `docs/protocol.md`, makes each anew, and decodes what the page says. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Bytes, fromHex, toHex, utf8 } from '../../src/format/bytes.ts';
import { decode, encode } from '../../src/format/cbor.ts';
import { encodeChangeset } from '../../src/format/changeset-writing.ts';
import { openInvitation } from '../../src/format/invitation.ts';
import { decodeBody, encodeBody } from '../../src/format/opened-entry.ts';
import { problems } from '../../src/format/problem.ts';
import { limits } from '../../src/limits.ts';
import { documentVectors } from './doc-vectors.ts';
import { type SampleName, samples, secrets } from './samples.ts';

const page = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8');

/** The page's blocks of vectors: a name after the fence, then `field: value`, long values on indented lines. */
function readVectors(): Map<string, Record<string, string>> {
  const vectors = new Map<string, Record<string, string>>();
  for (const [, name, text] of page.matchAll(/^```vector (.+)\n([\s\S]*?)^```$/gm)) {
    expect(vectors.has(name)).toBe(false);
    const fields: Record<string, string> = {};
    for (const [, field, value] of [...text.matchAll(/^(\S.*?):(?: (.*)| *\n((?: {2}\S+\n)+))/gm)].map(
      joined,
    )) {
      fields[field] = value;
    }
    vectors.set(name, fields);
  }
  return vectors;
}

const joined = ([all, field, line, lines]: RegExpMatchArray): [string, string, string] => [
  all,
  field,
  line ?? lines.replaceAll(/\s/g, ''),
];

const vectors = readVectors();
const field = (name: string, of: string): string => {
  const value = vectors.get(name)?.[of];
  if (value === undefined) throw new Error(`docs/protocol.md has no ${of} of ${name}`);
  return value;
};
const bytesOf = (name: string, of = 'bytes'): Bytes => fromHex(field(name, of));

test('TEST-9: every vector of the page comes out again from its secrets, and none is missing', async () => {
  expect(Object.fromEntries(vectors)).toEqual(Object.fromEntries(await documentVectors()));
  expect(vectors.size).toBeGreaterThan(20);
});

test.each(['create', 'invite', 'join', 'head', 'beacon', 'token', 'changeset', 'entry'] as const)(
  'TEST-9: the bytes of %s on the page are opened as what they are, and by nobody once changed',
  async (name: SampleName) => {
    const one = (await samples()).all.find((sample) => sample.name === name);
    if (!one) throw new Error(`No sample ${name}`);
    const bytes = bytesOf(name);
    expect(await one.open(bytes)).toEqual(await one.open(one.bytes));
    const changed = bytes.slice();
    changed[changed.length >> 1] ^= 1;
    if (name !== 'changeset') await expect((async () => one.open(changed))()).rejects.toThrow();
  },
);

test('LOG-1: all CBOR on the page decodes and encodes to itself', () => {
  const items: Bytes[] = [
    bytesOf('item'),
    ...Object.values(vectors.get('stamps') ?? {}).map(fromHex),
    ...Object.values(vectors.get('bodies') ?? {}).map(fromHex),
    bytesOf('names', 'plain'),
    bytesOf('changeset'),
    bytesOf('body'),
    bytesOf('entry'),
    bytesOf('entry', 'additional data'),
  ];
  expect(items.length).toBeGreaterThan(15);
  for (const item of items) expect(toHex(encode(decode(item)))).toBe(toHex(item));
  const [changeset] = decodeBody(bytesOf('body'));
  expect(encodeChangeset(changeset)).toEqual(bytesOf('changeset'));
  expect(encodeBody([bytesOf('changeset')])).toEqual(bytesOf('body'));
});

test('TEST-9: the link on the page opens, and its secret is the one that the page says', async () => {
  const invitation = await openInvitation(field('invitation', 'link (text)'));
  expect(toHex(invitation.secret)).toBe(field('keys of the invitation', 'secret'));
  expect(invitation.secret).toEqual(secrets.invitation);
  expect(toHex(invitation.space)).toBe(field('create', 'space id'));
});

test('KEY-15: what the page shows of sealed objects holds no name and no row in the clear', () => {
  const sealed = [bytesOf('create'), bytesOf('join'), bytesOf('entry')].map(toHex).join();
  for (const text of ['Ada', 'phone', 'Ben', 'laptop', 'items', 'title', 'Camp']) {
    expect(sealed).not.toContain(toHex(utf8(text)));
  }
});

test('RELAY-9: the page lists every problem code with its status, and no other', () => {
  const listed = [...page.matchAll(/`([a-z-]+)` \| (\d{3}) \|/g)].map(([, code, status]) => [
    code,
    Number(status),
  ]);
  expect(Object.fromEntries(listed)).toEqual(problems);
});

test('TEST-8: the limits that the page names are those of the code', () => {
  const said = page.replaceAll(/\s+/g, ' ');
  expect(limits.entryBytes).toBe(256 * 1024);
  expect(limits.signedObjectBytes).toBe(256 * 1024);
  for (const [limit, words] of [
    [limits.membershipEntryBytes === 2 ** 20, 'a membership entry 1 MiB'],
    [limits.bodyBytes === 2 ** 20, 'that of the body, at most 1 MiB'],
    [limits.cellBytes === 32 * 1024, 'at most 32 KiB as encoded'],
    [limits.columnsPerRow === 64, 'at most 64 columns'],
    [limits.nameBytes === 64, '1 to 64 bytes of UTF-8'],
    [limits.rowIdBytes === 128, 'an id 1 to 128'],
    [limits.cborDepth === 16, 'more than 16 levels'],
    [limits.httpBodyBytes === 4 * 2 ** 20, 'at most 4 MiB'],
    [limits.tokenLifeMs === 300_000, 'by 300 at most'],
    [limits.invitationLifeMs === 30 * 86_400_000, 'at most 30 days'],
    [limits.invitationUses === 1024, 'at most 1,024'],
    [limits.leavesPerStep === 65_536, '65,536 positions'],
  ] as const) {
    expect([words, limit, said.includes(words)]).toEqual([words, true, true]);
  }
});
