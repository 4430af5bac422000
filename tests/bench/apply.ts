/**
 * Sealed one-row entries of one author, from the bytes of the relay's answers until they are applied and the journal's
 * transaction has completed. Everything is the real thing (keys, membership, seals, head, store, pull) but the network:
 * answers lie ready as bytes. Runs in a worker of its own.
 */
import { signerFromStored } from '../../src/crypto/ed25519.ts';
import { keyPairFromSecret } from '../../src/crypto/keys.ts';
import type { Bytes } from '../../src/format/bytes.ts';
import type { LogPoint } from '../../src/format/head.ts';
import { makeInvite, makeJoin } from '../../src/format/membership-making.ts';
import { openMembershipEntry } from '../../src/format/membership-opening.ts';
import { frontierRoot } from '../../src/format/merkle.ts';
import { sealedNamesLeast } from '../../src/format/names.ts';
import { asDeviceNumber } from '../../src/format/stamp.ts';
import { decodeReadRequest, encodeChangesAnswer, encodeReadAnswer } from '../../src/format/wire.ts';
import { applyMembership, type MembershipState } from '../../src/model/membership.ts';
import type { Runtime } from '../../src/runtime.ts';
import type { Store } from '../../src/store/store.ts';
import { openSync } from '../../src/sync/context.ts';
import { judgeHeads } from '../../src/sync/heads.ts';
import { learn } from '../../src/sync/members.ts';
import { pull } from '../../src/sync/pull.ts';
import { browserRuntime } from '../../src/worker/browser-runtime.ts';
import { makeSpace } from '../../src/worker/space-making.ts';
import { BareRows } from './bare.ts';
import type { Measured } from './page.ts';
import { makeRows } from './rows.ts';
import type { SealedLog, SealingRequest } from './sealing.ts';

const runtime = browserRuntime();
const author = asDeviceNumber(2);
const sealing = new Worker(new URL('./sealing.ts', import.meta.url), { type: 'module' });

function sealedLog(request: SealingRequest): Promise<SealedLog> {
  return new Promise((resolve, reject) => {
    sealing.onmessage = ({ data }) => resolve(data);
    sealing.onerror = ({ message }) => reject(new Error(message));
    sealing.postMessage(request);
  });
}

/** Lets a member join the space that this store founded, whose device is the author; gives its secret. */
async function admitAuthor(store: Store): Promise<{ secret: Bytes; members: LogPoint }> {
  const { space, keyring } = store;
  const epochKey = keyring.epochs.get(1);
  if (!epochKey || !keyring.device) throw new Error('The space has no keys');
  const secret = runtime.randomBytes(32);
  const [invitation, identity, device] = await Promise.all([
    keyPairFromSecret(runtime.randomBytes(32)),
    keyPairFromSecret(runtime.randomBytes(32)),
    keyPairFromSecret(secret),
  ]);
  let { membership }: { membership: MembershipState } = store.standing;
  const added: Bytes[] = [];
  const point = (): LogPoint => ({ size: membership.size, root: frontierRoot(membership.frontier) });
  const take = async (entry: Bytes): Promise<void> => {
    const result = applyMembership(membership, await openMembershipEntry(entry));
    if ('refused' in result) throw new Error(result.refused);
    membership = result.ok;
    added.push(entry);
  };
  const common = { epoch: 1, epochKey, randomBytes: (length: number) => runtime.randomBytes(length) };
  const { stamp } = membership;
  const signer = signerFromStored(keyring.device.signer);
  const invite = { signer, key: invitation, role: 'writer', life: 3_600_000, uses: 1 } as const;
  await take(await makeInvite({ ...common, ...invite, before: { space, ...point() }, stamp }));
  const names = runtime.randomBytes(sealedNamesLeast + 20);
  const join = { identity, device, invitation: invitation.signer, names };
  await take(await makeJoin({ ...common, ...join, before: { space, ...point() }, stamp }));
  const from = store.standing.membership.size + 1;
  await store.append(() => ({ kind: 'members', from, entries: added }), 'strict');
  return { secret, members: point() };
}

/** Answers as a relay does that holds this log, from bytes made beforehand. */
function answering({ entries, head }: SealedLog, members: number): Runtime['fetch'] {
  const changes = encodeChangesAnswer({
    now: runtime.now(),
    members: { size: members, from: members + 1, entries: [] },
    heads: [head],
    beacons: [],
  });
  const all = encodeReadAnswer({ logs: [{ log: author, start: 1, entries }] });
  const answer = (bytes: Bytes): Response =>
    new Response(bytes, { headers: { 'content-type': 'application/cbor' } });
  return async (url, init) => {
    if (url.endsWith('/changes')) return answer(changes);
    if (!url.endsWith('/entries/read') || !(init?.body instanceof Uint8Array))
      throw new Error(`Asked for ${url}`);
    const [range] = decodeReadRequest(init.body).ranges;
    if (range?.start === 1 && range.end === entries.length) return answer(all);
    throw new Error('Asked for a part of what fits one answer');
  };
}

function joined(parts: readonly Bytes[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

async function applyEntries(count: number): Promise<Measured> {
  const store = await makeSpace(runtime, { memberName: 'Bench', deviceName: 'Bench' }, { tailEveryMs: null });
  const { secret, members } = await admitAuthor(store);
  const epochKey = store.keyring.epochs.get(1);
  if (!epochKey) throw new Error('The space has no key');
  const at = runtime.now() - 60_000;
  const log = await sealedLog({ space: store.space, log: author, epochKey, secret, members, at, count });
  const fetch = answering(log, members.size);
  const bytes = joined(log.entries);
  const rows = makeRows(count, 3);
  const bare = await BareRows.open();

  const before = performance.now();
  await crypto.subtle.digest('SHA-256', bytes);
  await bare.putAll(rows);
  const limit = performance.now() - before;

  const { term } = store.standing;
  const parts = { store, relay: 'http://localhost:9', schemaVersion: 1, readableSince: 0, term };
  const ctx = openSync({ ...parts, runtime: { ...runtime, fetch } });
  const { signal } = new AbortController();
  const begin = performance.now();
  const { heads } = await learn(ctx, false, signal);
  await pull(ctx, await judgeHeads(store.standing, heads), new Map(), signal);
  const ours = performance.now() - begin;

  const applied = store.standing.cursors.get(author)?.size ?? 0;
  if (applied !== count || store.rows.above.size !== count)
    throw new Error(`${applied} entries instead of ${count}`);
  await bare.erase();
  await store.erase();
  return { ours, limit };
}

self.addEventListener('message', async ({ data }: MessageEvent<number>) => {
  try {
    self.postMessage({ measured: await applyEntries(data) });
  } catch (error) {
    self.postMessage({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});
