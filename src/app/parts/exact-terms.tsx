/** The fold with the exact terms of the design, for those who check: nothing in it is rounded or explained away. */
import { useEffect, useState } from 'preact/hooks';
import type { SpaceStatus } from '../../client/index.ts';
import { toFailure } from '../failure.ts';
import type { AppSpace } from '../schema.ts';

/** A status that moves many times in a row is waited out. */
const restMs = 150;

type Digest =
  | { readonly kind: 'computing' }
  | { readonly kind: 'ready'; readonly hex: string }
  | { readonly kind: 'failed'; readonly code: string };

export function ExactTerms({ space, status }: { readonly space: AppSpace; readonly status: SpaceStatus }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details
      class="exact-terms"
      data-testid="exact-terms"
      onToggle={({ currentTarget }) => setOpen(currentTarget.open)}
    >
      <summary>Exact terms</summary>
      {isOpen && <Terms space={space} status={status} />}
    </details>
  );
}

function Terms({ space, status }: { readonly space: AppSpace; readonly status: SpaceStatus }) {
  const [digest, setDigest] = useState<Digest>({ kind: 'computing' });
  const [asked, setAsked] = useState(0);
  // Computed anew whenever the status moved, and when asked to: a digest shown is of now (APP-8).
  useEffect(() => {
    let isCurrent = true;
    setDigest({ kind: 'computing' });
    const compute = async (): Promise<void> => {
      try {
        const hex = await space.digest();
        if (isCurrent) setDigest({ kind: 'ready', hex });
      } catch (thrown) {
        if (isCurrent) setDigest({ kind: 'failed', code: toFailure(thrown).code });
      }
    };
    const timer = setTimeout(compute, restMs);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [space, status, asked]);
  const { devices, relay, rows, lastError, unsent, asOf } = status;
  return (
    <div class="exact">
      <dl>
        <dt>Digest of all rows, cells and stamps</dt>
        <dd>
          <output data-testid="digest" data-state={digest.kind}>
            {digest.kind === 'ready' ? digest.hex : digest.kind === 'failed' ? digest.code : 'computing…'}
          </output>{' '}
          <button
            type="button"
            class="plain small"
            data-testid="digest-again"
            onClick={() => setAsked(asked + 1)}
          >
            Compute again
          </button>
        </dd>
        <dt>Space</dt>
        <dd>{space.id}</dd>
        <dt>Relay</dt>
        <dd>{relay.url}</dd>
        <dt>Reasons</dt>
        <dd data-testid="exact-reasons">
          {status.reasons.length === 0
            ? 'none'
            : status.reasons.map(({ kind, values }) => `${kind} ${JSON.stringify(values)}`).join('; ')}
        </dd>
        <dt>Outbox</dt>
        <dd data-testid="exact-unsent">{unsent}</dd>
        <dt>Compared</dt>
        <dd>{asOf === null ? 'never' : new Date(asOf).toISOString()}</dd>
        <dt>Rows</dt>
        <dd data-testid="exact-rows">
          {rows === null ? 'unknown' : `${rows.live} attached, ${rows.hidden} live but not attached`}
        </dd>
        <dt>Last error</dt>
        <dd>{lastError === null ? 'none' : `${lastError.code}: ${lastError.message}`}</dd>
      </dl>
      <table>
        <caption>Logs</caption>
        <thead>
          <tr>
            <th scope="col">Device</th>
            <th scope="col">Cursor</th>
            <th scope="col">Head</th>
            <th scope="col">Has ours</th>
            <th scope="col">Hold</th>
          </tr>
        </thead>
        <tbody>
          {devices.map(({ number, isThis, cursor, head, hasOurs, hold }) => (
            <tr key={number}>
              <td>{isThis ? `${number} (this)` : number}</td>
              <td>{cursor}</td>
              <td>{head ?? 'unknown'}</td>
              <td>{isThis ? `relay: ${relay.acknowledged ?? 'unknown'}` : (hasOurs ?? 'unknown')}</td>
              <td>{hold === null ? 'none' : `${hold.reason} at ${hold.position}`}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
