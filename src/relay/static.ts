/**
 * Serves the built app: exactly the files that were in its folder when the relay started, from memory. A path is looked up
 * among them and never touches the disk, so none leads outside; and a new build is served after a restart, never half of it.
 *
 * Every file, the worker's script and the service worker among them, carries the strict Content-Security-Policy: a worker
 * lives under the policy of its own response, not of the page (RELAY-18).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import { sha256 } from '../crypto/hash.ts';
import { type Bytes, toBase64Url } from '../format/bytes.ts';

/**
 * Nothing inline, nothing evaluated, no code from elsewhere. `connect-src` lets the app reach relays on other origins: any over
 * https, and those of this machine for trying things out.
 */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "font-src 'self'",
  "connect-src 'self' https: http://localhost:* http://127.0.0.1:*",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** On every answer, of the app and of the API. */
export const commonHeaders: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

const documentHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': contentSecurityPolicy,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
};

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};
const compressible = /^(text\/|application\/(json|manifest)|image\/svg)/;

interface StaticFile {
  readonly body: Bytes;
  /** Null where deflating gains nothing. */
  readonly gzipped: Bytes | null;
  readonly etag: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** By path from the root, with `/` for `/index.html`. */
export type StaticFiles = ReadonlyMap<string, StaticFile>;

/** Reads the folder as it is now. Throws what the file system throws. */
export function readStatic(root: string): StaticFiles {
  const files = new Map<string, StaticFile>();
  for (const found of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!found.isFile()) continue;
    const file = join(found.parentPath, found.name);
    const path = file.slice(root.length).split(sep).join('/');
    files.set(path.startsWith('/') ? path : `/${path}`, readFile(file, path));
  }
  const index = files.get('/index.html');
  if (index !== undefined) files.set('/', index);
  return files;
}

function readFile(file: string, path: string): StaticFile {
  const body: Bytes = new Uint8Array(readFileSync(file));
  const type = types[extname(file)] ?? 'application/octet-stream';
  const gzipped = compressible.test(type) ? new Uint8Array(gzipSync(body, { level: 9 })) : null;
  // The build names what never changes by a hash of its content; all else is asked for anew each time.
  const isHashed = /^\/?assets\/.+-[\w-]{8,}\.\w+$/.test(path);
  return {
    body,
    gzipped: gzipped !== null && gzipped.length < body.length ? gzipped : null,
    etag: `"${toBase64Url(sha256(body).subarray(0, 18))}"`,
    headers: {
      ...documentHeaders,
      'content-type': type,
      'cache-control': isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
      vary: 'accept-encoding',
    },
  };
}

/** The answer to a GET or HEAD of that path; null if there is no such file. */
export function serveStatic(files: StaticFiles, request: Request): Response | null {
  const file = files.get(new URL(request.url).pathname);
  if (file === undefined) return null;
  // Weak, since one tag stands for both encodings.
  const headers = new Headers({ ...file.headers, etag: `W/${file.etag}` });
  const known = request.headers
    .get('if-none-match')
    ?.split(',')
    .map((tag) => tag.trim().replace(/^W\//, ''));
  if (known?.includes(file.etag)) return new Response(null, { status: 304, headers });
  const zipped = /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/.test(request.headers.get('accept-encoding') ?? '');
  const body = zipped ? (file.gzipped ?? file.body) : file.body;
  if (body === file.gzipped) headers.set('content-encoding', 'gzip');
  headers.set('content-length', String(body.length));
  return new Response(request.method === 'HEAD' ? null : body, { headers });
}
