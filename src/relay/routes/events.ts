/** `GET /v1/spaces/:space/events`: a stream of server-sent events until the token ends (RELAY-17). */
import type { SpaceRoute } from './space-parts.ts';

export const events: SpaceRoute = async (parts, question) => {
  const { key, expires } = await parts.gate.device(question);
  // HEAD comes here too, and nobody would read its stream.
  const body = question.request.method === 'GET' ? parts.hub.listen(question.space, { key, expires }) : null;
  return new Response(body, {
    headers: {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      // Proxies that gather answers would hold events back.
      'x-accel-buffering': 'no',
    },
  });
};
