/** The three ways to a stored space: make one, open one that is here, join one by its link. */
import { CairnError } from '../errors.ts';
import type { Schema } from '../model/schema.ts';
import type { OpenRequest } from '../worker/protocol.ts';
import { clientSpace } from './client-space.ts';
import type { Space, SpaceOptions } from './space.ts';
import { checkSurroundings } from './surroundings.ts';
import { connectWorker } from './worker-link.ts';

export interface Names {
  /** What the other members see; sealed, so the relay does not. */
  readonly memberName: string;
  readonly deviceName: string;
}

export interface Join extends Names {
  readonly link: string;
  /** Told the space as soon as its join is durable: from then on `openSpace` goes on with it, without the link. */
  readonly onKept?: (space: string) => void;
  /** Ends the waiting with `closed`. What is durable stays. */
  readonly signal?: AbortSignal;
}

/**
 * Makes a new space with this device as its first, offline if need be: the relay hears of it at the first sync.
 * @throws not-secure, storage-…
 */
export async function createSpace<S extends Schema>(options: SpaceOptions<S> & Names): Promise<Space<S>> {
  const { memberName, deviceName } = options;
  const request = { how: 'create', memberName, deviceName, ...openRequest(options) } as const;
  return clientSpace(options.schema, await connectWorker(options.worker, request));
}

/**
 * Opens a space that this device made or joined before; the name of a space is all an app has to remember. A join
 * that was cut off by a reload goes on.
 * @throws storage-lost if nothing of it is here any more, newer-database, storage-…, not-secure
 */
export async function openSpace<S extends Schema>(
  options: SpaceOptions<S> & { readonly space: string },
): Promise<Space<S>> {
  const request = { how: 'open', space: options.space, ...openRequest(options) } as const;
  return clientSpace(options.schema, await connectWorker(options.worker, request));
}

/**
 * Joins a space by an invitation link. Resolves when the join stands in the verified membership log; rows
 * may still be arriving then, which `status` says. The relay is the link's own.
 * @throws invitation-invalid, invitation-expired, invitation-used, newer-format, offline, timeout, not-secure
 */
export async function joinSpace<S extends Schema>(options: SpaceOptions<S> & Join): Promise<Space<S>> {
  const { link, memberName, deviceName } = options;
  const request = { how: 'join', link, memberName, deviceName, ...openRequest(options) } as const;
  return clientSpace(options.schema, await connectWorker(options.worker, request, options));
}

/** @throws not-secure before anything else; value-invalid for a relay that is no web address */
function openRequest(options: SpaceOptions<Schema>): OpenRequest {
  checkSurroundings();
  return {
    schema: options.schema,
    relay: originOf(options.relay ?? location.origin),
    appUrl: location.origin + location.pathname,
  };
}

function originOf(relay: string): string {
  try {
    return new URL(relay).origin;
  } catch {
    throw new CairnError('value-invalid', 'the relay is named by its origin, like https://relay.example', {
      relay,
    });
  }
}
