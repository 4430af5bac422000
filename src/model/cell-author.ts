import { type DeviceNumber, type Stamp, stampMs } from '../format/stamp.ts';
import type { RowState } from './row.ts';

/**
 * Who wrote each value of a row, and who has it (APP-6, APP-2): the relay and the devices that are known to, by what was
 * acknowledged and by what devices have signed. What is not known is never claimed.
 */
export interface CellAuthor {
  readonly column: string;
  /** The device that wrote the value that stands; `status.devices` says whose it is. */
  readonly device: number;
  /** When, by that device's clock, ms. */
  readonly at: number;
  /** Whether the relay has it; null: not known, for it may have lost it. */
  readonly onRelay: boolean | null;
  /** Other devices that have it, as far as is known. */
  readonly onDevices: readonly number[];
}

/** What is known of who has what. */
export interface Holders {
  readonly self: DeviceNumber | null;
  /** Stamps of our own changes that the relay has not acknowledged. */
  readonly unsent: ReadonlySet<Stamp>;
  /** Logs of which the relay may have lost something. */
  readonly doubtful: ReadonlySet<DeviceNumber>;
  /** Up to which stamp each other device is known to have what we wrote. */
  readonly haveUpTo: ReadonlyMap<DeviceNumber, number>;
}

export function cellAuthors({ cells }: RowState, holders: Holders): CellAuthor[] {
  return [...cells].map(([column, { version }]): CellAuthor => {
    const { stamp, device } = version;
    const isOwn = device === holders.self;
    const isUnsent = isOwn && holders.unsent.has(stamp);
    return {
      column,
      device,
      at: stampMs(stamp),
      onRelay: isUnsent ? false : holders.doubtful.has(device) ? null : true,
      onDevices: isOwn ? (isUnsent ? [] : havingOurs(holders, stamp)) : [device],
    };
  });
}

function havingOurs({ haveUpTo }: Holders, stamp: Stamp): DeviceNumber[] {
  return [...haveUpTo].filter(([, upTo]) => stamp <= upTo).map(([device]) => device);
}
