import { describe, expect, test } from 'vitest';
import { fromBase64Url, toBase64Url } from '../../src/format/bytes.ts';
import { decode, encode } from '../../src/format/cbor.ts';
import { makeInvitationLink, openInvitation } from '../../src/format/invitation.ts';
import { stampMs } from '../../src/format/stamp.ts';
import { decodeChangesAnswer, decodeMembersAppend, encodeChangesAnswer } from '../../src/format/wire.ts';
import { openStore } from '../../src/store/store.ts';
import { beginJoin, finishJoin, joinedRelay, joinFact } from '../../src/sync/join.ts';
import { readJoining } from '../../src/sync/joining.ts';
import { Device, relayUrl, rest, settle, World } from './world.ts';

const day = 24 * 60 * 60_000;
const names = { memberName: 'Ben', deviceName: 'laptop' };
const quiet = { tailEveryMs: null };

async function invited(uses = 1) {
  const world = new World();
  const ada = await world.found();
  await ada.put('milk');
  await ada.cycle();
  const link = await ada.invite('writer', uses);
  return { world, ada, link, ben: new Device(world, 'Ben') };
}

const finish = (device: Device, deadlineMs = 60_000) =>
  finishJoin({ runtime: device.runtime, store: device.store, deadlineMs }, new AbortController().signal);

async function databases(device: Device): Promise<number> {
  return (await device.indexedDB.databases()).length;
}

describe('what is refused before anything is written', () => {
  test('JOIN-1, JOIN-2: a link that is damaged, of another relay, or over, writes nothing and asks nothing', async () => {
    const { world, ada, link, ben } = await invited();
    const from = world.sent.length;
    const [head = '', fragment = ''] = link.split('#join=');
    const parts = decode(fromBase64Url(fragment));
    if (!Array.isArray(parts)) throw new TypeError('no fragment');
    const elsewhere = `${head}#join=${toBase64Url(encode([parts[0], 'https://other.example', ...parts.slice(2)]))}`;
    for (const bad of [`${link.slice(0, -3)}AAA`, `${head}#join=`, elsewhere, 'https://app.example/']) {
      await expect(beginJoin(ben.begin(), bad, names, quiet)).rejects.toMatchObject({
        code: 'invitation-invalid',
      });
    }
    world.time += day + 1;
    await expect(beginJoin(ben.begin(), link, names, quiet)).rejects.toMatchObject({
      code: 'invitation-expired',
    });
    expect(await databases(ben)).toBe(0);
    expect(world.sent.slice(from)).toEqual([]);
    expect(ada.standing.membership.devices.size).toBe(1);
  });

  test('JOIN-1: a name of more than 128 bytes is refused as such, and nothing is written', async () => {
    const { link, ben } = await invited();
    const long = { memberName: '名'.repeat(43), deviceName: 'laptop' };
    await expect(beginJoin(ben.begin(), link, long, quiet)).rejects.toMatchObject({
      code: 'value-invalid',
      values: { of: 'member', bytes: 129 },
    });
    expect(await databases(ben)).toBe(0);
  });

  test('JOIN-2: at exactly its expiry an invitation is still valid', async () => {
    const { world, link, ben } = await invited();
    world.time += day;
    await ben.join(link);
    expect(ben.number).toBe(2);
  });

  test('JOIN-3: an invitation of a newer version asks for an update', async () => {
    const { link, ben } = await invited();
    const [head = '', fragment = ''] = link.split('#join=');
    const bytes = fromBase64Url(fragment);
    bytes[1] = 2;
    const newer = `${head}#join=${toBase64Url(bytes)}`;
    await expect(beginJoin(ben.begin(), newer, names, quiet)).rejects.toMatchObject({ code: 'newer-format' });
  });
});

describe('joining', () => {
  test('JOIN-5, JOIN-9: the states are stored one after the other, and no row is read before the join is in the log', async () => {
    const { world, ada, link, ben } = await invited();
    const runtime = ben.begin();
    const store = await beginJoin(runtime, link, names, quiet);
    ben.use(store);
    const states = [store.standing.joining?.state];
    store.onChange(() => {
      const state = store.standing.joining?.state;
      if (state !== states.at(-1)) states.push(state);
      if (state === 'verifying' || state === 'joining') expect(store.rows.above.size).toBe(0);
    });
    const from = world.sent.length;
    await finish(ben);
    expect(states).toEqual(['verifying', 'joining', 'catching-up']);
    expect(world.sent.slice(from)).toEqual(['Ben /changes', 'Ben /members', 'Ben /changes']);
    expect(joinedRelay(store.standing)).toBe(relayUrl);
    await ben.lead();
    await ben.cycle();
    expect(ben.title('milk')).toBe('milk');
    expect(states.at(-1)).toBe('joined');
    await ada.cycle();
    await ada.put('bread');
    await ada.cycle();
    await ben.cycle();
    expect(joinFact(store.standing.joining)).toBe('confirmed');
  });

  test('JOIN-18: a beacon of another device that knows the join confirms it, without any write of its', async () => {
    const { ada, link, ben } = await invited();
    await ben.join(link);
    await ben.cycle();
    expect(joinFact(ben.standing.joining)).toBe('joined');
    ada.world.time += 2_000;
    await ada.cycle();
    ben.presence.expectNews();
    await ben.cycle();
    expect(joinFact(ben.standing.joining)).toBe('confirmed');
  });

  test('JOIN-19: while nobody else is there it stays joined, and the app keeps looking', async () => {
    const { link, ben } = await invited();
    await ben.join(link);
    for (let i = 0; i < 3; i++) {
      ben.presence.expectNews();
      await ben.cycle();
    }
    expect(joinFact(ben.standing.joining)).toBe('joined');
  });

  test('KEY-12: the invitation’s secret is dropped when it has been used', async () => {
    const { link, ben } = await invited();
    await ben.join(link);
    expect(ben.store.keyring.invitation).toBeNull();
    await ben.restart();
    expect(ben.store.keyring.invitation).toBeNull();
    const { secret } = await openInvitation(link);
    expect([...(ben.standing.joining?.values.values() ?? [])]).not.toContainEqual(secret);
  });

  test('JOIN-8: an invitation that was used up lets nobody else in', async () => {
    const { world, link, ben } = await invited();
    await ben.join(link);
    const cid = new Device(world, 'Cid');
    await expect(cid.join(link)).rejects.toMatchObject({ code: 'invitation-used' });
  });

  test('JOIN-8: one with two uses lets in two, whoever comes first', async () => {
    const { world, ada, link, ben } = await invited(2);
    const cid = new Device(world, 'Cid');
    await Promise.all([ben.join(link), cid.join(link)]);
    await settle(ada, ben, cid);
    expect([ben.number, cid.number].sort()).toEqual([2, 3]);
    expect(await ben.digest()).toBe(await ada.digest());
  });
});

describe('what the relay may try', () => {
  test('JOIN-4: a membership log that does not extend the floor is refused, and nothing is appended', async () => {
    const { world, link, ben } = await invited();
    world.meddle = async (sent, go) => {
      const answer = await go();
      if (sent.path !== '/changes') return answer;
      const changes = decodeChangesAnswer(new Uint8Array(await answer.arrayBuffer()));
      const members = { size: 1, from: 1, entries: changes.members.entries.slice(0, 1) };
      return new Response(encodeChangesAnswer({ ...changes, members }), answer);
    };
    await expect(ben.join(link)).rejects.toMatchObject({
      code: 'invitation-invalid',
      values: { reason: 'floor' },
    });
    expect(world.sent.filter((line) => line === 'Ben /members')).toEqual([]);
    expect(ben.standing.device).toBeNull();
  });

  test('JOIN-9: an append that was acknowledged and is not in the log is no join', async () => {
    const { world, link, ben } = await invited();
    const { encodeSizeAnswer } = await import('../../src/format/wire.ts');
    world.meddle = async (sent, go) =>
      sent.path === '/members' && sent.device === 'Ben'
        ? new Response(encodeSizeAnswer({ size: 3 }), { headers: { 'content-type': 'application/cbor' } })
        : go();
    ben.use(await beginJoin(ben.begin(), link, names, quiet));
    await expect(finish(ben, 0)).rejects.toMatchObject({ code: 'unavailable' });
    expect(ben.standing.device).toBeNull();
    expect(joinFact(ben.standing.joining)).toBe('joining');
  });

  test('JOIN-7: a link signed by who did not issue the invitation is refused on the log', async () => {
    const { ada, link, ben } = await invited();
    const invitation = await openInvitation(link);
    const other = new Device(ada.world, 'Eve');
    await other.join(await ada.invite());
    const forged = await makeInvitationLink({
      ...invitation,
      role: 'admin',
      signer: other.ctx.signer,
      appUrl: 'https://app.example/',
    });
    await expect(ben.join(forged)).rejects.toMatchObject({ code: 'invitation-invalid' });
    expect(ben.standing.device).toBeNull();
  });
});

describe('taking it up again', () => {
  test('JOIN-5, JOIN-6: killed at any transaction, a join goes on with the same keys and joins once', async () => {
    let killed = 0;
    for (let index = 1; index < 60; index++) {
      for (const how of ['kill-before', 'kill-after'] as const) {
        const { world, ada, link, ben } = await invited();
        const runtime = ben.begin();
        ben.faults.set(index, how);
        const died = new Promise<'died'>((resolve) => {
          ben.tab.onKilled = () => resolve('died');
        });
        const joining = (async () => {
          ben.use(await beginJoin(runtime, link, names, quiet));
          await finish(ben);
          return 'joined';
        })();
        const outcome = await Promise.race([joining, died]);
        if (outcome === 'joined') {
          if (how === 'kill-after') return expect(killed).toBeGreaterThan(10);
          continue;
        }
        killed += 1;
        await rest();
        const keys = await keysOf(world, ben, ada.store.space);
        const again = ben.begin();
        ben.use(await beginJoin(again, link, names, quiet));
        await finish(ben);
        if (keys !== null) expect(ben.standing.keys?.sign).toEqual(keys);
        await ada.cycle();
        expect(ada.standing.membership.devices.size).toBe(2);
        await ben.lead();
        await ben.cycle();
        expect(ben.title('milk')).toBe('milk');
      }
    }
    throw new Error('a join takes more transactions than this test knows of');
  }, 120_000);

  test('JOIN-5: a lost answer to the join is made good by reading the log, also when the invitation is over by then', async () => {
    const { world, ada, link, ben } = await invited();
    const runtime = ben.begin();
    ben.use(await beginJoin(runtime, link, names, quiet));
    let appended = 0;
    world.meddle = async (sent, go) => {
      if (sent.path !== '/members') return go();
      appended += 1;
      decodeMembersAppend(new Uint8Array(await sent.request.clone().arrayBuffer()));
      await go();
      throw new TypeError('Failed to fetch');
    };
    await expect(finish(ben, 0)).rejects.toMatchObject({ code: 'offline' });
    world.meddle = (_sent, go) => go();
    world.time += day + 1;
    ben.begin();
    ben.use(await openStore(ben.runtime, ada.store.space, quiet));
    expect(joinFact(ben.standing.joining)).toBe('joining');
    await finish(ben);
    expect(appended).toBe(1);
    expect(ben.number).toBe(2);
  });

  test('JOIN-21, JOIN-22: transport errors are tried again within the deadline, others end it with their kind', async () => {
    const { world, link, ben } = await invited();
    const runtime = ben.begin();
    ben.use(await beginJoin(runtime, link, names, quiet));
    ben.online = false;
    const outcome = finish(ben, 60_000).then(
      () => 'joined',
      (thrown: { code: string }) => thrown.code,
    );
    const tries = () => world.sent.filter((line) => line.startsWith('Ben')).length;
    await rest();
    await world.pass(5_000);
    ben.online = true;
    await world.pass(10_000);
    expect(await outcome).toBe('joined');
    expect(tries()).toBeGreaterThan(0);

    const late = await invited();
    late.ben.use(await beginJoin(late.ben.begin(), late.link, names, quiet));
    late.ben.online = false;
    const failed = finish(late.ben, 10_000).then(
      () => 'joined',
      (thrown: { code: string }) => thrown.code,
    );
    await rest();
    await late.world.pass(11_000);
    expect(await failed).toBe('offline');
    expect(joinFact(late.ben.standing.joining)).toBe('verifying');
  });

  test('JOIN-5: a reload in any stored state goes on: the cycle takes the join up before anything else', async () => {
    const { world, link, ben } = await invited();
    ben.use(await beginJoin(ben.begin(), link, names, quiet));
    await ben.restart();
    expect(joinFact(ben.standing.joining)).toBe('verifying');
    const from = world.sent.length;
    await ben.cycle();
    expect(world.sent[from + 1]).toBe('Ben /members');
    expect(joinFact(ben.standing.joining)).toBe('joined');
    expect(ben.title('milk')).toBe('milk');
  });

  test('JOIN-6: names that were corrected before anything was sent are the ones that the others see', async () => {
    const { world, link, ben } = await invited();
    ben.use(await beginJoin(ben.begin(), link, names, quiet));
    ben.online = false;
    await expect(finish(ben, 0)).rejects.toMatchObject({ code: 'offline' });
    const keys = ben.standing.keys?.sign;
    ben.online = true;
    const corrected = { memberName: 'Benjamin', deviceName: 'old laptop' };
    ben.use(await beginJoin(ben.begin(), link, corrected, quiet));
    expect(readJoining(ben.standing)).toMatchObject(corrected);
    expect(ben.standing.keys?.sign).toEqual(keys);
    const { position } = ben.standing;
    ben.use(await beginJoin(ben.begin(), link, corrected, quiet));
    expect(ben.standing.position).toBe(position);

    // Once an entry may have left this device its names are in it.
    world.meddle = async ({ path }, go) => {
      if (path === '/members') throw new TypeError('Failed to fetch');
      return go();
    };
    await expect(finish(ben, 0)).rejects.toMatchObject({ code: 'offline' });
    ben.use(await beginJoin(ben.begin(), link, names, quiet));
    expect(readJoining(ben.standing)).toMatchObject(corrected);
    expect(joinFact(ben.standing.joining)).toBe('joining');
  });

  test('JOIN-22: while the join cannot be finished nothing else is asked for, and the cause is named', async () => {
    const { world, link, ben } = await invited();
    ben.use(await beginJoin(ben.begin(), link, names, quiet));
    await ben.lead();
    world.time += day + 1;
    const from = world.sent.length;
    await expect(ben.cycle()).rejects.toMatchObject({ code: 'invitation-expired' });
    expect(world.sent.slice(from)).toEqual(['Ben /changes']);
  });
});

describe('clocks', () => {
  test.each([6, -6])(
    'JOIN-22: a clock that is off by %d minutes ends the join with its cause, and leaves no entry',
    async (minutes) => {
      const { ada, world, link, ben } = await invited();
      ben.skewMs = minutes * 60_000;
      ben.use(await beginJoin(ben.begin(), link, names, quiet));
      const from = world.sent.length;
      await expect(finish(ben)).rejects.toMatchObject({
        code: 'clock-ahead',
        values: { byMs: minutes * 60_000 },
      });
      expect(world.sent.slice(from)).not.toContain('Ben /members');
      ben.skewMs = 0;
      await finish(ben);
      await ada.cycle();
      expect(ada.standing.membership.devices.size).toBe(2);
    },
  );

  test.each([5, -5])(
    'JOIN-22: one that is off by %d minutes joins, dated by the earlier of both',
    async (minutes) => {
      const { ada, world, link, ben } = await invited();
      ben.skewMs = minutes * 60_000;
      world.time += 60 * 60_000;
      await ben.join(link);
      await ada.cycle();
      expect(stampMs(ada.standing.membership.stamp)).toBe(world.time + Math.min(0, ben.skewMs));
    },
  );

  test('JOIN-1: a relay’s clock that is far from ours dates no entry', async () => {
    const { ada, world } = await invited();
    const { size } = ada.standing.membership;
    world.meddle = async (sent, go) => {
      const answer = await go();
      if (sent.path !== '/changes') return answer;
      const changes = decodeChangesAnswer(new Uint8Array(await answer.arrayBuffer()));
      return new Response(encodeChangesAnswer({ ...changes, now: changes.now + 365 * day }), answer);
    };
    const from = world.sent.length;
    await expect(ada.invite()).rejects.toMatchObject({ code: 'clock-ahead', values: { byMs: -365 * day } });
    expect(world.sent.slice(from)).toEqual(['Ada /changes']);
    world.meddle = (_sent, go) => go();
    await ada.invite();
    expect(ada.standing.membership.size).toBe(size + 1);
    expect(stampMs(ada.standing.membership.stamp)).toBe(world.time);
  });
});

describe('inviting', () => {
  test('JOIN-1: who may not invite is refused before a request, and so are terms out of range', async () => {
    const { ada, link, ben, world } = await invited();
    await ben.join(link);
    await ben.cycle();
    await expect(ben.invite('admin')).rejects.toMatchObject({ code: 'not-allowed' });
    const from = world.sent.length;
    for (const uses of [0, 1.5, 100_000]) {
      await expect(ada.invite('writer', uses)).rejects.toMatchObject({ code: 'value-invalid' });
    }
    expect(world.sent.slice(from)).toEqual([]);
    expect((await openInvitation(await ben.invite('writer'))).role).toBe('writer');
  });

  test('MEM-3: two who invite at once both get in, one behind the other', async () => {
    const { ada, link, ben } = await invited();
    await ben.join(link);
    await ben.cycle();
    await Promise.all([ada.invite(), ben.invite()]);
    await settle(ada, ben);
    expect(ada.standing.membership.size).toBe(5);
    expect(ada.standing.membership.invitations.size).toBe(3);
  });
});

/** The device key that the profile holds for the space, as it lies on disk. */
async function keysOf(world: World, device: Device, space: Device['store']['space']) {
  const reader = new Device(world, 'reader', device.indexedDB);
  try {
    const store = await openStore(reader.begin(), space, { ...quiet, create: false });
    const keys = store.keyring.device?.signer.publicKey ?? null;
    await store.close();
    return keys;
  } catch {
    return null; // not even the database was made
  }
}
