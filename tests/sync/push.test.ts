import { describe, expect, test } from 'vitest';
import { CairnError } from '../../src/errors.ts';
import { type Bytes, concat } from '../../src/format/bytes.ts';
import { type CborValue, decode, encode } from '../../src/format/cbor.ts';
import { decodeEntry, openEntry } from '../../src/format/entry.ts';
import { decodeHead } from '../../src/format/head.ts';
import { appendLeaves, frontierRoot, leafHash } from '../../src/format/merkle.ts';
import { signObject } from '../../src/format/signature.ts';
import { decodeSigned, types } from '../../src/format/signed.ts';
import { asDeviceNumber } from '../../src/format/stamp.ts';
import { decodeEntriesAppend, type EntriesAppend } from '../../src/format/wire.ts';
import { limits } from '../../src/limits.ts';
import { encodeStanding } from '../../src/store/saved-fold.ts';
import { unsentCount } from '../../src/store/standing.ts';
import { databaseName, openStore } from '../../src/store/store.ts';
import { checkForkEvidence } from '../../src/sync/fork-evidence.ts';
import { sealBatch } from '../../src/sync/seal.ts';
import { Rogue } from './rogue.ts';
import { Device, type Meddle, settle, World } from './world.ts';

const minute = 60_000;
const gone = (): never => {
  throw new TypeError('Failed to fetch');
};

/** Every append that reached the wire, whether the relay got it or not. */
function watchAppends(world: World, then: Meddle = (_sent, go) => go()): EntriesAppend[] {
  const seen: EntriesAppend[] = [];
  world.meddle = async (sent, go) => {
    if (sent.path === '/entries') {
      seen.push(decodeEntriesAppend(new Uint8Array(await sent.request.clone().arrayBuffer())));
    }
    return then(sent, go);
  };
  return seen;
}

async function founded() {
  const world = new World();
  const ada = await world.found();
  await ada.cycle();
  return { world, ada };
}

const sizes = ({ standing }: Device) => {
  const { cursor, sent, acknowledged } = standing.ownLog;
  return { sealed: cursor?.size ?? 0, sent, acknowledged, outbox: standing.outbox.length };
};

describe('sealing and sending', () => {
  test('PUSH-11: several changes travel in one entry, in order, and open to what was written', async () => {
    const { world, ada } = await founded();
    const seen = watchAppends(world);
    for (const id of ['one', 'two', 'three']) await ada.put(id);
    const { pushed } = await ada.cycle();
    expect(pushed).toBe(1);
    expect(seen).toHaveLength(1);
    const [{ entries, head, start }] = seen as [EntriesAppend];
    expect([start, entries.length]).toEqual([1, 1]);
    const [entry = new Uint8Array()] = entries;
    const { changesets } = await openEntry(await ada.ctx.keys.entry(1), decodeEntry(entry));
    expect(changesets.flatMap(({ ops }) => ops.map(({ id }) => id))).toEqual(['one', 'two', 'three']);
    const { size, root, members } = decodeHead(head);
    expect([size, root]).toEqual([
      1,
      frontierRoot(appendLeaves({ size: 0, hashes: [] }, entries.map(leafHash))),
    ]);
    expect(members.size).toBe(ada.standing.membership.size);
    expect(sizes(ada)).toEqual({ sealed: 1, sent: 1, acknowledged: 1, outbox: 0 });
  });

  test('PUSH-5: an outbox larger than one request goes in several, in order, each complete with its own head', async () => {
    const { world, ada } = await founded();
    const noise = (): string =>
      String.fromCharCode(...Array.from({ length: 30_000 }, () => 33 + world.random.below(90)));
    for (let i = 0; i < 40; i++) {
      const id = String(i).padStart(3, '0');
      await ada.write(
        ...[0, 1, 2, 3].map((part) => ({
          kind: 'put' as const,
          table: 'items',
          id: `${id} ${part}`,
          cells: new Map([['title', noise()]]),
        })),
      );
    }
    const seen = watchAppends(world);
    await ada.cycle();
    expect(seen.length).toBeGreaterThan(1);
    let size = 0;
    for (const { start, entries, head } of seen) {
      expect(start).toBe(size + 1);
      size += entries.length;
      expect(decodeHead(head).size).toBe(size);
      expect(entries.reduce((sum, { length }) => sum + length, head.length)).toBeLessThan(
        limits.httpBodyBytes,
      );
      for (const { length } of entries) expect(length).toBeLessThanOrEqual(limits.entryBytes);
    }
    expect(sizes(ada)).toEqual({ sealed: size, sent: size, acknowledged: size, outbox: 0 });
    const ben = await world.join(ada);
    await ben.cycle();
    expect(await ben.digest()).toBe(await ada.digest());
  });

  test('PUSH-3, PUSH-4: seal and sent mark are durable, in this order, before the first byte goes out', async () => {
    const { world, ada } = await founded();
    await ada.put('milk');
    const kinds: string[] = [];
    ada.store.onChange((change) => kinds.push(...change.kinds));
    watchAppends(world, (sent, go) => {
      if (sent.path === '/entries') expect(kinds).toEqual(['sealed', 'sent']);
      return go();
    });
    await ada.cycle();
    expect(kinds).toEqual(['sealed', 'sent', 'acknowledged']);
  });

  test('PUSH-2: a lost request or answer leaves the change where it is, and the same bytes go out again', async () => {
    for (const lost of ['request', 'answer']) {
      const { world, ada } = await founded();
      await ada.put('milk');
      const seen = watchAppends(world, async (sent, go) => {
        if (sent.path !== '/entries') return go();
        if (lost === 'answer') await go();
        return gone();
      });
      await expect(ada.cycle()).rejects.toMatchObject({ code: 'offline' });
      expect(unsentCount(ada.standing)).toBe(1);
      expect(sizes(ada)).toEqual({ sealed: 1, sent: 1, acknowledged: 0, outbox: 0 });
      await ada.restart();
      await ada.put('bread');
      const again = watchAppends(world);
      await ada.cycle();
      expect(sizes(ada)).toEqual({ sealed: 2, sent: 2, acknowledged: 2, outbox: 0 });
      // A lost answer is made good by the relay's own head: what it has is not sent again.
      const resent = again.flatMap(({ start, entries }) =>
        entries.map((entry, i) => ({ at: start + i, entry })),
      );
      expect(resent.map(({ at }) => at)).toEqual(lost === 'request' ? [1, 2] : [2]);
      if (lost === 'request') expect(resent[0]?.entry).toEqual(seen[0]?.entries[0]);
    }
  });

  test('PUSH-3: what was sealed and not sent before a crash is sent as it was recorded', async () => {
    const { world, ada } = await founded();
    await ada.put('milk');
    expect(await sealBatch(ada.ctx)).toEqual({ kind: 'sealed', changesets: 1 });
    const [sealed] = await ada.store.sealedRecords();
    await ada.restart();
    const seen = watchAppends(world);
    await ada.cycle();
    expect(seen).toHaveLength(1);
    const [entry = new Uint8Array()] = seen[0]?.entries ?? [];
    const { nonce } = decodeEntry(entry);
    expect(nonce).toEqual(sealed?.entries[0]?.entry.nonce);
    expect(seen[0]?.head).toEqual(sealed?.head);
  });

  test('PUSH-5: sending again what the relay has changes nothing there', async () => {
    const { world, ada } = await founded();
    await ada.put('milk');
    watchAppends(world, async (sent, go) => {
      if (sent.path === '/entries') await go();
      return go();
    });
    await ada.cycle();
    expect(sizes(ada)).toMatchObject({ acknowledged: 1, outbox: 0 });
    expect((await world.storage.readLog(ada.store.space, ada.number))?.frontier.size).toBe(1);
  });

  test('PUSH-9: an acknowledgement that names another size acknowledges nothing', async () => {
    const { world, ada } = await founded();
    await ada.put('milk');
    const { encodeSizeAnswer } = await import('../../src/format/wire.ts');
    world.meddle = async (sent, go) => {
      const answer = await go();
      return sent.path === '/entries' ? new Response(encodeSizeAnswer({ size: 2 }), answer) : answer;
    };
    await expect(ada.cycle()).rejects.toMatchObject({ code: 'bad-answer' });
    expect(sizes(ada)).toMatchObject({ sent: 1, acknowledged: 0 });
  });

  test('PUSH-4: a relay that wants a newer head gets the same size and root signed anew, and the same entries', async () => {
    const { world, ada } = await founded();
    await ada.put('milk');
    let refused = false;
    const seen = watchAppends(world, async (sent, go) => {
      if (sent.path !== '/entries' || refused) return go();
      refused = true;
      return Response.json({ code: 'stale-membership' }, { status: 409 });
    });
    // Sealed under the membership log as it was, sent when it has grown.
    await sealBatch(ada.ctx);
    await ada.invite();
    await ada.cycle();
    expect(seen).toHaveLength(2);
    const [first, second] = seen.map(({ head }) => decodeHead(head));
    expect([second?.size, second?.root]).toEqual([first?.size, first?.root]);
    expect(second?.members.size).toBe((first?.members.size ?? 0) + 1);
    expect(seen[1]?.entries).toEqual(seen[0]?.entries);
    expect(sizes(ada)).toMatchObject({ acknowledged: 1 });
  });

  test('PUSH-14: unsent work goes out before anything is fetched', async () => {
    const { world, ada } = await founded();
    const ben = await world.join(ada);
    await ben.put('bread');
    await ben.cycle();
    await ada.put('milk');
    const from = world.sent.length;
    await ada.cycle();
    const paths = world.sent.slice(from).map((line) => line.slice('Ada '.length));
    expect(paths.slice(0, 3)).toEqual(['/changes', '/entries', '/entries/read']);
  });

  test('PUSH-2: that the relay refuses our entries does not keep us from pulling, and they stay', async () => {
    const { world, ada } = await founded();
    const ben = await world.join(ada);
    await ben.put('bread');
    await ben.cycle();
    await ada.put('milk');
    world.meddle = async (sent, go) =>
      sent.path === '/entries' ? Response.json({ code: 'forbidden' }, { status: 403 }) : go();
    await expect(ada.cycle()).rejects.toMatchObject({ code: 'forbidden' });
    expect(ada.title('bread')).toBe('bread');
    expect(unsentCount(ada.standing)).toBe(1);
  });

  test('STORE-19: a tab whose turn is over writes and sends nothing', async () => {
    const { world, ada } = await founded();
    await ada.put('milk');
    await sealBatch(ada.ctx);
    const from = world.sent.length;
    await ada.store.append(({ term }) => ({ kind: 'term', term: term + 1, tab: 'another' }), 'strict');
    const { position } = ada.standing;
    await expect(ada.cycle()).rejects.toMatchObject({ code: 'moved' });
    expect(world.sent.slice(from)).toEqual([]);
    expect(ada.standing.position).toBe(position);
  });

  test.each(['before it is sealed', 'after it was marked sent'])(
    'STORE-19: when another tab takes over in the middle of a cycle, %s, this one sends nothing more',
    async (when) => {
      const { world, ada } = await founded();
      await ada.put('milk');
      if (when === 'after it was marked sent') {
        world.meddle = async (sent, go) => (sent.path === '/entries' ? gone() : go());
        await expect(ada.cycle()).rejects.toMatchObject({ code: 'offline' });
      }
      const seen = watchAppends(world, async (sent, go) => {
        const answer = await go();
        if (sent.path !== '/changes') return answer;
        // The other tab of the same profile; nothing tells this one.
        const other = new Device(world, 'Ada', ada.indexedDB);
        other.use(await openStore(other.begin(), ada.store.space, { tailEveryMs: null }));
        await other.lead();
        return answer;
      });
      await expect(ada.cycle()).rejects.toMatchObject({ code: 'moved' });
      expect(seen).toEqual([]);
    },
  );

  test('STORE-19: what the relay wants to have again is not sent again in another tab’s term', async () => {
    const { world, ada } = await founded();
    await ada.put('milk');
    const seen = watchAppends(world, async (sent, go) => {
      if (sent.path !== '/entries') return go();
      // As after a long freeze: the token is too old, and another tab of the profile leads; nothing told this one.
      const other = new Device(world, 'Ada', ada.indexedDB);
      other.use(await openStore(other.begin(), ada.store.space, { tailEveryMs: null }));
      await other.lead();
      return Response.json(
        { code: 'token-time', now: world.time },
        { status: 401, headers: { 'content-type': 'application/problem+json' } },
      );
    });
    await expect(ada.cycle()).rejects.toMatchObject({ code: 'moved' });
    expect(seen).toHaveLength(1);
  });

  test('PUSH-14: an aborted cycle ends with the reason it was given, and the next one goes on', async () => {
    const { world, ada } = await founded();
    await ada.put('milk');
    const over = new AbortController();
    world.meddle = async (sent, go) => {
      if (sent.path === '/entries') over.abort(new CairnError('closed', 'test'));
      return go();
    };
    await expect(ada.cycle(over.signal)).rejects.toMatchObject({ code: 'closed' });
    world.meddle = (_sent, go) => go();
    await ada.cycle();
    expect(sizes(ada)).toMatchObject({ acknowledged: 1, outbox: 0 });
  });
});

describe('what keeps from sealing', () => {
  test('PUSH-12: what others would hold as ahead of their clock is not sealed until its time comes', async () => {
    const { world, ada } = await founded();
    await ada.put('in time');
    ada.skewMs = 6 * minute;
    await ada.put('ahead');
    await ada.put('behind it');
    const { waits, pushed } = await ada.cycle();
    expect([pushed, waits]).toEqual([1, 'clock-wrong']);
    expect(ada.standing.outbox).toHaveLength(2);
    expect(ada.ctx.relay.clock.offset).toBe(6 * minute);
    ada.skewMs = 0;
    world.time += minute;
    expect((await ada.cycle()).waits).toBeNull();
    expect(ada.standing.outbox).toEqual([]);
  });

  test('PUSH-12: a clock that is behind keeps nothing from going out, though it is told', async () => {
    const { ada } = await founded();
    ada.skewMs = -60 * minute;
    await ada.put('late');
    expect(await ada.cycle()).toMatchObject({ waits: null, pushed: 1 });
    expect(ada.ctx.relay.clock.offset).toBe(-60 * minute);
  });

  test('KEY-3: without the newest epoch key nothing is sealed, and pulling goes on', async () => {
    const { world, ada } = await founded();
    const ben = await world.join(ada);
    await ben.put('bread');
    await ben.cycle();
    await ada.put('milk');
    ada.store.keyring.epochs = new Map();
    const { waits, held } = await ada.cycle();
    expect([waits, held]).toEqual(['missing-key', 1]);
    expect(ada.standing.outbox).toHaveLength(1);
    await ada.store.keyring.reload();
    expect(await ada.cycle()).toMatchObject({ waits: null, held: 0, pushed: 1 });
    expect(ada.title('bread')).toBe('bread');
  });

  test('MEM-2: a reader pulls and has nothing to push', async () => {
    const { world, ada } = await founded();
    const ben = await world.join(ada, 'Ben', 'reader');
    await ada.put('milk');
    await settle(ada, ben);
    expect(ben.title('milk')).toBe('milk');
    await expect(ben.put('bread')).rejects.toMatchObject({ code: 'not-a-writer' });
  });
});

describe('our own log at the relay', () => {
  test('PUSH-6: a restored profile adopts what the relay has of its log, and seals the rest after it', async () => {
    const { world, ada } = await founded();
    // What the profile holds from before it was restored is a prefix of what it wrote: here, nothing of its log.
    const rogue = new Rogue(ada);
    await rogue.append(await rogue.entry('written before'));
    await rogue.append(await rogue.entry('and this'));
    await ada.put('after');
    const seen = watchAppends(world);
    const { adopted, pushed } = await ada.cycle();
    expect([adopted, pushed]).toEqual([2, 1]);
    expect(seen.map(({ start }) => start)).toEqual([3]);
    expect(['written before', 'and this', 'after'].map((id) => ada.title(id))).toEqual([
      'written before',
      'and this',
      'after',
    ]);
    expect(sizes(ada)).toEqual({ sealed: 3, sent: 3, acknowledged: 3, outbox: 0 });
    const ben = await world.join(ada);
    await ben.cycle();
    expect(await ben.digest()).toBe(await ada.digest());
  });

  test('PUSH-7: where another entry than ours stands at a position we have signed, nothing more is sealed or sent', async () => {
    const { world, ada } = await founded();
    await ada.put('mine');
    world.meddle = async (sent, go) => (sent.path === '/entries' ? gone() : go());
    await expect(ada.cycle()).rejects.toMatchObject({ code: 'offline' });
    const rogue = new Rogue(ada);
    await rogue.append(await rogue.entry('by a copy of this profile'));
    const seen = watchAppends(world);
    await ada.put('later');
    await ada.cycle();
    expect(seen).toEqual([]);
    expect(ada.standing.holds.get(ada.number)).toMatchObject({ reason: 'fork' });
    expect(unsentCount(ada.standing)).toBe(2);
    await ada.restart();
    await ada.cycle();
    expect(seen).toEqual([]);
  });

  test.each(['nothing', 'something'])(
    'PUSH-7, PUSH-9, LOG-13: a part of our log that is not on our branch, %s acknowledged, acknowledges nothing and is proof',
    async (before) => {
      const { world, ada } = await founded();
      if (before === 'something') {
        await ada.put('zero');
        await ada.cycle();
      }
      const rogue = new Rogue(ada);
      rogue.frontier = ada.standing.ownLog.cursor?.frontier ?? rogue.frontier;
      const { acknowledged } = ada.standing.ownLog;
      world.meddle = async (sent, go) => (sent.path === '/entries' ? gone() : go());
      for (const id of ['one', 'two']) {
        await ada.put(id);
        await sealBatch(ada.ctx);
      }
      await rogue.append(await rogue.entry('by a copy of this profile'));
      const seen = watchAppends(world);
      await ada.cycle();
      expect(seen).toEqual([]);
      expect(ada.standing.holds.get(ada.number)?.reason).toBe('fork');
      expect(sizes(ada)).toMatchObject({ sealed: acknowledged + 2, acknowledged });
      const evidence = ada.standing.holds.get(ada.number)?.evidence;
      const proven = evidence ? await checkForkEvidence(evidence, ada.store.space) : null;
      expect([proven?.lesser.size, proven?.greater.size]).toEqual([acknowledged + 1, acknowledged + 2]);
      expect(proven?.key).toEqual(ada.standing.keys?.sign);
    },
  );

  test.each(['as it was', 'opened again'])(
    'PUSH-7, PUSH-9: another entry than ours at exactly the size that was acknowledged is a fork, %s',
    async (how) => {
      const { world, ada } = await founded();
      const rogue = new Rogue(ada);
      await ada.put('one');
      await ada.cycle();
      const seen = watchAppends(world, async (sent, go) => (sent.path === '/entries' ? gone() : go()));
      await ada.put('two');
      await expect(ada.cycle()).rejects.toMatchObject({ code: 'offline' });
      expect(sizes(ada)).toMatchObject({ sealed: 2, acknowledged: 1 });
      if (how === 'opened again') {
        await ada.store.saveFold();
        await ada.restart();
      }
      // The relay was wiped, and a copy of this profile was the first to bring it anything.
      world.wipeRelay();
      world.meddle = (_sent, go) => go();
      await ada.ctx.relay.createSpace(ada.standing.membershipEntries[0] ?? new Uint8Array());
      await rogue.append(await rogue.entry('by a copy of this profile'));
      const before = seen.length;
      await ada.cycle();
      expect(ada.standing.holds.get(ada.number)).toMatchObject({ reason: 'fork' });
      expect(ada.standing.holds.get(ada.number)?.evidence).not.toBeNull();
      expect(seen).toHaveLength(before);
      expect(unsentCount(ada.standing)).toBe(1);
      expect(ada.title('by a copy of this profile')).toBeUndefined();
    },
  );

  test('PUSH-9: a head of our log that we did not sign neither moves us nor stops what is sealed', async () => {
    const { world, ada } = await founded();
    const ben = await world.join(ada);
    await ada.put('milk');
    await ada.cycle();
    await ada.put('bread');
    const wire = await import('../../src/format/wire.ts');
    const rogue = new Rogue(ben);
    const forged = await rogue.head(
      appendLeaves({ size: 0, hashes: [] }, [leafHash(new Uint8Array(1)), leafHash(new Uint8Array(2))]),
      {
        log: ada.number,
      },
    );
    world.meddle = async (sent, go) => {
      const answer = await go();
      if (sent.path !== '/changes' || sent.device !== 'Ada') return answer;
      const changes = wire.decodeChangesAnswer(new Uint8Array(await answer.arrayBuffer()));
      return new Response(wire.encodeChangesAnswer({ ...changes, heads: [forged] }), answer);
    };
    await sealBatch(ada.ctx);
    await ada.put('not sealed yet');
    const { pushed } = await ada.cycle();
    expect(pushed).toBe(1);
    expect(sizes(ada)).toEqual({ sealed: 2, sent: 2, acknowledged: 2, outbox: 1 });
    expect(ada.standing.holds.size).toBe(0);
  });

  test('RELAY-14: a relay that lost everything makes nobody forget anything, and what it lost is not called sent', async () => {
    const { world, ada } = await founded();
    const ben = await world.join(ada);
    await ada.put('milk');
    await settle(ada, ben);
    const digest = await ada.digest();
    world.wipeRelay();
    await expect(ben.cycle()).rejects.toMatchObject({ code: 'unknown-space' });
    expect(await ben.digest()).toBe(digest);
    await ada.put('bread');
    await ada.cycle();
    expect(await world.storage.readLog(ada.store.space, 0)).toMatchObject({ frontier: { size: 3 } });
    expect(ada.standing.holds.get(ada.number)).toMatchObject({ reason: 'rollback' });
    expect(unsentCount(ada.standing)).toBe(1);
    await ben.cycle();
    expect(await ben.digest()).toBe(digest);
    expect(ben.standing.cursors.get(ada.number)?.size).toBe(1);
  });
});

describe('sizes that cannot be read', () => {
  const unreadable = ['text', -1, 0.5, 2 ** 53, null, [1]] as const;

  /** The answers to one kind of request, with a field replaced, or left out. */
  function answering(path: string, change: (answer: Map<unknown, CborValue>) => void): Meddle {
    return async (sent, go) => {
      const answer = await go();
      if (sent.path !== path || !answer.ok) return answer;
      const fields = new Map(
        decode(new Uint8Array(await answer.arrayBuffer())) as ReadonlyMap<string, CborValue>,
      );
      change(fields);
      return new Response(encode(fields), answer);
    };
  }

  /** Heads of our log that are none to this build, though a later one may well read them. */
  const heads: readonly [string, (ada: Device, head: Bytes) => Bytes | Promise<Bytes>][] = [
    ['bytes that are no head', () => new Uint8Array([1, 2, 3])],
    ['half a head', (_ada, head) => head.slice(0, head.length / 2)],
    [
      'a head signed by us whose size is text',
      ({ ctx }, head) => {
        const { payload } = decodeSigned(head, types.head);
        const fields = new Map(payload as ReadonlyMap<string, CborValue>);
        return signObject(ctx.signer, types.head, fields.set('size', 'one'));
      },
    ],
  ];

  describe.each(['nothing', 'something'])('with %s acknowledged', (before) => {
    test.each(heads)(
      'PUSH-10: while the relay shows %s for our log, nothing is sealed or sent and the cycle ends with an error; then it goes on',
      async (_, change) => {
        const { world, ada } = await founded();
        const ben = await world.join(ada);
        if (before === 'something') {
          await ada.put('zero');
          await ada.cycle();
        }
        const { acknowledged } = ada.standing.ownLog;
        // Written by this device once, and not in the profile that was restored.
        const rogue = new Rogue(ada);
        rogue.frontier = ada.standing.ownLog.cursor?.frontier ?? rogue.frontier;
        await rogue.append(await rogue.entry('written before'));
        await ada.put('after');
        await ben.put('bread');
        await ben.cycle();
        const wire = await import('../../src/format/wire.ts');
        const seen = watchAppends(world, async (sent, go) => {
          const answer = await go();
          if (sent.path !== '/changes' || sent.device !== 'Ada') return answer;
          const changes = wire.decodeChangesAnswer(new Uint8Array(await answer.arrayBuffer()));
          const shown = changes.heads.map((head) =>
            decodeHead(head).log === ada.number ? change(ada, head) : head,
          );
          return new Response(
            wire.encodeChangesAnswer({ ...changes, heads: await Promise.all(shown) }),
            answer,
          );
        });
        for (let tries = 0; tries < 2; tries++) {
          await expect(ada.cycle()).rejects.toMatchObject({ code: 'bad-answer' });
          expect(seen).toEqual([]);
          expect(sizes(ada)).toEqual({ sealed: acknowledged, sent: acknowledged, acknowledged, outbox: 1 });
          expect(ada.standing.holds.size).toBe(0);
        }
        expect(ada.title('bread')).toBe('bread');
        world.meddle = (_sent, go) => go();
        expect(await ada.cycle()).toMatchObject({ adopted: 1, pushed: 1, held: 0 });
        const size = acknowledged + 2;
        expect(sizes(ada)).toEqual({ sealed: size, sent: size, acknowledged: size, outbox: 0 });
        await ben.cycle();
        expect(await ben.digest()).toBe(await ada.digest());
      },
    );
  });

  test('PUSH-9, PUSH-10: a head of a log that is no device’s ends the cycle with an error, and keeps nothing of ours from going out', async () => {
    const { world, ada } = await founded();
    await ada.put('milk');
    const wire = await import('../../src/format/wire.ts');
    const stray = await new Rogue(ada).head({ size: 0, hashes: [] }, { log: asDeviceNumber(99) });
    world.meddle = async (sent, go) => {
      const answer = await go();
      if (sent.path !== '/changes') return answer;
      const changes = wire.decodeChangesAnswer(new Uint8Array(await answer.arrayBuffer()));
      return new Response(wire.encodeChangesAnswer({ ...changes, heads: [...changes.heads, stray] }), answer);
    };
    await expect(ada.cycle()).rejects.toMatchObject({ code: 'bad-answer' });
    expect(sizes(ada)).toEqual({ sealed: 1, sent: 1, acknowledged: 1, outbox: 0 });
  });

  test.each(unreadable)(
    'PUSH-10: an answer that gives %j as the size of the membership log ends the cycle, and nothing is sealed or sent',
    async (size) => {
      const { world, ada } = await founded();
      await ada.put('milk');
      await ada.cycle();
      await ada.put('bread');
      const { position, membership } = ada.standing;
      world.meddle = answering('/changes', (answer) => {
        const members = new Map(answer.get('members') as ReadonlyMap<string, CborValue>);
        answer.set('members', members.set('size', size as CborValue));
      });
      const from = world.sent.length;
      await expect(ada.cycle()).rejects.toMatchObject({ code: 'bad-answer' });
      expect(world.sent.slice(from)).toEqual(['Ada /changes']);
      expect([ada.standing.position, ada.standing.membership.size]).toEqual([position, membership.size]);
      world.meddle = (_sent, go) => go();
      await ada.cycle();
      expect(sizes(ada)).toEqual({ sealed: 2, sent: 2, acknowledged: 2, outbox: 0 });
    },
  );

  test.each(unreadable)(
    'PUSH-10: an acknowledgement that gives %j as the size ends the cycle, and what was sent is sent again from where it was',
    async (size) => {
      const { world, ada } = await founded();
      await ada.put('milk');
      await ada.cycle();
      await ada.put('bread');
      world.meddle = answering('/entries', (answer) => answer.set('size', size as CborValue));
      await expect(ada.cycle()).rejects.toMatchObject({ code: 'bad-answer' });
      expect(sizes(ada)).toEqual({ sealed: 2, sent: 2, acknowledged: 1, outbox: 0 });
      const seen = watchAppends(world);
      await ada.cycle();
      expect(seen.map(({ start }) => start)).not.toContain(1);
      expect(sizes(ada)).toEqual({ sealed: 2, sent: 2, acknowledged: 2, outbox: 0 });
    },
  );

  test('PUSH-10: a journal record that cannot be read stops each cycle before its first request, and no size starts again', async () => {
    const { world, ada } = await founded();
    await ada.put('milk');
    await ada.cycle();
    await ada.put('bread');
    const before = ada.standing;
    const position = before.position + 1;
    for (const damage of [Uint8Array.of(0xff), new Uint8Array(0), 'text']) {
      await overwrite(ada, 'journal', position, damage);
      const from = world.sent.length;
      for (let tries = 0; tries < 2; tries++) {
        await expect(ada.cycle()).rejects.toMatchObject({ code: 'storage-corrupt', values: { position } });
      }
      expect(world.sent.slice(from)).toEqual([]);
      expect(ada.standing).toBe(before);
      // Nor does it open as if nothing had been written.
      const other = new Device(world, 'Ada', ada.indexedDB);
      const opening = openStore(other.begin(), ada.store.space, { tailEveryMs: null });
      await expect(opening).rejects.toMatchObject({ code: 'storage-corrupt', values: { position } });
    }
    await overwrite(ada, 'journal', position, undefined);
    await ada.cycle();
    expect(sizes(ada)).toEqual({ sealed: 2, sent: 2, acknowledged: 2, outbox: 0 });
  });

  test('PUSH-10: a seal that cannot be read stops the cycle before anything is sent, and nothing is sealed in its place', async () => {
    const { world, ada } = await founded();
    await ada.put('milk');
    await sealBatch(ada.ctx);
    await ada.put('bread');
    const at = ada.standing.sealed[0]?.at ?? 0;
    const sealed = await overwrite(ada, 'journal', at, Uint8Array.of(0xff));
    const seen = watchAppends(world);
    await expect(ada.cycle()).rejects.toMatchObject({ code: 'storage-corrupt', values: { position: at } });
    expect(seen).toEqual([]);
    expect(sizes(ada)).toEqual({ sealed: 1, sent: 0, acknowledged: 0, outbox: 1 });
    await overwrite(ada, 'journal', at, sealed);
    await ada.cycle();
    expect(seen.map(({ start }) => start)).toEqual([1, 2]);
    expect(sizes(ada)).toEqual({ sealed: 2, sent: 2, acknowledged: 2, outbox: 0 });
  });

  test('PUSH-10: where the saved fold is damaged, every size and cursor is found again in the journal, and none is believed', async () => {
    const { world, ada } = await founded();
    const ben = await world.join(ada);
    await ada.put('milk');
    await ben.put('bread');
    await settle(ada, ben);
    await ada.store.saveFold();
    const { ownLog, cursors } = ada.standing;
    expect([ownLog.acknowledged, cursors.get(ben.number)?.size]).toEqual([1, 1]);
    const atZero = { cursor: null, head: null, sent: 0, acknowledged: 0, acknowledgedRoot: null };
    const damaged = encodeStanding({ ...ada.standing, ownLog: atZero, cursors: new Map() });
    for (const damage of [Uint8Array.of(0xff), concat(damaged, new Uint8Array(32))]) {
      await overwrite(ada, 'saved', 'standing', damage);
      await ada.restart();
      expect(ada.standing.ownLog).toEqual(ownLog);
      expect(ada.standing.cursors).toEqual(cursors);
    }
  });
});

/** Puts a value behind every store's back, `undefined` for none; gives what was there. */
async function overwrite(
  { indexedDB, store }: Device,
  name: 'journal' | 'saved',
  key: number | string,
  value: unknown,
): Promise<unknown> {
  const database = await answerOf(indexedDB.open(databaseName(store.space)));
  const objectStore = database.transaction(name, 'readwrite').objectStore(name);
  const before = await answerOf(objectStore.get(key));
  if (value === undefined) await answerOf(objectStore.delete(key));
  else await answerOf(objectStore.put(value, key));
  database.close();
  return before;
}

function answerOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
