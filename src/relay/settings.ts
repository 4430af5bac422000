/**
 * What an operator may set, by environment variables (docs/relay.md), each checked before anything starts.
 */
import { isAbsolute, join, resolve } from 'node:path';

export interface Settings {
  readonly port: number;
  /** The interface to listen on; undefined for all. */
  readonly host: string | undefined;
  /** The public origin: what people type, and what tokens name. */
  readonly origin: string;
  /** The SQLite file. */
  readonly file: string;
  /** Whether the caller's address is what a proxy in front says. */
  readonly behindProxy: boolean;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** A setting that is wrong, in words for the operator. */
export class SettingError extends Error {
  override readonly name = 'SettingError';
}

const defaultPort = 8787;
const loopbackHosts = ['localhost', '127.0.0.1', '[::1]'];

/** @throws SettingError */
export function readSettings(environment: Environment, folder: string): Settings {
  const port = readPort(environment.PORT);
  const origin = readOrigin(environment.CAIRN_ORIGIN, port);
  const isLocal = loopbackHosts.includes(new URL(origin).hostname);
  return {
    port,
    // A relay that calls itself localhost serves this machine alone, unless it is told to do more.
    host: filled(environment.CAIRN_HOST) ?? (isLocal ? '127.0.0.1' : undefined),
    origin,
    file: dataFile(filled(environment.CAIRN_DATA) ?? '.cairn', folder),
    behindProxy: readSwitch('CAIRN_PROXY', environment.CAIRN_PROXY),
  };
}

const filled = (value: string | undefined): string | undefined =>
  value?.trim() === '' ? undefined : value?.trim();

function readPort(text: string | undefined): number {
  const value = filled(text);
  if (value === undefined) return defaultPort;
  const port = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN;
  if (port >= 1 && port <= 65_535) return port;
  throw new SettingError(`PORT must be a number from 1 to 65535, not "${value}".`);
}

function readOrigin(text: string | undefined, port: number): string {
  const value = filled(text);
  if (value === undefined) return `http://localhost:${port}`;
  const example = 'such as https://cairn.example.org or http://localhost:8787';
  let url: URL;
  try {
    url = new URL(value);
  } catch {
    throw new SettingError(`CAIRN_ORIGIN must be an origin ${example}, not "${value}".`);
  }
  // No path, query, fragment or user.
  const isOrigin = url.href === `${url.origin}/` && /^https?:$/.test(url.protocol);
  if (!isOrigin) throw new SettingError(`CAIRN_ORIGIN must be an origin alone, ${example}, not "${value}".`);
  return url.origin;
}

/** A path that ends in `.sqlite` or `.db` is the file; any other is a folder for it. */
export function dataFile(path: string, folder: string): string {
  const full = isAbsolute(path) ? path : resolve(folder, path);
  return /\.(sqlite|db)$/.test(full) ? full : join(full, 'relay.sqlite');
}

function readSwitch(name: string, text: string | undefined): boolean {
  const value = filled(text);
  if (value === undefined || value === '0') return false;
  if (value === '1') return true;
  throw new SettingError(`${name} must be 1 or 0, not "${value}".`);
}
