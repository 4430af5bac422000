/**
 * The marker of a space in the browser that keeps it (STORE-22): a cookie that says nothing but "this space was here".
 *
 * Browsers that evict what scripts stored (Safari after a week without a visit) leave cookies that a server has set. So the app,
 * finding nothing, can tell a lost space from a first visit, and finds one again of which only the list was lost.
 *
 * 1. It is set only when the app asks, on the app's own origin, and nothing on the server is read or written for it.
 * 2. One cookie a space: its name holds the space id, which opens nothing. The relay decides nothing by it.
 * 3. Scripts can read it and end it: both must work without a network.
 */
import { CairnError } from '../errors.ts';
import { type SpaceId, spaceText } from '../format/bytes.ts';

export const markerPrefix = 'cairn-space-';
/** The longest that browsers keep a cookie: 400 days. Each opening begins them anew. */
const lifeSeconds = 400 * 24 * 60 * 60;

/** @throws forbidden if another site asks */
export function setMarker(request: Request, space: SpaceId, isHttps: boolean): Response {
  // Browsers that do not say where a request comes from set no strict cookie for another site anyway.
  if ((request.headers.get('sec-fetch-site') ?? 'same-origin') !== 'same-origin') {
    throw new CairnError('forbidden', 'Only the app of this origin may ask for its marker');
  }
  const attributes = ['Path=/', `Max-Age=${lifeSeconds}`, 'SameSite=Strict', ...(isHttps ? ['Secure'] : [])];
  return new Response(null, {
    status: 204,
    headers: {
      'cache-control': 'no-store',
      'set-cookie': [`${markerPrefix}${spaceText(space)}=1`, ...attributes].join('; '),
    },
  });
}
