/** What a page is known by: the SHA-256 of its plain bytes, as base64url. */
import { asHash, type Bytes, fromBase64Url, type Hash, toBase64Url } from './bytes.ts';

declare const nameBrand: unique symbol;

export type PageName = string & { readonly [nameBrand]: true };

/** @throws malformed unless it is a hash */
export const pageName = (hash: Bytes): PageName => toBase64Url(asHash(hash)) as PageName; // a hash was just checked

/** @throws malformed */
export const hashOfPage = (name: PageName): Hash => asHash(fromBase64Url(name));
