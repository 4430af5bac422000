/**
 * The operations of WebCrypto that a run does most, done at once by the same OpenSSL instead of on another thread: a simulated run has nothing to
 * do meanwhile, and thousands of such waits are a third of its time. What is not here goes to WebCrypto itself.
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync, KeyObject, sign, verify } from 'node:crypto';

type Operation = (...args: never[]) => ArrayBuffer | boolean;

const tagLength = 16;

function bytes(source: BufferSource): Uint8Array {
  return source instanceof ArrayBuffer
    ? new Uint8Array(source)
    : new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
}

function bufferOf(parts: readonly Uint8Array[]): ArrayBuffer {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out.buffer;
}

function usable(key: CryptoKey, usage: KeyUsage): KeyObject {
  if (!key.usages.includes(usage)) throw new DOMException(`no key to ${usage}`, 'InvalidAccessError');
  return KeyObject.from(key);
}

function nameOf(algorithm: AlgorithmIdentifier): string {
  return typeof algorithm === 'string' ? algorithm : algorithm.name;
}

const operations: Readonly<Record<string, Operation>> = {
  'digest SHA-256': (_: AlgorithmIdentifier, data: BufferSource) =>
    bufferOf([createHash('sha256').update(bytes(data)).digest()]),
  'sign Ed25519': (_: AlgorithmIdentifier, key: CryptoKey, data: BufferSource) =>
    bufferOf([sign(null, bytes(data), usable(key, 'sign'))]),
  'verify Ed25519': (_: AlgorithmIdentifier, key: CryptoKey, signature: BufferSource, data: BufferSource) =>
    verify(null, bytes(data), usable(key, 'verify'), bytes(signature)),
  'encrypt AES-GCM': ({ iv, additionalData }: AesGcmParams, key: CryptoKey, data: BufferSource) => {
    const cipher = createCipheriv('aes-256-gcm', usable(key, 'encrypt'), bytes(iv));
    if (additionalData !== undefined) cipher.setAAD(bytes(additionalData));
    return bufferOf([cipher.update(bytes(data)), cipher.final(), cipher.getAuthTag()]);
  },
  'decrypt AES-GCM': ({ iv, additionalData }: AesGcmParams, key: CryptoKey, data: BufferSource) => {
    const sealed = bytes(data);
    const end = sealed.length - tagLength;
    try {
      const cipher = createDecipheriv('aes-256-gcm', usable(key, 'decrypt'), bytes(iv));
      if (additionalData !== undefined) cipher.setAAD(bytes(additionalData));
      cipher.setAuthTag(sealed.subarray(end));
      return bufferOf([cipher.update(sealed.subarray(0, end)), cipher.final()]);
    } catch {
      throw new DOMException('The operation failed', 'OperationError');
    }
  },
  'deriveBits HKDF': ({ salt, info }: HkdfParams, key: CryptoKey, length: number) =>
    hkdfSync('sha256', usable(key, 'deriveBits'), bytes(salt), bytes(info), length / 8),
};

/** What `subtle[name](...args)` comes to, if it can be had at once. */
export function atOnce(name: string, args: readonly unknown[]): Promise<unknown> | null {
  const [algorithm] = args;
  const known = typeof algorithm === 'string' || (typeof algorithm === 'object' && algorithm !== null);
  if (!known) return null;
  const operation = operations[`${name} ${nameOf(algorithm as AlgorithmIdentifier)}`];
  if (operation === undefined) return null;
  try {
    return Promise.resolve(operation(...(args as never[]))); // the name says what they are
  } catch (thrown) {
    return Promise.reject(thrown);
  }
}
